"""Clips of a face that speaks and sways as a test says, and what knows where its points are.

The drawn character's picture is shaped by the photo builder. A row of black and white squares in
every picture tells its number, so that points can be given for it whatever a decoder leaves out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from avatar import CHARACTERS, DEFAULT
from avatar.photo import build, framing
from avatar.photo.landmarks import Bgr, Detection, Mesh
from avatar.photo.lips import INNER_LOWER, INNER_UPPER
from avatar.photo.motion import Motion, Shape
from avatar.photo.mouth import Mouth

Floats = NDArray[np.float32]

POSTER = CHARACTERS / DEFAULT / "poster.webp"
POINTS = Path(__file__).parent / "data" / "mira_points.npz"
SIDE_PX = 512
SQUARE_PX, BITS = 16, 9
# Nothing of the drawn character has this colour: it marks the inside of a mouth that was filmed.
INSIDE = (220, 40, 30)


@cache
def model() -> build.Model:
    with np.load(POINTS, allow_pickle=False) as arrays:
        mesh = Mesh(arrays["points"], arrays["irises"], 1.0)
    return build.fitted(mesh, framing.read(POSTER), (SIDE_PX, SIDE_PX))


@cache
def renderer() -> Mouth:
    return model().renderer()


@dataclass(frozen=True)
class Instant:
    """What a picture shows: the mouth, and where the head is: px to the right and down, degrees."""

    shape: Shape = field(default_factory=Shape)
    x: float = 0.0
    y: float = 0.0
    roll_deg: float = 0.0
    light: float = 1.0
    hidden: bool = False
    hand: bool = False

    def turn(self) -> Floats:
        out = cv2.getRotationMatrix2D((SIDE_PX / 2, SIDE_PX / 2), self.roll_deg, 1.0)
        out[:, 2] += np.array([self.x, self.y])
        return np.asarray(out, np.float32)


Play = Callable[[float], Instant]


def points(instant: Instant) -> Mesh:
    """Where the points of the face are in the picture of an instant."""
    ready = model()
    face = ready.face
    head = face.head(list(range(len(face.points))))
    u, v = head[None, :, 0], head[None, :, 1]
    motion = Motion(ready.mouth, u, v)
    above, below = motion.upper(instant.shape), motion.lower(instant.shape)
    t = (u - np.float32(ready.mouth.middle)) / np.float32(ready.mouth.half)
    lower = v > ready.mouth.upper(t)
    lower[0, list(INNER_LOWER[1:-1])] = True
    lower[0, list(INNER_UPPER)] = False
    moved = np.stack([np.where(lower, below.du, above.du), np.where(lower, below.dv, above.dv)], -1)
    places = face.points.copy()
    places[:, :2] += moved[0] @ face.plane.T * np.float32(face.unit)
    turn = instant.turn()
    places[:, :2] = places[:, :2] @ turn[:, :2].T + turn[:, 2]
    irises = face.irises.copy()
    irises[:, :2] = irises[:, :2] @ turn[:, :2].T + turn[:, 2]
    return Mesh(places.astype(np.float32), irises.astype(np.float32), 1.0)


def picture(instant: Instant, number: int) -> Bgr:
    """The picture of an instant, with its number."""
    ready = model()
    shown = build.pasted(ready, renderer().render(instant.shape), ready.box)
    still = points(replace(instant, x=0.0, y=0.0, roll_deg=0.0)).points
    if instant.shape.jaw > 0.1:
        ring = [*INNER_UPPER, *reversed(INNER_LOWER[1:-1])]
        inner = np.zeros(shown.shape[:2], np.uint8)
        cv2.fillPoly(inner, [still[ring, :2].round().astype(np.int32)], 1)
        shown[cv2.erode(inner, np.ones((3, 3), np.uint8)) > 0] = INSIDE
    moved = cv2.warpAffine(
        shown,
        instant.turn(),
        (SIDE_PX, SIDE_PX),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT,
    )
    if instant.hand:
        _covered(moved, points(instant).points)
    if instant.hidden:
        moved = np.full_like(moved, 128)
    out: Bgr = np.clip(moved * np.float32(instant.light), 0, 255).astype(np.uint8)
    for bit in range(BITS):
        square = np.s_[:SQUARE_PX, bit * SQUARE_PX : (bit + 1) * SQUARE_PX]
        out[square] = 255 if number >> bit & 1 else 0
    return out


def _covered(shown: NDArray[Any], places: Floats) -> None:
    """Lay four fingers, of the colour of the forehead, over a half of the mouth."""
    x, y = places[61, :2].round().astype(int).tolist()
    wide = round(float(np.ptp(places[:, 0])) / 8)
    top_x, top_y = places[10, :2].round().astype(int).tolist()
    skin = shown[top_y + wide : top_y + 2 * wide, top_x - wide : top_x + wide]
    colour = skin.reshape(-1, 3).mean(axis=0)
    for left in range(x - 2 * wide, x + 2 * wide, wide):
        finger = shown[y - wide : y + 4 * wide, left : left + wide]
        finger[:] = colour
        finger[:, : wide // 3] = 0.45 * colour


def number(shown: Bgr) -> int:
    """The number in a picture."""
    half = SQUARE_PX // 2
    return sum((shown[half, bit * SQUARE_PX + half].mean() > 127) << bit for bit in range(BITS))


def film(path: Path, play: Play, times_s: Sequence[float]) -> Path:
    """Write a clip whose pictures are those of a play at some times."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width = stream.height = SIDE_PX
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 20_000_000
        stream.codec_context.time_base = Fraction(1, 1000)
        for index, time_s in enumerate(times_s):
            frame = av.VideoFrame.from_ndarray(picture(play(time_s), index), format="bgr24")
            frame.pts, frame.time_base = round(time_s * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


class Watcher:
    """Knows the points of every picture of a clip; see ``avatar.video.tracking.Follower``."""

    def __init__(self, play: Play, times_s: Sequence[float], *, faces: int = 1) -> None:
        self._instants = [play(time_s) for time_s in times_s]
        self._faces = faces
        self._closed: Bgr | None = None

    def _instant(self, shown: Bgr) -> Instant:
        return self._instants[min(number(shown), len(self._instants) - 1)]

    def near(self, shown: Bgr) -> list[Detection]:
        instant = self._instant(shown)
        if instant.hidden:
            return []
        flat = points(instant).points[:, :2]
        low, high = flat.min(axis=0), flat.max(axis=0)
        face = Detection(0.9, (*low.tolist(), *high.tolist()), flat[[33, 263]])
        left, top, right, bottom = face.box
        beside = (left - 1000, top, right - 1000, bottom)
        return [face, *[replace(face, box=beside)] * (self._faces - 1)]

    def far(self, shown: Bgr) -> list[Detection]:
        return self.near(shown)

    def follow(self, shown: Bgr, before: object) -> tuple[Floats, float]:
        instant = self._instant(shown)
        return points(instant).points, 0.0 if instant.hidden else 1.0

    def mesh(self, shown: Bgr, eyes: object, box: tuple[float, float, float, float]) -> Mesh:
        if shown.shape[0] == SIDE_PX:
            return points(self._instant(shown))
        return self._seen(shown)

    def _seen(self, shown: Bgr) -> Mesh:
        """A frame of the avatar itself: its mouth is as open as it differs from the first one."""
        if self._closed is None:
            self._closed = shown
        apart = np.abs(shown.astype(np.int16) - self._closed).max(axis=-1) > 40
        return points(Instant(Shape(jaw=min(1.0, 40.0 * float(apart.mean())))))
