"""Lines that others ask the avatar to say: one after the other, when nobody else speaks."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from voice.errors import TooManyLines
from voice.events import Source

_LONGEST = 32


class SpeakQueue:
    """Holds lines until the conversation is idle; a barge-in drops them."""

    def __init__(self, on_dropped: Callable[[str, Source], None]) -> None:
        self._on_dropped = on_dropped
        self._lines: deque[tuple[str, Source]] = deque()
        self._filled = asyncio.Event()

    def add(self, text: str, source: Source) -> None:
        """Queue a line.

        Raises:
            TooManyLines: as many as may wait do.
        """
        if len(self._lines) >= _LONGEST:
            raise TooManyLines("too many lines are waiting to be said")
        self._lines.append((text, source))
        self._filled.set()

    def drop(self) -> None:
        """Forget the lines that wait, telling of each."""
        lines, self._lines = self._lines, deque()
        self._filled.clear()
        for text, source in lines:
            self._on_dropped(text, source)

    async def run(
        self,
        idle: Callable[[], Awaitable[object]],
        say: Callable[[str, Source], Awaitable[object]],
    ) -> None:
        """Say lines for ever: wait for one, wait until it is its turn, say it to its end."""
        while True:
            await self._filled.wait()
            await idle()
            if not self._lines:
                continue
            text, source = self._lines.popleft()
            if not self._lines:
                self._filled.clear()
            await say(text, source)
