"""Heeding what may come twice: commands with a key, typed words with an id."""

from collections import deque
from collections.abc import Awaitable, Callable

KEYS = 64
"""How many keys are remembered."""


class Once:
    """Does what comes under a key the first time; without a key it is always done."""

    def __init__(self) -> None:
        self._keys: deque[str] = deque(maxlen=KEYS)

    async def heed(self, key: str, act: Callable[[], Awaitable[None]]) -> None:
        """Do it, unless something with this key was begun; what fails may come again."""
        if not key:
            await act()
        elif key not in self._keys:
            self._keys.append(key)
            try:
                await act()
            except BaseException:
                self._keys.remove(key)
                raise
