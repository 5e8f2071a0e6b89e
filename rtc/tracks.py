"""The two tracks that leave for the visitor, paced by one clock."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from avatar.port import Player
from rtc.clock import Clock
from rtc.encoders import SPEECH_HZ, VIDEO_HZ, FaceEncoder, SpeechEncoder
from rtc.internals import Encoded
from rtc.playout import TICK_SAMPLES, Playout

TICK_S = TICK_SAMPLES / SPEECH_HZ
_CATCH_UP_S = 3 * TICK_S
_GRACE_S = TICK_S
_LATE_S = 0.010
_CLOSE_S = 0.5

logger = logging.getLogger(__name__)


class Pace:
    """The grid that both tracks leave on: tick n at `origin + n * 20 ms` of the media clock.

    `next_tick` is the speech tick that leaves next; `on_tick` is called with it when the one
    before has left.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.next_tick = 0
        self.on_tick: Callable[[int], None] | None = None
        self._origin_s: float | None = None

    @property
    def running(self) -> bool:
        return self._origin_s is not None

    def start(self) -> None:
        """Let tick 0 leave now, unless the grid is already there."""
        if self._origin_s is None:
            self._origin_s = self.clock.now_s()

    def left(self, tick: int) -> None:
        """Speech tick `tick` has left."""
        self.next_tick = tick + 1
        if self.on_tick is not None:
            self.on_tick(self.next_tick)

    def time_s(self, tick: int) -> float:
        """When `tick` leaves; as if it were now before start()."""
        origin_s = self.clock.now_s() if self._origin_s is None else self._origin_s
        return origin_s + tick * TICK_S

    def late_s(self, tick: int) -> float:
        """How long ago `tick` should have left; negative when it is still ahead."""
        return self.clock.now_s() - self.time_s(tick)


class Punctuality:
    """How well the picture has kept its time.

    A frame is late when it left over 10 ms after its due time or not at all; a frame that did
    not leave counts as repeated, since the visitor goes on seeing the one before.
    """

    def __init__(self) -> None:
        self.frames = 0
        self.repeated = 0
        self.late = 0

    @property
    def due(self) -> int:
        """All frames that should have left."""
        return self.frames + self.repeated

    def left(self, late_s: float) -> None:
        self.frames += 1
        self.late += late_s > _LATE_S

    def repeat(self, frames: int = 1) -> None:
        self.repeated += frames
        self.late += frames


class SpeechTrack(MediaStreamTrack):
    """Opus packets of 20 ms from the playout, silence included.

    After a stall of up to 60 ms the missed packets follow at once; after a longer one their
    places stay empty, so that nothing bursts, and speech goes on where it was.
    """

    kind = "audio"

    def __init__(self, playout: Playout, pace: Pace) -> None:
        super().__init__()
        self._playout = playout
        self._pace = pace
        self._encoder = SpeechEncoder()

    async def recv(self) -> Any:
        """Return the next packet (internals.Encoded) at its due time."""
        self._pace.start()
        tick = self._pace.next_tick
        late_s = self._pace.late_s(tick)
        if late_s > _CATCH_UP_S:
            tick += int(late_s / TICK_S)
            self._pace.next_tick = tick
        await self._pace.clock.sleep_until_s(self._pace.time_s(tick))
        if self.readyState != "live":
            raise MediaStreamError
        samples, _ = self._playout.take()
        self._pace.left(tick)
        return Encoded(self._encoder.encode(samples), tick * TICK_SAMPLES)


class FaceTrack(MediaStreamTrack):
    """VP8 frames of the avatar, each rendered for the speech that leaves with it.

    A frame is rendered and encoded in the executor during the two ticks before it is due: no
    earlier, so that it knows what will be heard; no later, so that a busy machine has it in time.
    One that is not ready a tick after its time is left out, so that the visitor goes on seeing
    the one before, and leaves in the next one's place; speech never waits for it. What a stall
    made obsolete is skipped.
    """

    kind = "video"

    def __init__(
        self,
        player: Player,
        playout: Playout,
        pace: Pace,
        encoder: FaceEncoder,
        executor: Executor,
    ) -> None:
        super().__init__()
        self.punctuality = Punctuality()
        self.encoder = encoder
        self._player = player
        self._playout = playout
        self._pace = pace
        self._executor = executor
        self._ticks = round(SPEECH_HZ / TICK_SAMPLES / player.fps)
        self._next = 0
        self._work: Future[bytes] | None = None
        self._job: asyncio.Future[bytes] | None = None
        self._failed = False
        pace.on_tick = self._prepare_next

    def prepare(self) -> None:
        """Start on the first frame, so that it is ready when the visitor is connected."""
        if self._job is None:
            self._start_job(0)

    async def recv(self) -> Any:
        """Return the next frame (internals.Encoded) at its due time."""
        self._pace.start()
        while self.readyState == "live":
            self._skip_missed()
            index = self._next
            await self._pace.clock.sleep_until_s(self._due_s(index))
            if self._job is None:
                self._start_job(index)
            payload = await self._collect()
            if self.readyState != "live":
                break
            self._next = index + 1
            now_s, late_s = self._pace.clock.now_s(), self._pace.late_s(index * self._ticks)
            if payload is None:
                self.punctuality.repeat()
                continue
            self.punctuality.left(late_s)
            self.encoder.note_sent(now_s, len(payload))
            pts = index * self._ticks * TICK_SAMPLES * VIDEO_HZ // SPEECH_HZ
            return Encoded(payload, pts)
        raise MediaStreamError

    async def aclose(self) -> None:
        """Stop, and wait until nothing renders any more."""
        self.stop()
        if self._work is None or self._job is None or self._work.cancel():
            return
        _, rendering = await asyncio.wait({self._job}, timeout=_CLOSE_S)
        if rendering:
            logger.warning("A frame is still being rendered after its track was closed")

    def _prepare_next(self, tick: int) -> None:
        """Start on the next frame that leaves with `tick` or later, if none is in work."""
        index = -(-tick // self._ticks)
        if index == self._next and self._job is None and self.readyState == "live":
            self._start_job(index)

    def _due_s(self, index: int) -> float:
        return self._pace.time_s(index * self._ticks)

    def _skip_missed(self) -> None:
        late_s = self._pace.late_s(self._next * self._ticks)
        missed = int(late_s / (self._ticks * TICK_S))
        if missed > 0:
            self.punctuality.repeat(missed)
            self._next += missed

    async def _collect(self) -> bytes | None:
        """The frame in work, if it is ready in time; a failed one is told once and dropped."""
        job = self._job
        if job is not None and not job.done():
            await asyncio.wait({job}, timeout=_GRACE_S)
        if job is None or not job.done():
            return None
        self._job = None
        error = job.exception()
        if error is None:
            return job.result()
        self.encoder.request_key_frame()
        if not self._failed:
            self._failed = True
            logger.error("Rendering failed, the picture stands still", exc_info=error)
        return None

    def _start_job(self, index: int) -> None:
        due_s = self._due_s(index)
        ahead = (index * self._ticks - self._pace.next_tick) * TICK_SAMPLES
        heard_s = self._playout.peek_s(max(0, ahead))
        pts = index * self._ticks * TICK_SAMPLES * VIDEO_HZ // SPEECH_HZ
        self._work = self._executor.submit(self._paint, due_s, heard_s, pts)
        self._job = asyncio.wrap_future(self._work)

    def _paint(self, due_s: float, heard_s: float | None, pts: int) -> bytes:
        return self.encoder.encode(self._player.frame(due_s, heard_s), pts)
