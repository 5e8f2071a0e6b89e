import asyncio

from rtc.clock import MediaClock
from tests.fakes.rtc_clock import FakeClock


async def test_media_time_starts_at_zero_and_sleeping_reaches_the_asked_time() -> None:
    clock = MediaClock()
    assert clock.now_s() < 0.05
    await clock.sleep_until_s(0.08)
    assert 0.079 <= clock.now_s() < 0.5


async def test_a_time_that_is_past_is_not_waited_for() -> None:
    clock = MediaClock()
    async with asyncio.timeout(0.05):
        await clock.sleep_until_s(-1.0)
        await clock.sleep_until_s(0.0)


async def test_the_fake_wakes_sleepers_in_the_order_of_their_times() -> None:
    clock = FakeClock()
    woken: list[float] = []

    async def sleeper(at_s: float) -> None:
        await clock.sleep_until_s(at_s)
        woken.append(at_s)
        assert clock.now_s() == at_s

    async with asyncio.TaskGroup() as group:
        for at_s in (0.3, 0.1, 0.2):
            group.create_task(sleeper(at_s))
        await clock.advance(0.25)
        assert woken == [0.1, 0.2]
        await clock.advance(0.1)
    assert woken == [0.1, 0.2, 0.3]
