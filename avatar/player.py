"""One visit's face: speech and life turned into frames."""

import math
from collections.abc import Sequence
from typing import get_args

import numpy as np

from avatar.articulation import BITE, JAW, PRESS, SMILE, Articulation
from avatar.compositor import Compositor
from avatar.errors import AvatarError
from avatar.life import Attitude, Life
from avatar.manifest import Floats, Manifest
from avatar.network import Network
from avatar.port import Frame, Mood, Pcm16, Phone, SpokenSeconds
from avatar.speech import Speech

MOODS = frozenset(get_args(Mood))
# How much a difference in each channel matters when the nearest cell is chosen.
MOUTH_WEIGHTS = np.array([1.0, 0.55, 1.0, 0.9, 0.22, 0.2], np.float32)
EYE_WEIGHTS = np.array([2.0, 1.0, 1.0], np.float32)
BROW_WEIGHTS = np.array([1.0, 1.0], np.float32)
SPEAKING_SMILE = 0.5


class Choice:
    """Finds the cell nearest to a vector."""

    def __init__(self, vectors: Floats, weights: Floats) -> None:
        self._weights = weights
        self._scaled = vectors * weights
        self._norms = (self._scaled * self._scaled).sum(axis=1) * np.float32(0.5)

    def nearest(self, vector: Floats) -> int:
        """Its index."""
        return int(np.argmin(self._norms - self._scaled @ (vector * self._weights)))


class FacePlayer:
    """The player of every bundle; see ``avatar.port.Player`` for the contract."""

    def __init__(
        self, manifest: Manifest, compositor: Compositor, network: Network, seed: int
    ) -> None:
        self.width, self.height, self.fps = manifest.width, manifest.height, manifest.fps
        self._compositor = compositor
        self._mouths = Choice(manifest.mouth.vectors, MOUTH_WEIGHTS)
        self._eyes = Choice(manifest.eyes.vectors, EYE_WEIGHTS)
        self._brows = Choice(manifest.brows.vectors, BROW_WEIGHTS)
        self._speech = Speech(network)
        self._life = Life(np.random.default_rng(seed))
        self._mood: Mood = "idle"
        self._frame = compositor.blank()

    def push(
        self, pcm: Pcm16, sample_rate: int, *, text: str = "", phones: Sequence[Phone] = ()
    ) -> None:
        """Append speech; see the port. The text is not used: phones or the sound move it."""
        self._speech.inbox.push(pcm, sample_rate, phones)

    def align(self, start_s: float, phones: Sequence[Phone]) -> None:
        """Hand over phones that come late; see the port."""
        self._speech.inbox.align(start_s, phones)

    @property
    def spoken(self) -> SpokenSeconds:
        """How much speech was shown, by what moved the mouth."""
        return self._speech.spoken

    def clear(self) -> None:
        """Forget speech that is not yet heard."""
        self._speech.inbox.clear()

    def set_mood(self, state: Mood) -> None:
        """Change the expression; see the port."""
        if state not in MOODS:
            raise AvatarError(f"no such mood: {state!r}")
        self._mood = state

    def frame(self, now_s: float, heard_s: float | None) -> Frame:
        """Draw the face; see the port."""
        if not math.isfinite(now_s) or not (heard_s is None or math.isfinite(heard_s)):
            raise AvatarError("now_s and heard_s must be finite seconds")
        moment = self._speech.at(now_s, heard_s)
        attitude = self._life.step(now_s, self._mood, moment.loudness)
        eyes = np.array([attitude.lid, attitude.gaze_x, attitude.gaze_y], np.float32)
        brows = np.array([attitude.brow, attitude.brow_skew], np.float32)
        self._compositor.paint(
            self._frame,
            self._mouths.nearest(_mouth(moment.articulation, attitude)),
            self._eyes.nearest(eyes),
            self._brows.nearest(brows),
            _pose(attitude),
        )
        return self._frame


def _mouth(articulation: Articulation, attitude: Attitude) -> Articulation:
    """The articulation with the mood's smile, which gives way while the mouth works."""
    work = float(max(articulation[JAW] * 4.0, articulation[PRESS], articulation[BITE]))
    share = min(1.0, work)
    out = articulation.copy()
    out[JAW] *= 1.0 - articulation[PRESS]
    out[SMILE] = attitude.smile + (SPEAKING_SMILE - attitude.smile) * share
    return out


def _pose(attitude: Attitude) -> tuple[float, float, float, float]:
    yaw, pitch, roll, breath = (
        min(1.0, max(-1.0, value))
        for value in (attitude.yaw, attitude.pitch, attitude.roll, attitude.breath)
    )
    return yaw, pitch, roll, breath
