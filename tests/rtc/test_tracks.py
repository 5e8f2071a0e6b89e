import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator
from concurrent.futures import Executor, ThreadPoolExecutor

import numpy as np
import pytest
from aiortc.mediastreams import MediaStreamError

from rtc.encoders import FaceEncoder
from rtc.playout import Playout
from rtc.tracks import FaceTrack, Pace, Punctuality, SpeechTrack
from tests.fakes.rtc_clock import FakeClock, settle
from tests.fakes.rtc_executor import HeldExecutor
from tests.fakes.rtc_player import FakePlayer
from voice.ports import Pcm16

GRACE_S = 0.04


class NotingPlayout(Playout):
    """Keeps the position of every tick that was taken."""

    def __init__(self, player: FakePlayer) -> None:
        super().__init__(player)
        self.positions: list[float | None] = []

    def take(self, samples: int = 960) -> tuple[Pcm16, float | None]:
        out, at_s = super().take(samples)
        self.positions.append(None if at_s is None else round(at_s, 3))
        return out, at_s


class Stage:
    """Both tracks of a visit on a fake clock, and what left of them at which time."""

    def __init__(self, executor: Executor) -> None:
        self.clock = FakeClock()
        self.player = FakePlayer()
        self.playout = NotingPlayout(self.player)
        self.pace = Pace(self.clock)
        encoder = FaceEncoder(self.player.width, self.player.height, 25, 300_000)
        self.speech = SpeechTrack(self.playout, self.pace)
        self.face = FaceTrack(self.player, self.playout, self.pace, encoder, executor)
        self.sound_left: list[tuple[float, int]] = []
        self.pictures_left: list[tuple[float, int]] = []

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._send(self.speech, self.sound_left))
            group.create_task(self._send(self.face, self.pictures_left))

    async def speak(self, seconds: float) -> None:
        await self.playout.push(np.full(round(seconds * 48_000), 5000, np.int16), 48_000)

    async def _send(self, track: SpeechTrack | FaceTrack, left: list[tuple[float, int]]) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                packet = await track.recv()
                left.append((round(self.clock.now_s(), 3), packet.timestamp))


@contextlib.asynccontextmanager
async def running(executor: Executor) -> AsyncIterator[Stage]:
    stage = Stage(executor)
    task = asyncio.create_task(stage.run(), name="stage")
    try:
        yield stage
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await stage.face.aclose()


@pytest.fixture
def executor() -> HeldExecutor:
    return HeldExecutor()


async def test_sound_and_picture_leave_on_one_grid(executor: HeldExecutor) -> None:
    async with running(executor) as stage:
        await stage.clock.advance(1.0)
        assert stage.sound_left[:50] == [(round(n * 0.02, 3), n * 960) for n in range(50)]
        assert stage.pictures_left[:25] == [(round(n * 0.04, 3), n * 3600) for n in range(25)]
        assert stage.face.punctuality.repeated == 0


async def test_a_picture_is_drawn_for_the_speech_that_leaves_with_it(
    executor: HeldExecutor,
) -> None:
    async with running(executor) as stage:
        await stage.clock.advance(0.1)
        await stage.speak(0.3)
        stage.playout.flush()
        await stage.clock.advance(0.5)
        await stage.speak(0.3)
        await stage.clock.advance(0.1)
        stage.playout.pause()
        await stage.clock.advance(0.1)
        stage.playout.resume()
        await stage.clock.advance(0.4)
    drawn = {round(due_s / 0.04): heard_s for due_s, heard_s in stage.player.calls}
    wrong = [
        index
        for index, heard_s in drawn.items()
        if index * 2 < len(stage.playout.positions)
        and stage.playout.positions[index * 2] != (heard_s and round(heard_s, 3))
    ]
    changes = 2 * 3  # each start and end of speech may show one frame late
    assert len(drawn) > 25
    assert len(wrong) <= changes
    assert all(heard_s is None or 0 <= heard_s <= 0.6 for heard_s in drawn.values())


