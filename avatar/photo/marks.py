"""Faces that no detector knows, animals above all, from two eyes and a mouth that someone marked.

A human mesh (of the drawn character) is laid over the marks, so that everything else can treat the
face as any other. The line between the lips is then looked for in the whole marked rectangle, for
an animal has no lips that would say where it is.
"""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from avatar.errors import AvatarError
from avatar.photo.curves import Curve, Floats, table_t
from avatar.photo.eye import SIDES
from avatar.photo.geometry import CHIN, Face
from avatar.photo.landmarks import Bgr, Mesh
from avatar.photo.lips import CORNERS, Lips, cheapest, strip

TEMPLATE = Path(__file__).parent / "template.npy"
UPPER_LIP = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
LOWER_LIP = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
INNER_LIPS = (
    (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308),
    (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308),
)
LIP = 0.24
COLUMNS, ROWS = 161, 81
KEPT_CONTRAST = (0.03, 0.97)
MIN_EYE_PX = 4.0
# An animal's snout is small beside the distance of its eyes: so far around it the skin moves, as a
# share of a person's, unless a wide mouth needs more. So much is left beside it, in units of E.
REACH, BESIDE, MOUTH_BESIDE = 0.68, 0.22, 0.76
# How far single columns of the line are smoothed: fur makes it ragged.
SMOOTH = 6.0


@dataclass(frozen=True, slots=True)
class Marks:
    """Eyes as (x, y, radius x, radius y), the left one first; mouth as (x0, y0, x1, y1)."""

    eyes: tuple[tuple[float, float, float, float], tuple[float, float, float, float]]
    mouth: tuple[float, float, float, float]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """The rectangle around all of them: x0, y0, x1, y1."""
        x0, y0, x1, y1 = self.mouth
        left = min(x0, *(x - rx for x, _, rx, _ in self.eyes))
        right = max(x1, *(x + rx for x, _, rx, _ in self.eyes))
        top = min(y - ry for _, y, _, ry in self.eyes)
        return left, min(y0, top), right, y1

    def scaled(self, share: float) -> "Marks":
        """The same on a picture that is smaller by a share."""
        (a, b, c, d), (e, f, g, h) = self.eyes
        x0, y0, x1, y1 = self.mouth
        left = (a * share, b * share, c * share, d * share)
        right = (e * share, f * share, g * share, h * share)
        return Marks((left, right), (x0 * share, y0 * share, x1 * share, y1 * share))

    def check_inside(self, wide: int, high: int) -> None:
        """Refuse marks that lie beside a picture.

        Raises:
            AvatarError: An eye's middle or a corner of the mouth is outside.
        """
        places = [eye[:2] for eye in self.eyes] + [self.mouth[:2], self.mouth[2:]]
        if not all(0 <= x <= wide and 0 <= y <= high for x, y in places):
            raise AvatarError(f"the marks must lie in the picture, which has {wide} x {high} px")


def marks(eyes: list[str], mouth: str) -> Marks:
    """Marks from the words of a command.

    Raises:
        AvatarError: They are not numbers, or do not make a face.
    """
    left, right = sorted((_numbers(eye) for eye in eyes), key=lambda eye: eye[0])
    place = _numbers(mouth)
    if min(*left[2:], *right[2:]) < MIN_EYE_PX:
        raise AvatarError("an eye is x,y,rx,ry in px of the picture, with radii of 4 px or more")
    if place[0] >= place[2] or place[1] >= place[3]:
        raise AvatarError("a mouth is x0,y0,x1,y1: a rectangle around it in px of the picture")
    if right[0] - left[0] < left[2] + right[2] or place[3] <= max(left[1], right[1]):
        raise AvatarError("the eyes must lie side by side, and the mouth below them")
    return Marks((left, right), place)


def _numbers(text: str) -> tuple[float, float, float, float]:
    try:
        a, b, c, d = (float(part) for part in text.split(","))
    except ValueError as error:
        raise AvatarError(f"{text!r} must be four numbers with commas between them") from error
    if not all(map(math.isfinite, (a, b, c, d))):
        raise AvatarError(f"{text!r} must be four numbers with commas between them")
    return a, b, c, d


