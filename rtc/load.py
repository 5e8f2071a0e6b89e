"""How busy this process is, measured: the event loop's lag and the share of late frames."""

import asyncio
from collections import deque
from collections.abc import Callable

_EVERY_S, _CALM_EVERY_S = 0.2, 1.0
_SAMPLES = 25
LAG_LIMIT_MS = 20.0
LATE_LIMIT = 0.02
_FRAMES_ENOUGH = 50


class LoadMeter:
    """Samples the loop's lag and the sessions' frame counters.

    The last 25 samples count: those of five seconds, and of longer as long as no frame is shown,
    since a look costs as much as a packet that is sent. `counters` returns the totals (frames due,
    frames late) of all sessions so far.
    """

    def __init__(self, counters: Callable[[], tuple[int, int]]) -> None:
        self._lags_ms: deque[float] = deque(maxlen=_SAMPLES)
        self._frames: deque[tuple[int, int]] = deque(maxlen=_SAMPLES)
        self._counters = counters

    async def run(self) -> None:
        """Sample until cancelled."""
        loop = asyncio.get_running_loop()
        every_s = _EVERY_S
        while True:
            due = loop.time() + every_s
            await asyncio.sleep(every_s)
            self._lags_ms.append((loop.time() - due) * 1000)
            frames = self._counters()
            calm = bool(self._frames) and frames == self._frames[-1]
            every_s = _CALM_EVERY_S if calm else _EVERY_S
            self._frames.append(frames)

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
