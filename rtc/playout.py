"""The visit's loudspeaker: what the conversation says, until the tracks take it to be heard."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from avatar.port import Phone as FacePhone
from avatar.port import Player
from rtc.segment import OUT_HZ, Segment
from voice.ports import LoudspeakerObserver, Pcm16, Phone

TICK_SAMPLES = 960
"""Samples that leave at a time: 20 ms."""

_BUFFER_S = 4.0
_STALL_S = 15.0
_SLICE_S = 1.0
_HEARD_EVERY_SAMPLES = OUT_HZ // 10
_FADE_SAMPLES = OUT_HZ // 200
_FADE_IN = np.linspace(0.0, 1.0, _FADE_SAMPLES, dtype=np.float32)
_FADE_OUT = _FADE_IN[::-1].copy()

logger = logging.getLogger(__name__)


class Playout:
    """The conversation's Loudspeaker, and the one place that knows what has been heard.

    It outlives the peers of its visit. Speech goes to the avatar's player as it is pushed; both
    count the same speech timeline: seconds of audio pushed since the beginning, never rewound.
    Everything here runs on the event loop.
    """

    def __init__(self, player: Player) -> None:
        self._player = player
        self._observer: LoudspeakerObserver | None = None
        self._segments: deque[Segment] = deque()
        self._pushed_s = 0.0
        self._epoch = 0
        self._room = asyncio.Event()
        self._room.set()
        self._paused = False
        self._closed = False
        self._deaf = False
        self._sounding = False
        self._fade_in = False
        self._tail: Pcm16 | None = None
        self._told = 0

    def set_observer(self, observer: LoudspeakerObserver) -> None:
        self._observer = observer

    @property
    def heard_s(self) -> float:
        return self._segments[0].heard_s if self._segments else 0.0

    @property
    def buffered_s(self) -> float:
        """Seconds that are pushed and not yet heard."""
        return sum(segment.waiting for segment in self._segments) / OUT_HZ

    async def push(
        self, pcm: Pcm16, sample_rate: int, *, text: str = "", phones: Sequence[Phone] = ()
    ) -> float | None:
        """Append speech (int16, shape (n,), any rate) to the current segment.

        Waits while more than 4 s are buffered. What is still waiting when clear() or close()
        comes is dropped. When nothing is played for 15 s the listener is taken for gone: the
        segment finishes as interrupted and the rest of it is dropped.

        Returns:
            Where the speech begins on the speech timeline, None when it was dropped.

        Raises:
            ValueError: `pcm` is not one-dimensional int16 or the rate is not positive.
        """
        if pcm.dtype != np.int16 or pcm.ndim != 1 or sample_rate <= 0:
            raise ValueError("speech is int16 of shape (n,) with a positive rate")
        if self._deaf:
            return None
        segment = self._open_segment()
        epoch = self._epoch
        if not self._room.is_set() and not await self._wait_for_room(epoch):
            return None
        if self._closed:
            return None
        at_s = self._pushed_s
        self._pushed_s += pcm.size / sample_rate
        if pcm.size:
            self._player.push(pcm, sample_rate, text=text, phones=_faces(phones))
        step = max(1, int(sample_rate * _SLICE_S))
        for start in range(0, pcm.size, step):
            segment.append(pcm[start : start + step], sample_rate, at_s + start / sample_rate)
            if start + step < pcm.size:
                await asyncio.sleep(0)
                if epoch != self._epoch:
                    return None
        self._measure_room()
        return at_s

    def align(self, start_s: float, phones: Sequence[Phone]) -> None:
        """Hand on phones that were found in speech pushed without them; see Player.align."""
        self._player.align(start_s, _faces(phones))

    def flush(self) -> None:
        """Declare the current segment complete; without one it does nothing."""
        self._deaf = False
        if self._segments and not self._segments[-1].complete:
            self._segments[-1].finish()
            self._finish_played(interrupted=self._closed)

    def clear(self) -> None:
        """Drop what is not yet heard; every unfinished segment finishes as interrupted.

        A pause stays: only resume() ends it.
        """
        self._deaf = False
        if self._sounding:
            self._fade_away()
        self._epoch += 1
        dropped = list(self._segments)
        self._segments.clear()
        self._player.clear()
        self._room.set()
        for segment in dropped:
            self._tell_finished(segment, interrupted=True)

    def pause(self) -> None:
        """Hold the playback where it is."""
        if not self._paused and self._sounding:
            self._fade_away()
        self._paused = True

    def resume(self) -> None:
        """Go on after pause()."""
        self._paused = False

    def close(self) -> None:
        """Drop everything and wake who waits; later speech is dropped, its segments finish."""
        self._closed = True
        self.clear()

    def take(self, samples: int = TICK_SAMPLES) -> tuple[Pcm16, float | None]:
        """Take the samples that leave now, silence where there is no speech.

        Returns:
            int16 of shape (samples,) at 48 kHz, mono, and where its first sample stands on the
            speech timeline, None in silence and pause.
        """
        out = np.zeros(samples, np.int16)
        at_s = None
        if self._segments and not self._paused:
            at_s = self._fill(out)
        if self._tail is not None:
            mixed = out[: self._tail.size].astype(np.int32) + self._tail
            out[: self._tail.size] = np.clip(mixed, -32768, 32767)
            self._tail = None
        return out, at_s

    def peek_s(self, ahead_samples: int) -> float | None:
        """Where the sample `ahead_samples` after the next taken one will stand, as of now."""
        if self._paused:
            return None
        for segment in self._segments:
            if ahead_samples < segment.waiting:
                return segment.position_s(ahead_samples)
            if not segment.complete:
                return None
            ahead_samples -= segment.waiting
        return None

    def _open_segment(self) -> Segment:
        if not self._segments or self._segments[-1].complete:
            self._segments.append(Segment())
        return self._segments[-1]

    async def _wait_for_room(self, epoch: int) -> bool:
        """Whether the speech of `epoch` is still wanted once there is room for it."""
        try:
            async with asyncio.timeout(_STALL_S):
                while epoch == self._epoch and not self._room.is_set():
                    await self._room.wait()
        except TimeoutError:
            logger.warning("Speech dropped: nobody plays it")
            self.clear()
            self._deaf = True
        return epoch == self._epoch

    def _measure_room(self) -> None:
        if self.buffered_s > _BUFFER_S:
            self._room.clear()
        else:
            self._room.set()

    def _fill(self, out: Pcm16) -> float | None:
        filled, start_s = 0, None
        while self._segments and filled < out.size:
            segment = self._segments[0]
            fresh = segment.taken == 0
            count, at_s = segment.take_into(out[filled:])
            filled += count
            start_s = at_s if start_s is None else start_s
            self._tell_progress(segment, fresh and count > 0)
            if not segment.complete:
                break
            self._finish_played(interrupted=False)
        self._smooth(out, filled)
        self._measure_room()
        return start_s

    def _smooth(self, out: Pcm16, filled: int) -> None:
        """Fade in after a gap, and out where speech runs dry in the middle of a segment."""
        if filled and self._fade_in:
            _scale(out[:filled], _FADE_IN, at_end=False)
            self._fade_in = False
        if filled < out.size and self._segments:
            _scale(out[:filled], _FADE_OUT, at_end=True)
            self._fade_in = True
        self._sounding = filled == out.size

    def _fade_away(self) -> None:
        tail = self._segments[0].head(_FADE_SAMPLES) if self._segments else None
        if tail is not None and tail.size:
            _scale(tail, _FADE_OUT, at_end=True)
            self._tail = tail
        self._sounding = False
        self._fade_in = True

    def _finish_played(self, *, interrupted: bool) -> None:
        while self._segments and self._segments[0].complete and not self._segments[0].waiting:
            self._tell_finished(self._segments.popleft(), interrupted=interrupted)

    def _tell_progress(self, segment: Segment, started: bool) -> None:
        if self._observer is None:
            return
        if started:
            self._told = 0
            self._observer.on_started()
        if segment.taken - self._told >= _HEARD_EVERY_SAMPLES:
            self._told = segment.taken
            self._observer.on_heard(segment.heard_s)

    def _tell_finished(self, segment: Segment, *, interrupted: bool) -> None:
        if self._observer is not None:
            self._observer.on_finished(segment.heard_s, interrupted)


def _scale(samples: Pcm16, ramp: NDArray[np.float32], *, at_end: bool) -> None:
    """Multiply the beginning (or the end) of `samples` by `ramp` in place."""
    count = min(samples.size, ramp.size)
    if at_end:
        part, factors = samples[samples.size - count :], ramp[ramp.size - count :]
    else:
        part, factors = samples[:count], ramp[:count]
    part[:] = part * factors


def _faces(phones: Sequence[Phone]) -> list[FacePhone]:
    return [FacePhone(phone.name, phone.start_s, phone.end_s) for phone in phones]