def mesh(marked: Marks) -> Mesh:
    """A mesh over the marks, in px of the picture."""
    template = np.load(TEMPLATE, allow_pickle=False).astype(np.float64)
    left, right = (np.array(eye[:2]) for eye in marked.eyes)
    middles = [template[list(side[0] + side[1]), :2].mean(axis=0) for side in SIDES]
    apart = float(np.hypot(*(right - left)))
    scale = apart / float(middles[1][0] - middles[0][0])
    ex = (right - left) / apart
    axes = np.stack([ex, [-ex[1], ex[0]]])
    origin = (left + right) / 2 - scale * np.array([0.0, middles[0][1]]) @ axes
    x0, y0, x1, y1 = marked.mouth
    corners = (np.array([[x0, y0], [x1, y1], [(x0 + x1) / 2, (y0 + y1) / 2]]) - origin) @ axes.T
    place = _laid(template, marked, corners / scale, (middles, scale))
    flat = origin + scale * place[:, :2] @ axes
    points = np.concatenate([flat, scale * place[:, 2:]], axis=1).astype(np.float32)
    irises = np.array([(x, y, 0.55 * min(rx, ry)) for x, y, rx, ry in marked.eyes], np.float32)
    return Mesh(points, irises, 1.0)


def _laid(
    template: Floats, marked: Marks, mouth: Floats, eyes: tuple[list[Floats], float]
) -> Floats:
    """The template in its own units, bent so that eyes and mouth lie on the marks."""
    middles, scale = eyes
    half, middle, line = (mouth[1, 0] - mouth[0, 0]) / 2, mouth[2, 0], mouth[2, 1]
    human_line = float(template[list(CORNERS), 1].mean())
    human_chin = float(template[CHIN, 1])
    chin = line + max(0.30, 0.9 * (mouth[1, 1] - mouth[0, 1]))
    out = template.copy()
    knots = [-3.0, float(middles[0][1]), human_line, human_chin, human_chin + 2.0]
    out[:, 1] = np.interp(template[:, 1], knots, [-3.0, knots[1], line, chin, chin + 2.0])
    for side, centre, eye in zip(SIDES, middles, marked.eyes, strict=True):
        _lay_eye(out, template, side, centre, (eye[2] / scale, eye[3] / scale))
    for outer, inner, sign in zip((UPPER_LIP, LOWER_LIP), INNER_LIPS, (-1, 1), strict=True):
        t = np.linspace(-1, 1, len(outer))
        thick = LIP * half * np.sqrt(np.maximum(1 - t * t, 0))
        out[list(outer), 0] = middle + half * t
        out[list(inner), 0] = middle + half * t
        out[list(outer), 1] = line + sign * thick
        out[list(inner), 1] = line
    return out


def _lay_eye(
    out: Floats,
    template: Floats,
    side: tuple[tuple[int, ...], ...],
    centre: Floats,
    radii: tuple[float, float],
) -> None:
    upper, lower, brow = side
    rise = radii[1]
    for edge, sign in ((upper, -1.0), (lower, 1.0)):
        t = np.linspace(-1, 1, len(edge))
        out[list(edge), 0] = centre[0] + radii[0] * t
        out[list(edge), 1] = centre[1] + sign * rise * np.sqrt(np.maximum(1 - t * t, 0))
    out[list(brow), 1] = centre[1] - rise - (centre[1] - template[list(brow), 1]) * 0.8


def line_of(face: Face, mouth: Lips, fine: Bgr, height: float) -> Lips:
    """The lips with the line where it is darkest in a band of ``height`` (units of E).

    Its ends are cut off where the line is no longer dark, for a mark may be loose.
    """
    t = np.linspace(-1.0, 1.0, COLUMNS).astype(np.float32)
    guess = mouth.upper(t)
    offsets = np.linspace(-height / 2, height / 2, ROWS).astype(np.float32)
    grey = strip(face, mouth, fine, t, guess[None] + offsets[:, None])
    contrast = grey - cv2.GaussianBlur(grey, (0, 0), 12)
    found = cheapest((contrast / 12).astype(np.float32))
    v = cv2.GaussianBlur((guess + offsets[found])[None], (0, 0), SMOOTH)[0]
    dark = np.maximum(-contrast[found, np.arange(COLUMNS)], 0)
    share = np.cumsum(dark) / max(float(dark.sum()), 1e-6)
    first, last = (int(np.searchsorted(share, end)) for end in KEPT_CONTRAST)
    if last - first < COLUMNS // 4:
        first, last = 0, COLUMNS - 1
    u = mouth.middle + mouth.half * t
    middle, half = float(u[first] + u[last]) / 2, float(u[last] - u[first]) / 2
    inside = (u - middle) / half
    line = np.interp(table_t(), inside[first : last + 1], v[first : last + 1]).astype(np.float32)
    thick = LIP * half * np.sqrt(np.maximum(1 - table_t() ** 2, 0))
    return replace(
        mouth,
        reach=float(np.clip((half + BESIDE) / MOUTH_BESIDE, REACH, 1.0)),
        middle=middle,
        half=half,
        upper=Curve(line),
        lower=Curve(line),
        outer_upper=Curve((line - thick).astype(np.float32)),
        outer_lower=Curve((line + thick).astype(np.float32)),
    )
