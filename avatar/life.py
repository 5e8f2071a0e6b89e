"""What a face does by itself: it breathes, sways, blinks, looks around, and shows its mood."""

import math
from dataclasses import dataclass

import numpy as np

from avatar.port import Mood

MAX_STEP_S = 0.25
BLINK_S = 0.30


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
BREATH_HZ = 0.235


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


class Blinks:
    """Irregular blinks; some come in pairs, some with a shift of gaze."""

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        self._since_s = math.inf
        self._wait_s = float(random.uniform(0.8, 3.0))

    def hurry(self) -> None:
        """A shift of gaze often takes the blink that is due soon with it."""
        if self._wait_s < 1.6:
            self._wait_s = 0.0

    def step(self, dt_s: float) -> float:
        """How far the lids are shut, 0..1, ``dt_s`` later."""
        self._since_s += dt_s
        self._wait_s -= dt_s
        if self._wait_s <= 0.0:
            self._since_s = 0.0
            pair = self._random.random() < 0.12
            pause_s = 0.34 if pair else 1.2 + float(self._random.gamma(2.2, 1.3))
            self._wait_s = min(pause_s, 9.0)
        return _lid(self._since_s)


def _lid(since_s: float) -> float:
    """A blink shuts in 80 ms, rests 50 ms so that a frame shows it, and opens more slowly."""
    if since_s < 0.08:
        return _ease(since_s / 0.08)
    if since_s < 0.13:
        return 1.0
    return 1.0 - _ease((since_s - 0.13) / (BLINK_S - 0.13))


def _ease(share: float) -> float:
    x = min(1.0, max(0.0, share))
    return x * x * (3.0 - 2.0 * x)


class Life:
    """The state of one face's own motion; its randomness comes from the generator given."""

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        self._blinks = Blinks(random)
        self._phases = random.uniform(0.0, 2.0 * math.pi, (3, 4))
        self._breath_phase = float(random.uniform(0.0, 2.0 * math.pi))
        self._stance = np.array(_values(STANCES["idle"]))
        self._eased = self._stance.copy()
        self._gaze = np.zeros(2)
        self._target = np.zeros(2)
        self._hold_s = 1.0
        self._nod_s = math.inf
        self._next_nod_s = float(random.uniform(2.0, 5.0))
        self._voice = 0.0
        self._stress = 0.0
        self._last_s: float | None = None
        self._mood: Mood = "idle"

    def step(self, now_s: float, mood: Mood, loudness: float) -> Attitude:
        """The face at ``now_s``; ``loudness`` 0..1 of its voice makes it nod and lift its brows."""
        dt_s = 0.0 if self._last_s is None else min(MAX_STEP_S, max(0.0, now_s - self._last_s))
        self._last_s = now_s
        self._look(dt_s, mood)
        lid = self._blinks.step(dt_s)
        smile, brow, skew, yaw, pitch, roll = self._settle(dt_s, mood)
        slow = 1.0 - math.exp(-dt_s / 0.30)
        self._voice += (loudness - self._voice) * slow
        self._stress += (max(0.0, loudness - self._voice) - self._stress) * 2.0 * slow
        sway = self._sway(now_s)
        breath = math.sin(
            2 * math.pi * BREATH_HZ * now_s + self._breath_phase + 0.8 * math.sin(now_s * 0.19)
        )
        return Attitude(
            yaw=yaw + sway[0] + 0.10 * float(self._gaze[0]),
            pitch=pitch + sway[1] + self._nod(dt_s, mood) + 1.1 * self._stress,
            roll=roll + sway[2] + 0.25 * self._voice * math.sin(now_s * 1.7),
            breath=breath,
            lid=lid,
            gaze_x=float(self._gaze[0]),
            gaze_y=float(self._gaze[1]),
            brow=brow + 1.3 * self._stress,
            brow_skew=skew,
            smile=smile,
        )

    def _look(self, dt_s: float, mood: Mood) -> None:
        """Hold a gaze for a while, then jump to another, as eyes do."""
        self._hold_s -= dt_s
        if mood != self._mood:
            self._mood = mood
            self._hold_s = 0.0
        if self._hold_s <= 0.0:
            choices = GAZES[mood]
            weights = np.array([weight for _, _, weight in choices])
            x, y, _ = choices[int(self._random.choice(len(choices), p=weights / weights.sum()))]
            if abs(x - self._target[0]) + abs(y - self._target[1]) > 0.6:
                self._blinks.hurry()
            self._target[:] = x, y
            self._hold_s = HOLD_S[mood] * float(self._random.uniform(0.45, 1.7))
        self._gaze += (self._target - self._gaze) * (1.0 - math.exp(-dt_s / 0.022))

    def _settle(self, dt_s: float, mood: Mood) -> list[float]:
        """Follow the mood's stance through two low-passes: motion starts and ends softly."""
        share = 1.0 - math.exp(-dt_s / 0.22)
        self._stance += (np.array(_values(STANCES[mood])) - self._stance) * share
        self._eased += (self._stance - self._eased) * share
        return [float(value) for value in self._eased]

    def _sway(self, now_s: float) -> list[float]:
        return [
            sum(
                share * math.sin(2 * math.pi * hz * now_s + phase)
                for (share, hz), phase in zip(waves, phases, strict=False)
            )
            for waves, phases in zip(SWAYS, self._phases.tolist(), strict=True)
        ]

    def _nod(self, dt_s: float, mood: Mood) -> float:
        """While listening, a small nod now and then."""
        self._nod_s += dt_s
        if mood == "listening":
            self._next_nod_s -= dt_s
            if self._next_nod_s <= 0.0:
                self._nod_s = 0.0
                self._next_nod_s = float(self._random.uniform(3.5, 9.0))
        if self._nod_s > 1.1:
            return 0.0
        share = self._nod_s / 1.1
        return 0.42 * math.sin(2 * math.pi * 2 * share) * math.sin(math.pi * share)


def _values(stance: Stance) -> tuple[float, ...]:
    return (
        stance.smile,
        stance.brow,
        stance.brow_skew,
        stance.yaw,
        stance.pitch,
        stance.roll,
    )