async def test_a_long_stall_leaves_a_gap_and_no_burst(executor: HeldExecutor) -> None:
    async with running(executor) as stage:
        await stage.speak(2.0)
        await stage.clock.advance(0.2)
        sounds, pictures = len(stage.sound_left), len(stage.pictures_left)
        stage.clock.jump(0.5)
        await settle()
        assert len(stage.sound_left) - sounds <= 2
        assert len(stage.pictures_left) - pictures <= 2
        await stage.clock.advance(0.2)
        assert all(abs(stamp - at_s * 48_000) < 1000 for at_s, stamp in stage.sound_left[-9:])
        assert all(abs(stamp - at_s * 90_000) < 100 for at_s, stamp in stage.pictures_left[-4:])
        taken = [at_s for at_s in stage.playout.positions if at_s is not None]
        assert taken == [round(n * 0.02, 3) for n in range(len(taken))]
        assert stage.face.punctuality.repeated >= 10


async def test_after_a_short_stall_no_speech_is_left_out(executor: HeldExecutor) -> None:
    async with running(executor) as stage:
        await stage.clock.advance(0.2)
        stage.clock.jump(0.05)
        await stage.clock.advance(0.2)
        stamps = [stamp for _, stamp in stage.sound_left]
        assert stamps == [n * 960 for n in range(len(stamps))]


async def test_a_late_renderer_repeats_the_picture_and_never_delays_the_sound(
    executor: HeldExecutor,
) -> None:
    async with running(executor) as stage:
        await stage.clock.advance(0.1)
        pictures = len(stage.pictures_left)
        executor.held = True
        for _ in range(4):
            await stage.clock.advance(0.04)
            await asyncio.sleep(GRACE_S)
        shown = len(stage.pictures_left)
        assert shown - pictures <= 1
        assert stage.sound_left == [(round(n * 0.02, 3), n * 960) for n in range(14)]
        assert stage.face.punctuality.repeated >= 3
        assert stage.face.punctuality.late >= 3
        executor.release()
        await stage.clock.advance(0.2)
        assert len(stage.pictures_left) - shown >= 4
        assert stage.pictures_left[-1][1] == round(stage.pictures_left[-1][0] * 90_000)


async def test_a_failing_renderer_is_told_once_and_may_recover(
    executor: HeldExecutor, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(executor) as stage:
        await stage.clock.advance(0.1)
        stage.player.error = ValueError("torn")
        await stage.clock.advance(0.4)
        failed = len(stage.pictures_left)
        stage.player.error = None
        await stage.clock.advance(0.4)
        assert len(stage.pictures_left) - failed >= 9
        assert len(stage.sound_left) >= 45
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


async def test_closing_waits_for_the_picture_in_work() -> None:
    with ThreadPoolExecutor(1) as executor:
        stage = Stage(executor)
        stage.player.delays_s = [0.1]
        stage.face.prepare()
        await asyncio.sleep(0.02)
        await stage.face.aclose()
        assert not stage.player.delays_s
        drawn = len(stage.player.calls)
        with pytest.raises(MediaStreamError):
            await stage.face.recv()
        assert len(stage.player.calls) == drawn


async def test_work_that_has_not_begun_is_taken_back_on_closing() -> None:
    with ThreadPoolExecutor(1) as executor:
        busy = threading.Event()
        executor.submit(busy.wait, 2.0)
        stage = Stage(executor)
        stage.face.prepare()
        async with asyncio.timeout(0.3):
            await stage.face.aclose()
        busy.set()
    assert stage.player.calls == []


def test_what_leaves_late_or_never_counts_as_late() -> None:
    kept = Punctuality()
    for late_s in (0.001, 0.009, 0.011, 0.02):
        kept.left(late_s)
    kept.repeat(3)
    assert (kept.frames, kept.repeated, kept.due, kept.late) == (4, 3, 7, 5)
