"""One visit's face: speech and life turned into frames."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

import numpy as np

from avatar.articulation import BITE, JAW, PRESS, SMILE, Articulation, at_rest
from avatar.compositor import Look, Painting, Pose
from avatar.errors import AvatarError
from avatar.footage import Film
from avatar.gallery import Gallery
from avatar.gestures import GESTURES, Gesture, posed, shaped
from avatar.idle import Attitude
from avatar.life import Life
from avatar.manifest import Floats, Manifest
from avatar.network import Network
from avatar.port import Frame, Mood, Pcm16, Phone, SpokenSeconds
from avatar.props import Props, Shown
from avatar.speech import Speech

MOODS = frozenset(get_args(Mood))
# How much a difference in each channel matters when the nearest cell is chosen.
MOUTH_WEIGHTS = np.array([1.0, 0.55, 1.0, 0.9, 0.22, 0.2], np.float32)
EYE_WEIGHTS = np.array([2.0, 1.0, 1.0], np.float32)
BROW_WEIGHTS = np.array([1.0, 1.0], np.float32)
SPEAKING_SMILE = 0.5
# Less than this moves no mouth by a cell.
AT_REST = 0.01
HOLD_PX = 0.5


class Choice:
    """Finds the cell nearest to a vector."""

    def __init__(self, vectors: Floats, weights: Floats) -> None:
        self._weights = weights
        self._scaled = vectors * weights
        self._norms = (self._scaled * self._scaled).sum(axis=1) * np.float32(0.5)

    def nearest(self, vector: Floats) -> int:
        """Its index."""
        return int(np.argmin(self._norms - self._scaled @ (vector * self._weights)))


class Chooser:
    """Finds the cells that show a face best; shared by all players of a bundle."""

    def __init__(self, manifest: Manifest) -> None:
        self._mouths = Choice(manifest.mouth.vectors, MOUTH_WEIGHTS)
        self._eyes = Choice(manifest.eyes.vectors, EYE_WEIGHTS)
        brows = manifest.brows
        self._brows = None if brows is None else Choice(brows.vectors, BROW_WEIGHTS)

    def look(self, articulation: Articulation, attitude: Attitude) -> Look:
        """What to paint for an articulation and an attitude."""
        eyes = np.array([attitude.lid, attitude.gaze_x, attitude.gaze_y], np.float32)
        brows = np.array([attitude.brow, attitude.brow_skew], np.float32)
        return Look(
            mouth=self._mouths.nearest(_mouth(articulation, attitude)),
            eyes=self._eyes.nearest(eyes),
            brows=0 if self._brows is None else self._brows.nearest(brows),
            pose=_pose(attitude),
        )


class FacePlayer:
    """The player of every bundle; see ``avatar.port.Player`` for the contract."""

    def __init__(
        self,
        chooser: Chooser,
        gallery: Gallery,
        network: Network,
        film: Film | None,
        fps: int,
        seed: int,
        began_s: float,
        props: Props,
    ) -> None:
        self.width, self.height = gallery.compositor.width, gallery.compositor.height
        self.fps = fps
        self._gallery = gallery
        self._chooser = chooser
        self._speech = Speech(network)
        self._seed = seed
        self._life = Life(seed, 1.0 if film is None else film.sway)
        self._reel = None if film is None else film.reel(seed)
        self._mood: Mood = "idle"
        self._began_s = began_s
        self._first: tuple[float, int] | None = None
        self._own: Painting | None = None
        self._props = props
        self._decked: Frame | None = None
        self._last: tuple[int, Look] | None = None
        self._gesture: tuple[Gesture, float | None] | None = None

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

    def gesture(self, name: str) -> None:
        """Make a gesture from the next frame on, in place of one that is under way.

        Raises:
            AvatarError: There is no such gesture.
        """
        if name not in GESTURES:
            raise AvatarError(f"no such gesture: {name!r}; there are {', '.join(GESTURES)}")
        self._gesture = GESTURES[name], None

    def frame(self, now_s: float, heard_s: float | None) -> Frame:
        """Draw the face; see the port."""
        if not math.isfinite(now_s) or not (heard_s is None or math.isfinite(heard_s)):
            raise AvatarError("now_s and heard_s must be finite seconds")
        moment = self._speech.at(now_s, heard_s)
        index = self._index(now_s)
        time_s = index / self.fps
        self._life.step(time_s, self._mood, moment.loudness)
        share = self._share(time_s)
        if self._gesture is not None and share is not None:
            gesture = self._gesture[0]
            move = gesture.at(share)
            articulation = shaped(moment.articulation, move)
            frame = self._live(index, articulation, posed(self._life.attitude(time_s), move))
            return frame if gesture.prop is None else self._with(frame, gesture.prop(share))
        self._decked = None
        if self._life.settled and float(np.abs(moment.articulation).max()) < AT_REST:
            return self._gallery.frame((self._seed, self._mood, index), lambda: self._rest(index))
        return self._live(index, moment.articulation, self._life.attitude(time_s))

    def _live(self, index: int, articulation: Articulation, attitude: Attitude) -> Frame:
        """Paint into this visit's own picture."""
        if self._own is None:
            self._own = self._gallery.compositor.blank()
        look = self._held(index, self._look(index, articulation, attitude), self._last)
        self._last = index, look
        self._gallery.compositor.paint(self._own, look)
        return self._own.frame

    def _look(self, index: int, articulation: Articulation, attitude: Attitude) -> Look:
        look = self._chooser.look(articulation, attitude)
        return look if self._reel is None else replace(look, scene=self._reel.scene(index))

    def _with(self, frame: Frame, shown: Shown) -> Frame:
        """The frame under a prop, in a picture of its own: the next frame is painted over it."""
        if self._decked is None:
            self._decked = np.empty_like(frame)
        np.copyto(self._decked, frame)
        self._props.lay(self._decked, shown)
        return self._decked

    def _share(self, time_s: float) -> float | None:
        """How much of the gesture under way is over, if there is one."""
        if self._gesture is None:
            return None
        gesture, start_s = self._gesture
        if start_s is None:
            start_s = time_s
            self._gesture = gesture, start_s
        share = (time_s - start_s) / gesture.seconds
        if not 0.0 <= share <= 1.0:
            self._gesture = None
            return None
        return share

    def _rest(self, index: int) -> Look:
        """What a moment of the idle path shows."""
        now, before = (
            self._look(i, at_rest(), self._life.resting(i / self.fps)) for i in (index, index - 1)
        )
        return self._held(index, now, (index - 1, before))

    def _held(self, index: int, look: Look, last: tuple[int, Look] | None) -> Look:
        """Every other frame keeps the pose where nobody could see the difference.

        Then only the parts whose cells change are painted, and an encoder can skip the rest.
        """
        if index % 2 == 0 or last is None or last[0] != index - 1:
            return look
        before = last[1]
        seen = self._gallery.compositor.travel_px(look, before) > HOLD_PX
        return look if seen else replace(look, pose=before.pose, scene=before.scene)

    def _index(self, now_s: float) -> int:
        """The number of the moment on the idle path; steps of a frame's time never stumble."""
        if self._first is None:
            self._first = now_s, round((self._began_s + now_s) * self.fps)
        return self._first[1] + round((now_s - self._first[0]) * self.fps)


def _mouth(articulation: Articulation, attitude: Attitude) -> Articulation:
    """The articulation with the mood's smile, which gives way while the mouth works."""
    work = float(max(articulation[JAW] * 4.0, articulation[PRESS], articulation[BITE]))
    share = min(1.0, work)
    out = articulation.copy()
    out[JAW] *= 1.0 - articulation[PRESS]
    # Only a gesture smiles so broadly that speech smiles along.
    broad = min(1.0, max(0.0, (attitude.smile - 0.87) / 0.13))
    spoken = SPEAKING_SMILE + (1.0 - SPEAKING_SMILE) * broad
    out[SMILE] = attitude.smile + (spoken - attitude.smile) * share
    return out


def _pose(attitude: Attitude) -> Pose:
    return tuple(
        min(1.0, max(-1.0, value))
        for value in (
            attitude.yaw,
            attitude.pitch,
            attitude.roll,
            attitude.breath,
            attitude.brow,
            attitude.brow_skew,
        )
    )
