"""How busy this process is, measured: the event loop's lag and the share of late frames."""

import asyncio
from collections import deque
from collections.abc import Callable

WINDOW_S = 5.0
_EVERY_S = 0.1
LAG_LIMIT_MS = 20.0
LATE_LIMIT = 0.02
_FRAMES_ENOUGH = 50


class LoadMeter:
    """Samples the loop's lag and the sessions' frame counters over the last five seconds.

    `counters` returns the totals (frames due, frames late) of all sessions so far.
    """

    def __init__(self, counters: Callable[[], tuple[int, int]]) -> None:
        samples = int(WINDOW_S / _EVERY_S)
        self._lags_ms: deque[float] = deque(maxlen=samples)
        self._frames: deque[tuple[int, int]] = deque(maxlen=samples)
        self._counters = counters

    async def run(self) -> None:
        """Sample until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _EVERY_S
            await asyncio.sleep(_EVERY_S)
            self._lags_ms.append((loop.time() - due) * 1000)
            self._frames.append(self._counters())

    @property
    def lag_p95_ms(self) -> float:
        """The 95th percentile of the loop's lag, milliseconds; 0 before the first samples."""
        if len(self._lags_ms) < 10:
            return 0.0
        return sorted(self._lags_ms)[int(len(self._lags_ms) * 0.95)]

    @property
    def late_share(self) -> float:
        """The share of frames that were late; 0 while too few were due to tell."""
        if not self._frames:
            return 0.0
        due = self._frames[-1][0] - self._frames[0][0]
        late = self._frames[-1][1] - self._frames[0][1]
        return late / due if due >= _FRAMES_ENOUGH else 0.0

    @property
    def full(self) -> bool:
        """Whether one more visit would hurt the live ones."""
        return self.lag_p95_ms > LAG_LIMIT_MS or self.late_share > LATE_LIMIT
