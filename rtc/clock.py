"""The time that both tracks of a visit are paced by."""

import asyncio
from typing import Protocol


class Clock(Protocol):
    """Media time of one visit, seconds since it began; never goes back."""

    def now_s(self) -> float:
        """Return the media time."""

    async def sleep_until_s(self, at_s: float) -> None:
        """Return once the media time is at least `at_s`; at once when it is past."""


class MediaClock:
    """Media time that follows the event loop's clock."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.origin_s = self._loop.time()
        """Where it began on the loop's clock, which all visits of a process share."""

    def now_s(self) -> float:
        return self._loop.time() - self.origin_s

    async def sleep_until_s(self, at_s: float) -> None:
        wait_s = at_s - self.now_s()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
