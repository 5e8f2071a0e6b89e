import asyncio
from pathlib import Path

import pytest

from rtc.models import EndReason
from rtc.policy import RtcSettings
from rtc.timekeeper import Timekeeper


class Visit:
    """Collects what the timekeeper of a visit with very short times says."""

    def __init__(self, **times: float) -> None:
        limits = {"idle_voice_s": 9, "idle_text_s": 9, "max_visit_s": 9, "grace_s": 9} | times
        self.warnings: list[str] = []
        self.ended: list[EndReason] = []
        self.time = Timekeeper(
            RtcSettings(data_dir=Path(), warning_s=0.1, **limits),  # type: ignore[arg-type]
            warn=lambda kind, _: self.warnings.append(kind),
            end=self.ended.append,
        )

    async def run(self) -> None:
        await asyncio.wait_for(self.time.run(), 3)


async def test_an_idle_visit_is_warned_then_ended() -> None:
    visit = Visit(idle_voice_s=0.2)
    visit.time.here(text_only=False)
    await visit.run()
    assert (visit.warnings, visit.ended) == (["idle"], [EndReason.IDLE])


async def test_staying_moves_the_end_and_warns_again() -> None:
    visit = Visit(idle_voice_s=0.25)
    visit.time.here(text_only=False)
    running = asyncio.create_task(visit.run())
    await asyncio.sleep(0.2)
    visit.time.touch()
    await asyncio.sleep(0.1)
    assert visit.ended == []
    await running
    assert (visit.warnings, visit.ended) == (["idle", "idle"], [EndReason.IDLE])


async def test_text_may_be_idle_for_longer() -> None:
    visit = Visit(idle_voice_s=0.05, idle_text_s=0.3)
    visit.time.here(text_only=True)
    running = asyncio.create_task(visit.run())
    await asyncio.sleep(0.15)
    assert visit.ended == []
    await running


async def test_activity_does_not_stretch_the_longest_visit() -> None:
    visit = Visit(max_visit_s=0.2)
    visit.time.here(text_only=False)
    visit.time.touch()
    await visit.run()
    assert visit.ended == [EndReason.MAX_LENGTH]


@pytest.mark.parametrize("returns", [True, False])
async def test_a_page_that_left_has_its_grace(returns: bool) -> None:
    visit = Visit(grace_s=0.15)
    visit.time.here(text_only=False)
    running = asyncio.create_task(visit.run())
    await asyncio.sleep(0.02)
    visit.time.away()
    await asyncio.sleep(0.05)
    if returns:
        visit.time.here(text_only=False)
        await asyncio.sleep(0.2)
        assert visit.ended == []
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    else:
        await running
        assert visit.ended == [EndReason.NETWORK]
