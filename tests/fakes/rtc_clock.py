"""A media clock that goes only as far as a test lets it."""

import asyncio
import heapq
import itertools


class FakeClock:
    """Time stands still until advance(); sleepers wake in the order of their times."""

    def __init__(self) -> None:
        self._now_s = 0.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []

    def now_s(self) -> float:
        return self._now_s

    async def sleep_until_s(self, at_s: float) -> None:
        if at_s <= self._now_s:
            return
        woken = asyncio.Event()
        heapq.heappush(self._sleepers, (at_s, next(self._order), woken))
        await woken.wait()

    def jump(self, seconds: float) -> None:
        """Let time pass while nothing runs, as in a stalled process."""
        self._now_s += seconds
        while self._sleepers and self._sleepers[0][0] <= self._now_s:
            heapq.heappop(self._sleepers)[2].set()

    async def advance(self, seconds: float) -> None:
        """Let time pass, and everything happen that happens in it."""
        end_s = self._now_s + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end_s + 1e-9:
            at_s, _, woken = heapq.heappop(self._sleepers)
            self._now_s = max(self._now_s, at_s)
            woken.set()
            await settle()
        self._now_s = end_s


async def settle() -> None:
    """Let everything run that can run without time passing."""
    for _ in range(10):
        await asyncio.sleep(0)
