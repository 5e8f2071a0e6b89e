"""Phones with known times, turned into articulation by a model of coarticulation.

Each phone pulls every channel toward its own target with a strength that is flat inside the phone
and decays outside it: ``D = alpha * exp(-(before / Tb)^1.3 - (after / Ta)^1.3)``. The articulation
is the mean of the targets weighted by D.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from avatar.articulation import CHANNELS, Articulation
from avatar.port import Phone

Floats = NDArray[np.float32]
Row = tuple[float, ...]

# Anticipation and carry-over of each channel (jaw, width, round, press, bite, tongue), in seconds.
BEFORE_S = np.array([0.040, 0.055, 0.085, 0.016, 0.022, 0.035], np.float32)
AFTER_S = np.array([0.038, 0.050, 0.055, 0.014, 0.020, 0.030], np.float32)
# Silence is not anticipated by lips that are spread or round, and they relax fast in it.
SILENCE_BEFORE_S = np.minimum(BEFORE_S, [0.040, 0.020, 0.020, 0.040, 0.040, 0.040])
SILENCE_AFTER_S = np.minimum(AFTER_S, 0.045)
REACH_S = 0.35
NEARBY_S = 0.1
SPEECH_JAW = 0.85
SHORT_PHONE_S = 0.060
ALWAYS_CLOSES = frozenset({"p", "f", "th"})

# Target and strength of jaw, width, round, press, bite, tongue for each class of phones.
TARGETS: dict[str, tuple[Row, Row]] = {
    "sil": ((0, 0, 0, 0, 0, 0), (1, 1, 1.5, 1, 1, 1)),
    "p": ((0.04, 0.10, 0.05, 1, 0, 0), (1.3, 0.3, 0.25, 3, 1, 0.3)),
    "f": ((0.12, 0.20, 0.05, 0, 1, 0), (1.2, 0.4, 0.4, 1, 3, 0.5)),
    "th": ((0.22, 0.25, 0, 0, 0, 1), (0.7, 0.2, 0.15, 1, 1, 2.5)),
    "t": ((0.18, 0.30, 0, 0, 0, 0.6), (0.5, 0.2, 0.1, 1, 1, 1.5)),
    "k": ((0.28, 0.25, 0, 0, 0, 0.15), (0.35, 0.2, 0.1, 1, 1, 0.7)),
    "ch": ((0.16, 0.05, 0.60, 0, 0, 0.3), (1, 0.5, 0.7, 1, 1, 1)),
    "s": ((0.08, 0.50, 0.05, 0, 0, 0.4), (1, 0.7, 0.4, 1, 1, 1.2)),
    "n": ((0.20, 0.25, 0, 0, 0, 0.6), (0.5, 0.2, 0.1, 1, 1, 1.5)),
    "l": ((0.28, 0.25, 0, 0, 0, 0.8), (0.5, 0.2, 0.1, 1, 1, 1.8)),
    "r": ((0.22, 0.10, 0.45, 0, 0, 0.3), (0.6, 0.3, 0.7, 1, 1, 1)),
    "er": ((0.30, 0.15, 0.40, 0, 0, 0.25), (0.9, 0.6, 0.7, 1, 1, 1)),
    "aa": ((0.90, 0.25, 0, 0, 0, 0), (1, 1, 0.8, 1, 1, 1)),
    "ae": ((0.75, 0.50, 0, 0, 0, 0), (1, 1, 0.8, 1, 1, 1)),
    "ah": ((0.58, 0.30, 0, 0, 0, 0), (1, 0.8, 0.6, 1, 1, 1)),
    "ax": ((0.40, 0.30, 0.05, 0, 0, 0), (0.6, 0.4, 0.3, 1, 1, 1)),
    "eh": ((0.55, 0.50, 0, 0, 0, 0), (1, 1, 0.8, 1, 1, 1)),
    "e": ((0.45, 0.62, 0, 0, 0, 0), (1, 1, 0.8, 1, 1, 1)),
    "ih": ((0.32, 0.62, 0, 0, 0, 0), (1, 1, 0.8, 1, 1, 1)),
    "iy": ((0.24, 0.85, 0, 0, 0, 0), (1, 1, 0.8, 1, 1, 1)),
    "y": ((0.20, 0.60, 0, 0, 0, 0.1), (0.7, 0.8, 0.5, 1, 1, 1)),
    "ao": ((0.65, 0.10, 0.60, 0, 0, 0), (1, 0.9, 1, 1, 1, 1)),
    "o": ((0.48, 0.05, 0.75, 0, 0, 0), (1, 0.9, 1, 1, 1, 1)),
    "oe": ((0.48, 0.15, 0.65, 0, 0, 0), (1, 0.9, 1, 1, 1, 1)),
    "uh": ((0.32, 0.05, 0.65, 0, 0, 0), (1, 0.9, 1, 1, 1, 1)),
    "uw": ((0.20, 0, 0.92, 0, 0, 0), (1, 0.9, 1.1, 1, 1, 1)),
    "yy": ((0.20, 0.10, 0.85, 0, 0, 0), (1, 0.9, 1, 1, 1, 1)),
    "w": ((0.14, 0, 1.0, 0, 0, 0), (0.9, 0.9, 1.3, 1, 1, 1)),
    "h": ((0.35, 0.30, 0, 0, 0, 0), (0.05, 0.05, 0.03, 1, 1, 0.3)),
}

CLASSES: dict[str, str] = {
    **{name: name for name in TARGETS if name != "h"},
    **dict.fromkeys(("pau", "sp", "ssil"), "sil"),
    **dict.fromkeys(("b", "m", "em"), "p"),
    "v": "f",
    "dh": "th",
    **dict.fromkeys(("d", "dx"), "t"),
    **dict.fromkeys(("g", "ng"), "k"),
    **dict.fromkeys(("jh", "sh", "zh"), "ch"),
    "z": "s",
    **dict.fromkeys(("en", "nx"), "n"),
    "el": "l",
    "axr": "er",
    "ix": "ih",
    "hh": "h",
}

# A diphthong spends this share of its time in its first half.
DIPHTHONG_SHARE = 0.6
DIPHTHONGS: dict[str, tuple[str, str]] = {
    "aw": ("aa", "uh"),
    "ay": ("aa", "ih"),
    "ey": ("e", "iy"),
    "ow": ("o", "uw"),
    "oy": ("ao", "ih"),
}


@dataclass(frozen=True, slots=True)
class Spans:
    """Phones on the speech timeline: start and end in seconds (n,), and four rows each (n, 6)."""

    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]
    target: Floats
    strength: Floats
    before_s: Floats
    after_s: Floats

    def __getitem__(self, chosen: slice | NDArray[np.bool_]) -> "Spans":
        """Some of them."""
        return Spans(
            self.start_s[chosen],
            self.end_s[chosen],
            self.target[chosen],
            self.strength[chosen],
            self.before_s[chosen],
            self.after_s[chosen],
        )

    def near(self, time_s: float) -> bool:
        """Whether a moment may be in reach of one of them."""
        first_s, last_s = float(self.start_s[0]), float(self.end_s[-1])
        return first_s - REACH_S <= time_s <= last_s + REACH_S


def _classes(phone: Phone) -> Iterator[tuple[str, float, float]]:
    """The viseme classes of one phone with their times; none for a phone that is not known."""
    name = phone.name.strip().lower().rstrip("012")
    if name in DIPHTHONGS:
        first, second = DIPHTHONGS[name]
        middle_s = phone.start_s + DIPHTHONG_SHARE * (phone.end_s - phone.start_s)
        yield first, phone.start_s, middle_s
        yield second, middle_s, phone.end_s
    elif name in CLASSES:
        yield CLASSES[name], phone.start_s, phone.end_s


def classes(phones: Iterable[Phone]) -> list[tuple[str, float, float]]:
    """The keys of TARGETS that phones are made of, with their start and end in seconds."""
    return [item for phone in phones for item in _classes(phone)]


def spans(phones: Iterable[Phone], offset_s: float) -> Spans | None:
    """Place phones on the timeline, ``offset_s`` after their own times; None if none is known."""
    known = classes(phones)
    return placed(known, offset_s) if known else None


def placed(known: Sequence[tuple[str, float, float]], offset_s: float) -> Spans:
    """Place classes (at least one) on the timeline, ``offset_s`` after their own times."""
    names, starts, ends = zip(*known, strict=True)
    start_s = np.array(starts, np.float64) + offset_s
    end_s = np.array(ends, np.float64) + offset_s
    weight = np.minimum(1.0, 0.35 + 0.65 * (end_s - start_s) / SHORT_PHONE_S)
    weight[[name in ALWAYS_CLOSES for name in names]] = 1.0
    target = np.array([TARGETS[name][0] for name in names], np.float32)
    strength = np.array([TARGETS[name][1] for name in names], np.float32)
    silent = np.array([name == "sil" for name in names])[:, None]
    return Spans(
        start_s,
        end_s,
        target,
        strength * weight[:, None].astype(np.float32),
        np.where(silent, SILENCE_BEFORE_S, BEFORE_S).astype(np.float32),
        np.where(silent, SILENCE_AFTER_S, AFTER_S).astype(np.float32),
    )


class PhoneTrack:
    """The phones of the timeline's near past and its future, in order."""

    def __init__(self) -> None:
        self._parts: deque[Spans] = deque()

    def add(self, part: Spans) -> None:
        """Append phones that start after those already here."""
        self._parts.append(part)

    def forget_before(self, time_s: float) -> None:
        """Drop what can no longer be asked for."""
        while self._parts and self._parts[0].end_s[-1] < time_s - REACH_S:
            self._parts.popleft()

    def at(self, time_s: float) -> Articulation | None:
        """The articulation at a time; None where no phone is known nearby.

        Neighbouring moments are looked at too: channels are smoothed over them, while closures take
        their strongest one, so that a short one is not lost between two frames.
        """
        near = _joined([_within(part, time_s) for part in self._parts if part.near(time_s)])
        if near is None:
            return None
        moments = np.array([time_s - 0.015, time_s, time_s + 0.015])
        if float(np.min(_away_s(near, moments[1:2]))) > NEARBY_S:
            return None
        values = pulled(near, moments)
        smooth = values[0] * 0.25 + values[1] * 0.5 + values[2] * 0.25
        strongest = values.max(axis=0)
        out = np.zeros(CHANNELS, np.float32)
        out[0] = smooth[0] * SPEECH_JAW
        out[1] = smooth[1] * (1.0 - smooth[2]) - smooth[2]
        out[2:4] = strongest[3:5]
        out[4] = smooth[5]
        return out


