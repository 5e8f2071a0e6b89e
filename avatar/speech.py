"""The speech timeline of one visit: what was pushed, and what it does to the mouth at a moment.

Three sources know what the mouth does: phones with exact times, phones that were aligned to the
sound and come later, and the network that only listens. The best that is there is used.
"""

import math
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from avatar.articulation import JAW, Articulation, at_rest
from avatar.errors import AvatarError
from avatar.listening import NetworkTrack
from avatar.loudness import LoudnessTrack
from avatar.network import Network
from avatar.port import Pcm16, Phone, Source, SpokenSeconds
from avatar.sound import Piece, SoundTrack
from avatar.visemes import PhoneTrack, Spans, spans

MAX_WAITING_S = 120.0
MAX_WAITING_PARTS = 1000
AHEAD_S = 1.0
PIECE_S = 0.2
MIN_RATE_HZ, MAX_RATE_HZ = 8_000, 192_000
CLOSE_S = 0.080
# How long the mouth takes from one source's idea of it to another's.
BLEND_S = 0.060
# Two moments further apart than this are not one speech.
STEP_S = 0.2


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the drawing thread takes from the inbox."""

    cleared: bool
    pieces: list[tuple[Piece, Spans | None]]
    aligned: list[Spans]


@dataclass(frozen=True, slots=True)
class Moment:
    """The mouth at one moment, and how loud its voice is (0..1)."""

    articulation: Articulation
    loudness: float


class Inbox:
    """Pushed speech on its way to the thread that draws; the only part that two threads touch."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pieces: deque[tuple[Piece, Spans | None]] = deque()
        self._aligned: deque[Spans] = deque(maxlen=MAX_WAITING_PARTS)
        self._end_s = 0.0
        self._cleared_s = 0.0
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

    def align(self, start_s: float, phones: Sequence[Phone]) -> None:
        """Say what was pushed at ``start_s``; speech that was cleared since is left alone.

        Raises:
            AvatarError: The time or a phone breaks the contract.
        """
        if not 0.0 <= start_s < math.inf:
            raise AvatarError("start_s must be a moment of the timeline")
        _check_phones(phones)
        with self._lock:
            wanted = [phone for phone in phones if start_s + phone.start_s >= self._cleared_s]
            placed = spans(wanted, start_s)
            if placed is not None:
                self._aligned.append(placed)

    def clear(self) -> None:
        """Drop what waits, and have the drawing thread drop what it took."""
        with self._lock:
            self._pieces.clear()
            self._aligned.clear()
            self._cleared, self._cleared_s = True, self._end_s

    def take(self, until_s: float) -> Delivery:
        """Whether ``clear`` was called since the last time, and what starts before a time."""
        with self._lock:
            cleared, self._cleared = self._cleared, False
            taken = []
            while self._pieces and self._pieces[0][0].start_s < until_s:
                taken.append(self._pieces.popleft())
            aligned = list(self._aligned)
            self._aligned.clear()
        return Delivery(cleared, taken, aligned)


class Speech:
    """The drawing thread's side: analyses the sound near the moment that is heard."""

    def __init__(self, network: Network) -> None:
        self.inbox = Inbox()
        self.spoken = SpokenSeconds()
        self._sound = SoundTrack()
        self._loudness = LoudnessTrack(self._sound)
        self._listening = NetworkTrack(network, self._sound)
        self._exact, self._aligned = PhoneTrack(), PhoneTrack()
        self._last = at_rest()
        self._last_s = -math.inf
        self._heard_s = -math.inf
        self._blend = _Blend()

    def at(self, now_s: float, heard_s: float | None) -> Moment:
        """The mouth when the loudspeaker is at ``heard_s``; None lets it close."""
        if heard_s is None:
            left = max(0.0, 1.0 - max(0.0, now_s - self._last_s) / CLOSE_S)
            return Moment(self._last * np.float32(left), 0.0)
        self._collect(heard_s + AHEAD_S)
        heard = self._loudness.at(heard_s)
        mouth = at_rest()
        if heard.openness > 0.0:
            source, mouth = self._mouth(heard_s, heard.loudness)
            self._count(source, heard_s)
            mouth = self._blend.towards(source, mouth, heard_s) * np.float32(heard.openness)
        self._forget_before(heard_s)
        self._last, self._last_s, self._heard_s = mouth, now_s, heard_s
        return Moment(mouth, heard.loudness * heard.openness)

    def _mouth(self, heard_s: float, loudness: float) -> tuple[Source, Articulation]:
        """What the best source says, and which one it is."""
        phones: tuple[tuple[Source, PhoneTrack], ...] = (
            ("exact", self._exact),
            ("aligned", self._aligned),
        )
        for source, track in phones:
            mouth = track.at(heard_s)
            if mouth is not None:
                mouth[JAW] *= 0.85 + 0.25 * loudness
                return source, mouth
        return "network", self._listening.at(heard_s)

    def _count(self, source: Source, heard_s: float) -> None:
        step_s = heard_s - self._heard_s
        if 0.0 < step_s <= STEP_S:
            before = getattr(self.spoken, f"{source}_s")
            self.spoken = replace(self.spoken, **{f"{source}_s": before + step_s})

    def _collect(self, until_s: float) -> None:
        delivery = self.inbox.take(until_s)
        if delivery.cleared:
            self._sound.clear()
            self._loudness.clear()
            self._listening.clear()
            self._exact, self._aligned = PhoneTrack(), PhoneTrack()
        for piece, phones in delivery.pieces:
            self._sound.add(piece)
            if phones is not None:
                self._exact.add(phones)
        for phones in delivery.aligned:
            self._aligned.add(phones)

    def _forget_before(self, time_s: float) -> None:
        for track in (self._sound, self._loudness, self._listening, self._exact, self._aligned):
            track.forget_before(time_s)


class _Blend:
    """Takes the mouth over from one source to another without a jump."""

    def __init__(self) -> None:
        self._source: Source | None = None
        self._from = at_rest()
        self._last = at_rest()
        self._since_s = -math.inf
        self._last_s = -math.inf

    def towards(self, source: Source, mouth: Articulation, time_s: float) -> Articulation:
        """The mouth that is shown."""
        if source != self._source:
            goes_on = 0.0 <= time_s - self._last_s < STEP_S
            self._since_s = time_s if goes_on else -math.inf
            self._source, self._from = source, self._last
        share = np.float32(min(1.0, max(0.0, (time_s - self._since_s) / BLEND_S)))
        self._last, self._last_s = self._from * (1 - share) + mouth * share, time_s
        return self._last


def _check(pcm: Pcm16, sample_rate: int, phones: Sequence[Phone]) -> None:
    if not isinstance(pcm, np.ndarray) or pcm.dtype != np.int16 or pcm.ndim != 1:
        raise AvatarError("speech must be int16 samples of shape (n,)")
    if not MIN_RATE_HZ <= sample_rate <= MAX_RATE_HZ:
        raise AvatarError(f"sample_rate must be {MIN_RATE_HZ}..{MAX_RATE_HZ}, not {sample_rate}")
    _check_phones(phones)


def _check_phones(phones: Sequence[Phone]) -> None:
    last_s = 0.0
    for phone in phones:
        if not (last_s - 0.02 <= phone.start_s <= phone.end_s < math.inf):
            raise AvatarError(f"phone {phone.name!r} must start after the last one and end later")
        last_s = phone.start_s
