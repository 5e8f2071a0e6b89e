"""The speech timeline of one visit: what was pushed, and what it does to the mouth at a moment."""

import math
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from avatar.articulation import JAW, Articulation, at_rest
from avatar.bands import BandTrack, Piece
from avatar.errors import AvatarError
from avatar.port import Pcm16, Phone
from avatar.visemes import PhoneTrack, Spans, spans

MAX_WAITING_S = 120.0
AHEAD_S = 1.0
PIECE_S = 0.2
MIN_RATE_HZ, MAX_RATE_HZ = 8_000, 192_000
CLOSE_S = 0.080


Delivery = tuple[Piece, Spans | None]


@dataclass(frozen=True, slots=True)
class Moment:
    """The mouth at one moment, and how loud its voice is (0..1)."""

    articulation: Articulation
    loudness: float


class Inbox:
    """Pushed speech on its way to the thread that draws; the only part that two threads touch."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pieces: deque[Delivery] = deque()
        self._end_s = 0.0
        self._cleared = False

    def push(self, pcm: Pcm16, sample_rate: int, phones: Sequence[Phone]) -> None:
        """Append a copy of the samples; the oldest go when more than two minutes wait.

        Raises:
            AvatarError: The samples, the rate or a phone break the contract.
        """
        _check(pcm, sample_rate, phones)
        copy = pcm.copy()
        step = max(1, int(PIECE_S * sample_rate))
        with self._lock:
            placed = spans(phones, self._end_s)
            for first in range(0, len(copy), step):
                start_s = self._end_s + first / sample_rate
                self._pieces.append(
                    (Piece(start_s, copy[first : first + step], sample_rate), placed)
                )
                placed = None
            self._end_s += len(copy) / sample_rate
            while self._pieces and self._end_s - self._pieces[0][0].start_s > MAX_WAITING_S:
                self._pieces.popleft()

    def clear(self) -> None:
        """Drop what waits, and have the drawing thread drop what it took."""
        with self._lock:
            self._pieces.clear()
            self._cleared = True

    def take(self, until_s: float) -> tuple[bool, list[Delivery]]:
        """Whether ``clear`` was called since the last time, and what starts before a time."""
        with self._lock:
            cleared, self._cleared = self._cleared, False
            taken = []
            while self._pieces and self._pieces[0][0].start_s < until_s:
                taken.append(self._pieces.popleft())
        return cleared, taken


class Speech:
    """The drawing thread's side: analyses the sound near the moment that is heard."""

    def __init__(self) -> None:
        self.inbox = Inbox()
        self._bands = BandTrack()
        self._phones = PhoneTrack()
        self._last = at_rest()
        self._last_s = -math.inf

    def at(self, now_s: float, heard_s: float | None) -> Moment:
        """The mouth when the loudspeaker is at ``heard_s``; None lets it close."""
        if heard_s is None:
            left = max(0.0, 1.0 - max(0.0, now_s - self._last_s) / CLOSE_S)
            return Moment(self._last * np.float32(left), 0.0)
        self._collect(heard_s + AHEAD_S)
        heard = self._bands.at(heard_s)
        mouth = self._phones.at(heard_s)
        if mouth is None:
            mouth = heard.articulation
        else:
            mouth[JAW] *= 0.85 + 0.25 * heard.loudness
        mouth *= np.float32(heard.openness)
        self._bands.forget_before(heard_s)
        self._phones.forget_before(heard_s)
        self._last, self._last_s = mouth, now_s
        return Moment(mouth, heard.loudness * heard.openness)

    def _collect(self, until_s: float) -> None:
        cleared, pieces = self.inbox.take(until_s)
        if cleared:
            self._bands.clear()
            self._phones = PhoneTrack()
        for piece, phones in pieces:
            self._bands.add(piece)
            if phones is not None:
                self._phones.add(phones)


def _check(pcm: Pcm16, sample_rate: int, phones: Sequence[Phone]) -> None:
    if not isinstance(pcm, np.ndarray) or pcm.dtype != np.int16 or pcm.ndim != 1:
        raise AvatarError("speech must be int16 samples of shape (n,)")
    if not MIN_RATE_HZ <= sample_rate <= MAX_RATE_HZ:
        raise AvatarError(f"sample_rate must be {MIN_RATE_HZ}..{MAX_RATE_HZ}, not {sample_rate}")
    last_s = 0.0
    for phone in phones:
        if not (last_s - 0.02 <= phone.start_s <= phone.end_s < math.inf):
            raise AvatarError(f"phone {phone.name!r} must start after the last one and end later")
        last_s = phone.start_s
