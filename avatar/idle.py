"""What a face does by itself, as a function of time: it breathes, sways, blinks, looks around.

Because nothing here has a state, visits of one agent that rest at the same moment are alike, and
one picture serves them all. Time is cut into segments whose events come from a seed; slow waves
without a common period run through all of them, so that nothing repeats.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from avatar.port import Mood

SEGMENT_S = 12.0
BLINK_S = 0.30
SACCADE_S = 0.022
NOD_S = 1.1
BREATH_HZ = 0.235


@dataclass(frozen=True, slots=True)
class Stance:
    """What a mood strives for: smile 0..1, brow lift and skew, head pose, -1..+1 each."""

    smile: float
    brow: float
    brow_skew: float
    yaw: float
    pitch: float
    roll: float


STANCES: dict[Mood, Stance] = {
    "idle": Stance(0.75, 0.0, 0.0, 0.0, 0.0, 0.0),
    "listening": Stance(0.85, 0.18, 0.0, -0.08, 0.14, 0.34),
    "thinking": Stance(0.45, 0.42, 0.42, 0.30, -0.22, -0.18),
    "speaking": Stance(0.65, 0.08, 0.0, 0.0, 0.0, 0.05),
}

# Gaze targets (x, y, weight) of each mood, and the mean time that one is held.
GAZES: dict[Mood, tuple[tuple[float, float, float], ...]] = {
    "idle": ((0, 0, 6), (0.5, 0, 1), (-0.5, 0, 1), (0.25, 0.6, 0.7), (-1, 0, 0.4), (0.25, 0, 1)),
    "listening": ((0, 0, 9), (0.25, 0, 1), (-0.25, 0, 1)),
    "thinking": ((1, -0.8, 4), (0.5, -0.8, 3), (-0.5, -0.8, 1), (0.5, 0, 1)),
    "speaking": ((0, 0, 8), (0.25, 0, 1), (-0.5, 0, 0.7), (0.5, -0.8, 0.4), (-0.25, 0, 1)),
}
HOLD_S: dict[Mood, float] = {"idle": 2.2, "listening": 2.8, "thinking": 1.1, "speaking": 1.9}

# Sway of the head: share and frequency (Hz) of slow waves whose periods have no common multiple.
SWAYS: tuple[tuple[tuple[float, float], ...], ...] = (
    ((0.24, 0.071), (0.16, 0.137), (0.07, 0.311), (0.03, 0.523)),
    ((0.15, 0.083), (0.11, 0.173), (0.05, 0.401)),
    ((0.17, 0.059), (0.12, 0.127), (0.05, 0.283)),
)


@dataclass(frozen=True, slots=True)
class Attitude:
    """One moment of a face, the mouth's articulation apart.

    Head ``yaw``, ``pitch``, ``roll`` and ``breath`` are -1..+1 of what the bundle can do; ``lid``
    and ``smile`` are 0..1; gaze and brows are -1..+1.
    """

    yaw: float
    pitch: float
    roll: float
    breath: float
    lid: float
    gaze_x: float
    gaze_y: float
    brow: float
    brow_skew: float
    smile: float

    def values(self) -> tuple[float, ...]:
        """All of it, in the order of the fields."""
        head = (self.yaw, self.pitch, self.roll, self.breath)
        return (*head, self.lid, self.gaze_x, self.gaze_y, self.brow, self.brow_skew, self.smile)


@dataclass(frozen=True, slots=True)
class Segment:
    """The events of one stretch of time; times count from its start and may lie behind its end."""

    blinks_s: tuple[float, ...]
    shifts: tuple[tuple[float, float, float], ...]
    nods_s: tuple[float, ...]


class IdlePath:
    """The whole idle life that belongs to one seed.

    ``sway`` 0..1 is how far the head sways: less where filmed motion is shown.
    """

    def __init__(self, seed: int, sway: float = 1.0) -> None:
        self._seed = abs(seed)
        self._share = sway
        random = np.random.default_rng(self._seed)
        self._phases = random.uniform(0.0, 2.0 * math.pi, (3, 4)).tolist()
        self._breath_phase = float(random.uniform(0.0, 2.0 * math.pi))
        self._segment = lru_cache(maxsize=16)(self._draw)

    def at(self, time_s: float, mood: Mood) -> Attitude:
        """The face at any moment, in any order of asking."""
        stance = STANCES[mood]
        index = math.floor(time_s / SEGMENT_S)
        since_s = time_s - index * SEGMENT_S
        now, before = self._segment(index, mood), self._segment(index - 1, mood)
        gaze_x, gaze_y = _gaze(now, before, since_s)
        nod = max(_nod(now, since_s), _nod(before, since_s + SEGMENT_S), key=abs)
        sway = self._sway(time_s)
        return Attitude(
            yaw=stance.yaw + sway[0] + 0.10 * gaze_x,
            pitch=stance.pitch + sway[1] + nod,
            roll=stance.roll + sway[2],
            breath=self._breath(time_s),
            lid=max(_lid(now, since_s), _lid(before, since_s + SEGMENT_S)),
            gaze_x=gaze_x,
            gaze_y=gaze_y,
            brow=stance.brow,
            brow_skew=stance.brow_skew,
            smile=stance.smile,
        )

    def _sway(self, time_s: float) -> list[float]:
        return [
            self._share
            * sum(
                share * math.sin(2 * math.pi * hz * time_s + phase)
                for (share, hz), phase in zip(waves, phases, strict=False)
            )
            for waves, phases in zip(SWAYS, self._phases, strict=True)
        ]

    def _breath(self, time_s: float) -> float:
        drift = 0.8 * math.sin(time_s * 0.19)
        return math.sin(2 * math.pi * BREATH_HZ * time_s + self._breath_phase + drift)

    def _draw(self, index: int, mood: Mood) -> Segment:
        """The events of a segment; blinks that come with a shift of gaze differ between moods."""
        random = np.random.default_rng([self._seed, index & 0xFFFFFFFF, 1])
        blinks = _blinks(random)
        order = sorted(GAZES).index(mood)
        shifts = _shifts(np.random.default_rng([self._seed, index & 0xFFFFFFFF, 2, order]), mood)
        previous = (0.0, 0.0)
        for at_s, x, y in shifts:
            wide = abs(x - previous[0]) + abs(y - previous[1]) > 0.6
            if wide and all(abs(at_s - blink_s) > 0.8 for blink_s in blinks):
                blinks.append(at_s)
            previous = (x, y)
        nods = _nods(np.random.default_rng([self._seed, index & 0xFFFFFFFF, 3]), mood)
        return Segment(tuple(sorted(blinks)), tuple(shifts), tuple(nods))


def _blinks(random: np.random.Generator) -> list[float]:
    """Irregular blinks; some come in pairs."""
    times = []
    at_s = float(random.uniform(0.4, 3.2))
    while at_s < SEGMENT_S - 0.5:
        times.append(at_s)
        pair = random.random() < 0.12
        at_s += 0.34 if pair else min(9.0, 1.2 + float(random.gamma(2.2, 1.3)))
    return times


def _shifts(random: np.random.Generator, mood: Mood) -> list[tuple[float, float, float]]:
    """When the eyes jump, and where to."""
    choices = GAZES[mood]
    weights = np.array([weight for _, _, weight in choices])
    shares = weights / weights.sum()
    shifts = [(0.0, *choices[int(random.choice(len(choices), p=shares))][:2])]
    at_s = 0.0
    while True:
        at_s += HOLD_S[mood] * float(random.uniform(0.45, 1.7))
        if at_s >= SEGMENT_S - 0.4:
            return shifts
        shifts.append((at_s, *choices[int(random.choice(len(choices), p=shares))][:2]))


def _nods(random: np.random.Generator, mood: Mood) -> list[float]:
    """While listening, a small nod now and then."""
    if mood != "listening":
        return []
    first_s = float(random.uniform(1.0, 6.0))
    second_s = first_s + float(random.uniform(3.5, 9.0))
    return [at_s for at_s in (first_s, second_s) if at_s < SEGMENT_S - 0.2]


def _gaze(now: Segment, before: Segment, since_s: float) -> tuple[float, float]:
    """Eyes hold a target, then jump to another."""
    held = (0.0, *before.shifts[-1][1:])
    target = held
    for shift in now.shifts:
        if shift[0] > since_s:
            break
        held, target = target, shift
    left = math.exp(-(since_s - target[0]) / SACCADE_S)
    return (
        target[1] + (held[1] - target[1]) * left,
        target[2] + (held[2] - target[2]) * left,
    )


def _lid(segment: Segment, since_s: float) -> float:
    """A blink shuts in 80 ms, rests 50 ms so that a frame shows it, and opens more slowly."""
    shut = 0.0
    for blink_s in segment.blinks_s:
        age_s = since_s - blink_s
        if 0.0 <= age_s < 0.08:
            shut = max(shut, _ease(age_s / 0.08))
        elif 0.08 <= age_s < 0.13:
            shut = 1.0
        elif 0.13 <= age_s < BLINK_S:
            shut = max(shut, 1.0 - _ease((age_s - 0.13) / (BLINK_S - 0.13)))
    return shut


def _nod(segment: Segment, since_s: float) -> float:
    for nod_s in segment.nods_s:
        share = (since_s - nod_s) / NOD_S
        if 0.0 <= share <= 1.0:
            return 0.42 * math.sin(4 * math.pi * share) * math.sin(math.pi * share)
    return 0.0


def _ease(share: float) -> float:
    x = min(1.0, max(0.0, share))
    return x * x * (3.0 - 2.0 * x)