def pulled(near: Spans, moments_s: NDArray[np.float64]) -> Floats:
    """Jaw, width, round, press, bite and tongue at moments (k,): float32, shape (k, 6)."""
    before = np.maximum(0.0, near.start_s - moments_s[:, None]).astype(np.float32)
    after = np.maximum(0.0, moments_s[:, None] - near.end_s).astype(np.float32)
    decay = (before[..., None] / near.before_s) ** 1.3 + (after[..., None] / near.after_s) ** 1.3
    pull = near.strength * np.exp(-decay) + 1e-9
    values: Floats = (pull * near.target).sum(axis=1) / pull.sum(axis=1)
    return values


def _away_s(near: Spans, moments_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far moments (k,) are from each phone (n,): shape (k, n), 0 inside."""
    before = near.start_s - moments_s[:, None]
    return np.maximum(0.0, np.maximum(before, moments_s[:, None] - near.end_s))


def _within(part: Spans, time_s: float) -> Spans:
    first = int(np.searchsorted(part.end_s, time_s - REACH_S))
    last = int(np.searchsorted(part.start_s, time_s + REACH_S))
    return part[first:last]


def _joined(parts: Sequence[Spans]) -> Spans | None:
    """All phones of the parts; None when there are none."""
    parts = [part for part in parts if len(part.start_s)]
    if len(parts) < 2:
        return parts[0] if parts else None
    return Spans(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Spans)))
