"""The lips of a face as curves over t = (u - middle) / half width, and the line where they meet."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.photo.curves import Curve, Floats, table_t, through
from avatar.photo.geometry import CHIN, NOSE, Face

Bgr = NDArray[np.uint8]

CORNERS = (61, 291)
INNER_UPPER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
INNER_LOWER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
OUTER_UPPER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
OUTER_LOWER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
OPEN_GAP = 0.025
# The strip that is searched for the line: columns over t, rows over v.
STRIP_COLUMNS, STRIP_ROWS, STRIP_V = 161, 61, 0.05


@dataclass(frozen=True, slots=True)
class Lips:
    """Everything of the mouth in units of E; curves give v over t.

    ``line``: where closed lips meet; ``upper``/``lower``: inner edges (equal to the line when
    closed); ``outer_upper``/``outer_lower``: where lip turns to skin. ``reach`` is how far around
    the mouth the skin moves, as a share of a person's.
    """

    middle: float
    half: float
    upper: Curve
    lower: Curve
    outer_upper: Curve
    outer_lower: Curve
    nose_v: float
    chin_v: float
    reach: float = 1.0

    @property
    def centre_v(self) -> float:
        """Where the line is in the middle of the mouth."""
        return float(self.upper(np.zeros(1, np.float32))[0])

    @property
    def gap(self) -> float:
        """How far the lips are apart in the middle."""
        zero = np.zeros(1, np.float32)
        return float(self.lower(zero)[0] - self.upper(zero)[0])

    def quad(self) -> Curve:
        """The parabola nearest to the line."""
        t = table_t()
        near = np.abs(t) <= 1
        fit = np.polynomial.Polynomial.fit(t[near], self.upper.values[near], 2)
        return Curve(fit(np.clip(t, -1, 1)).astype(np.float32))

    def straight(self) -> Curve:
        """The straight line between the corners."""
        t = np.clip(table_t(), -1, 1)
        left, right = self.upper(np.array([-1.0, 1.0], np.float32))
        return Curve((left + (right - left) * (t + 1) / 2).astype(np.float32))


def lips(face: Face) -> Lips:
    """The lips as the points give them."""
    corners = face.head(list(CORNERS))
    middle = float(corners[:, 0].mean())
    half = float(corners[1, 0] - corners[0, 0]) / 2

    def curve(indices: tuple[int, ...]) -> Curve:
        points = face.head(list(indices)).copy()
        points[[0, -1]] = corners
        return through((points[:, 0] - middle) / half, points[:, 1])

    upper, lower = curve(INNER_UPPER), curve(INNER_LOWER)
    crossed = upper.values > lower.values
    mean = (upper.values + lower.values) / 2
    return Lips(
        middle,
        half,
        Curve(np.where(crossed, mean, upper.values).astype(np.float32)),
        Curve(np.where(crossed, mean, lower.values).astype(np.float32)),
        curve(OUTER_UPPER),
        curve(OUTER_LOWER),
        float(face.head(NOSE)[1]),
        float(face.head(CHIN)[1]),
    )


def seamed(face: Face, mouth: Lips, fine: Bgr) -> tuple[Lips, float]:
    """Closed lips with the line where the picture shows it, and how clear it is (grey levels).

    Points miss the line by some px, which would leave a strip of one lip glued to the other.
    """
    t = np.linspace(-1.02, 1.02, STRIP_COLUMNS).astype(np.float32)
    guess = ((mouth.upper(t) + mouth.lower(t)) / 2).astype(np.float32)
    offsets = np.linspace(-STRIP_V, STRIP_V, STRIP_ROWS).astype(np.float32)
    grey = strip(face, mouth, fine, t, guess[None] + offsets[:, None])
    contrast = grey - cv2.GaussianBlur(grey, (0, 0), 6)
    ends = np.where(np.abs(t) > 0.9, 3.0, 1.0)
    cost = contrast / 12 + 0.6 * ends[None] * ((offsets / STRIP_V) ** 2)[:, None]
    path = cheapest(cost.astype(np.float32))
    rows = np.arange(STRIP_COLUMNS)
    clear = float(-np.median(contrast[path, rows][20:-20]))
    found = cv2.GaussianBlur((guess + offsets[path])[None], (0, 0), 3)[0].astype(np.float32)
    line = np.interp(table_t(), t, found).astype(np.float32)
    return replace(mouth, upper=Curve(line), lower=Curve(line)), clear


def strip(face: Face, mouth: Lips, fine: Bgr, t: Floats, v: Floats) -> Floats:
    """Grey values of the picture at places (t, v): float32, shape of ``v``."""
    u = np.broadcast_to(mouth.middle + mouth.half * t, v.shape).astype(np.float32)
    places = at_depth(face, u, v.astype(np.float32)) * 2 + np.float32(0.5)
    grey = cv2.cvtColor(fine, cv2.COLOR_BGR2GRAY)
    values = cv2.remap(grey, places, np.empty((0, 0), np.float32), cv2.INTER_LINEAR)
    return values.astype(np.float32)


def at_depth(face: Face, u: Floats, v: Floats) -> Floats:
    """Picture places of (u, v) on the face's surface: shape (..., 2); w is found by three looks."""
    w = np.zeros_like(u)
    for _ in range(3):
        places = face.picture(u, v, w)
        w = face.uv(places[..., 0].copy(), places[..., 1].copy())[2]
    return face.picture(u, v, w)


def cheapest(cost: Floats) -> NDArray[np.int64]:
    """The cheapest way from left to right, by at most two rows a column."""
    rows, columns = cost.shape
    total = cost[:, 0].copy()
    back = np.zeros((rows, columns), np.int64)
    for column in range(1, columns):
        choices = np.full((5, rows), np.inf, np.float32)
        for k, move in enumerate((-2, -1, 0, 1, 2)):
            source = np.arange(rows) + move
            valid = (source >= 0) & (source < rows)
            choices[k, valid] = total[source[valid]] + 0.15 * abs(move)
        best = choices.argmin(axis=0)
        back[:, column] = np.clip(np.arange(rows) + best - 2, 0, rows - 1)
        total = choices.min(axis=0) + cost[:, column]
    path = np.empty(columns, np.int64)
    path[-1] = int(total.argmin())
    for column in range(columns - 1, 0, -1):
        path[column - 1] = back[path[column], column]
    return path
