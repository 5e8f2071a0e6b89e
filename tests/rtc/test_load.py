import asyncio
import time
from itertools import count

from rtc.load import LoadMeter


class Frames:
    """Counters of frames that a test moves on."""

    def __init__(self) -> None:
        self.now = (0, 0)

    def __call__(self) -> tuple[int, int]:
        return self.now


async def metered(meter: LoadMeter, seconds: float) -> None:
    """Let it measure for a while."""
    task = asyncio.create_task(meter.run())
    await asyncio.sleep(seconds)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_frames_that_come_late_fill_a_process() -> None:
    frames = Frames()
    meter = LoadMeter(frames)
    frames.now = (1000, 500)  # what was before it looked is nobody's load now
    measuring = asyncio.create_task(metered(meter, 0.7))
    await asyncio.sleep(0.3)
    frames.now = (1040, 540)
    await asyncio.sleep(0.2)
    assert meter.late_share == 0.0, "too few to tell"
    frames.now = (1200, 502)
    await measuring
    assert meter.late_share == 0.01
    assert not meter.late_share > 0.02
    frames.now = (1200, 510)
    await metered(meter, 0.3)
    assert meter.late_share == 0.05
    assert meter.full


async def test_a_loop_that_runs_late_fills_a_process() -> None:
    frames = count()
    meter = LoadMeter(lambda: (next(frames), 0))
    assert (meter.lag_p95_ms, meter.full) == (0.0, False)
    loop = asyncio.get_running_loop()

    async def hold() -> None:
        while True:
            loop.call_soon(time.sleep, 0.06)
            await asyncio.sleep(0.01)

    holding = asyncio.create_task(hold())
    await metered(meter, 4.0)
    holding.cancel()
    await asyncio.gather(holding, return_exceptions=True)
    assert meter.lag_p95_ms > 20
    assert meter.full
