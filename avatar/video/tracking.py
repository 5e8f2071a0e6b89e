"""The face of every picture of a clip: where it is, how it is turned, what its mouth does."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from avatar.photo import geometry
from avatar.photo.curves import Floats
from avatar.photo.geometry import Face
from avatar.photo.landmarks import Bgr, Detection, Finder
from avatar.photo.lips import CORNERS, Lips, lips
from avatar.video.clip import MAX_S, Shot
from avatar.video.registering import STABLE

SURE = 0.75
PRESENT = 0.5
# A detector looks again now and then, so that points which slid off the face are found out.
LOOK_EVERY = 25
SAME_IOU = 0.2
# The size at which the pictures of a face are compared.
SMALL_PX = 160
DARKEST = 8.0
NO_IRISES = np.zeros((2, 3), np.float32)
LIDS = ((159, 145), (386, 374))
MIDDLE = np.linspace(-0.3, 0.3, 7).astype(np.float32)


class Follower(Finder, Protocol):
    """Finds faces, and follows one from picture to picture."""

    def follow(self, picture: Bgr, points: Floats) -> tuple[Floats, float]:
        """The points of a face that was at ``points``, and its presence 0..1."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The face in one picture of the clip.

    ``points``: (468, 3), px of the picture. Lengths are in units of E (see ``geometry``): ``gap``
    between the lips, ``half`` their half width, ``thick`` the height of both lips, ``corner`` how
    far the corners are below the line's middle, ``lids`` how far the eyes are open, ``pout`` how
    far the lips stand out. ``sharp`` compares pictures of one clip, and so do ``colours``: (468, 3)
    at the points, logarithms beside those of brow, nose and cheeks.
    """

    index: int
    time_s: float
    points: Floats
    yaw_deg: float
    pitch_deg: float
    gap: float
    half: float
    thick: float
    corner: float
    lids: float
    pout: float
    sharp: float
    colours: Floats
    others: int

    def face(self) -> Face:
        """The face without its depth."""
        return geometry.bare(self.points, NO_IRISES, (1, 1))


def track(
    landmarks: Follower, shots: Iterable[Shot], progress: Callable[[float], None]
) -> list[Seen]:
    """The largest face of the clip wherever it can be seen, in order of time."""
    seen: list[Seen] = []
    points: Floats | None = None
    others = 0
    for index, shot in enumerate(shots):
        progress(min(1.0, shot.time_s / MAX_S))
        if points is None or index % LOOK_EVERY == 0:
            points, others = _found(landmarks, shot.picture, points)
        if points is None:
            continue
        points, presence = landmarks.follow(shot.picture, points)
        if presence < PRESENT or not _inside(points, shot.picture):
            points = None
            continue
        seen.append(_measured(index, shot, points, others))
    return seen


def _found(landmarks: Follower, picture: Bgr, before: Floats | None) -> tuple[Floats | None, int]:
    """The face that was followed, or the largest; and how many others of its size there are."""
    found = [face for face in landmarks.near(picture) if face.score >= SURE]
    found = found or [face for face in landmarks.far(picture) if face.score >= SURE]
    if not found:
        return None, 0
    face = max(found, key=_width)
    others = sum(_width(other) > 0.4 * _width(face) for other in found) - 1
    if before is not None and any(_on(before, other) for other in found):
        return before, others
    return landmarks.mesh(picture, face.eyes, face.box).points, others


def _width(face: Detection) -> float:
    return face.box[2] - face.box[0]


def _on(points: Floats, face: Detection) -> bool:
    """Whether points lie on a detected face."""
    middle = points[:, :2].mean(axis=0)
    left, top, right, low = face.box
    return bool(left < middle[0] < right and top < middle[1] < low)


def _inside(points: Floats, picture: Bgr) -> bool:
    """Whether the whole face is in the picture."""
    high, wide = picture.shape[:2]
    x, y = points[:, 0], points[:, 1]
    return bool(x.min() >= 0 and y.min() >= 0 and x.max() < wide and y.max() < high)


def _measured(index: int, shot: Shot, points: Floats, others: int) -> Seen:
    face = geometry.bare(points, NO_IRISES, (1, 1))
    mouth = lips(face)
    yaw_deg, pitch_deg = face.yaw_pitch_deg()
    corners = face.head(list(CORNERS))
    nose = face.head(geometry.NOSE)
    small, places = _small(shot.picture, points)
    return Seen(
        index=index,
        time_s=shot.time_s,
        points=points,
        yaw_deg=yaw_deg,
        pitch_deg=pitch_deg,
        gap=_between(mouth, mouth.upper, mouth.lower),
        half=mouth.half,
        thick=_between(mouth, mouth.outer_upper, mouth.outer_lower),
        corner=float(corners[:, 1].mean()) - mouth.centre_v,
        lids=float(np.mean([abs(face.head(b)[1] - face.head(a)[1]) for a, b in LIDS])),
        pout=float(nose[2] - face.head([13, 14])[:, 2].mean()),
        sharp=_sharpness(small),
        colours=_colours(small, places),
        others=others,
    )


def _between(
    mouth: Lips, above: Callable[[Floats], Floats], below: Callable[[Floats], Floats]
) -> float:
    return float((below(MIDDLE) - above(MIDDLE)).mean())


def _small(picture: Bgr, points: Floats) -> tuple[Bgr, Floats]:
    """The face alone at one size for all pictures, and its points there."""
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    x0, y0, x1, y1 = (int(n) for n in (*low, *high))
    x0, y0 = max(0, x0), max(0, y0)
    part = picture[y0 : y1 + 1, x0 : x1 + 1]
    small = cv2.resize(part, (SMALL_PX, SMALL_PX), interpolation=cv2.INTER_AREA)
    places = (points[:, :2] - (x0, y0)) * (SMALL_PX / part.shape[1], SMALL_PX / part.shape[0])
    return np.asarray(small, np.uint8), places.clip(0, SMALL_PX - 1).astype(np.float32)


def _sharpness(small: Bgr) -> float:
    """The contrast of the finest details of the face."""
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return float(cv2.Laplacian(cv2.GaussianBlur(grey, (0, 0), 0.8), cv2.CV_32F).var())


def _colours(small: Bgr, places: Floats) -> Floats:
    """The colours at places of the face, whatever the light."""
    columns, rows = places.astype(int).T
    blurred = cv2.GaussianBlur(small, (0, 0), SMALL_PX / 60).astype(np.float32)
    logs = np.log(blurred[rows, columns] + DARKEST)
    return np.asarray(logs - np.median(logs[list(STABLE)], axis=0), np.float32)
