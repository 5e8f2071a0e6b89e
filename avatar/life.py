"""One visit's departure from the idle path: what its speech and its changes of mood add to it."""

import math
from dataclasses import replace

import numpy as np

from avatar.idle import Attitude, IdlePath
from avatar.port import Mood

MAX_STEP_S = 0.25
SETTLE_S = 0.22
LOOK_S = 0.03
VOICE_S = 0.30
STRESS_S = 0.20
NOTHING = 0.004
# Which fields of an attitude follow a change of mood slowly, and which at once.
SLOW = np.array([1, 1, 1, 0, 0, 0, 0, 1, 1, 1], np.float64)
QUICK = np.array([0, 0, 0, 0, 0, 1, 1, 0, 0, 0], np.float64)


class Life:
    """The state of one face's own motion over the idle path of its seed."""

    def __init__(self, seed: int, sway: float = 1.0) -> None:
        self._path = IdlePath(seed, sway)
        self._mood: Mood = "idle"
        self._rest = np.zeros(len(SLOW))
        self._since_s = math.inf
        self._voice = 0.0
        self._stress = 0.0
        self._beat = 0.0
        self._last_s: float | None = None

    def step(self, time_s: float, mood: Mood, loudness: float) -> None:
        """Go on to a moment; ``loudness`` 0..1 of the voice makes it nod and lift its brows."""
        dt_s = 0.0 if self._last_s is None else min(MAX_STEP_S, max(0.0, time_s - self._last_s))
        self._last_s = time_s
        self._since_s += dt_s
        if mood != self._mood:
            self._depart(time_s, mood)
        share = 1.0 - math.exp(-dt_s / VOICE_S)
        self._voice += (loudness - self._voice) * share
        # Two low-passes, so that the head follows words and does not bob with every syllable.
        share = 1.0 - math.exp(-dt_s / STRESS_S)
        self._stress += (max(0.0, loudness - self._voice) - self._stress) * share
        self._beat += (self._stress - self._beat) * share

    @property
    def settled(self) -> bool:
        """Whether the face is on the idle path, but for what nobody could see."""
        return self._since_s > 8 * SETTLE_S and self._voice < NOTHING and self._beat < NOTHING

    def attitude(self, time_s: float) -> Attitude:
        """The face at the moment of the last step."""
        away = self._path.at(time_s, self._mood)
        if self._since_s <= 8 * SETTLE_S:
            away = Attitude(*(np.array(away.values()) + self._left()).tolist())
        if self._voice < NOTHING and self._beat < NOTHING:
            return away
        return replace(
            away,
            pitch=away.pitch + 1.5 * self._beat,
            roll=away.roll + 0.25 * self._voice * math.sin(time_s * 1.7),
            brow=away.brow + 1.6 * self._beat,
        )

    def resting(self, time_s: float) -> Attitude:
        """The idle path itself."""
        return self._path.at(time_s, self._mood)

    def _depart(self, time_s: float, mood: Mood) -> None:
        """Go on from where the face is, so that a change of mood starts and ends softly."""
        here = np.array(self._path.at(time_s, self._mood).values()) + self._left()
        self._mood = mood
        self._rest = here - np.array(self._path.at(time_s, mood).values())
        self._since_s = 0.0

    def _left(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """What is still left of the difference between the moods' paths."""
        if self._since_s > 8 * SETTLE_S:
            return np.zeros(len(SLOW))
        slow = self._since_s / SETTLE_S
        quick = math.exp(-self._since_s / LOOK_S)
        left: np.ndarray[tuple[int], np.dtype[np.float64]] = self._rest * (
            SLOW * ((1.0 + slow) * math.exp(-slow)) + QUICK * quick
        )
        return left
