"""The eyes' cells of a photo: lids that shut, and irises that look around below them."""

import itertools

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.photo.curves import Floats, bump, smoothstep
from avatar.photo.eye import Eye, eyes
from avatar.photo.fur import FurLids
from avatar.photo.geometry import Face
from avatar.photo.motion import Field
from avatar.photo.warp import Box, Patch, fine_places, inverse, patch, sample, sampled

Bgr = NDArray[np.uint8]
Vector = tuple[float, float, float]

LIDS = (0.0, 0.15, 0.35, 0.6, 0.85)
GAZES_X = (-1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0)
GAZES_Y = (-0.8, 0.0, 0.6)
LASH = 0.016
GAZE_X, GAZE_Y = 0.050, 0.022
# The eye box ends where the mouth's box begins, at most so far below the lower lids.
BELOW, ABOVE, BESIDE = 0.20, 0.10, 0.14
# How much fur around an animal's eye is looked at, in its radii.
FUR = 1.9


def vectors() -> list[Vector]:
    """Lid, gaze to the right of the picture, gaze down: every gaze under every lid, and shut."""
    open_eyes = [(lid, x, y) for lid, x, y in itertools.product(LIDS, GAZES_X, GAZES_Y)]
    return [*open_eyes, (1.0, 0.0, 0.0)]


def box(face: Face, bottom_px: int, *, animal: bool = False) -> Box:
    """An even box around both eyes' lids that does not reach below ``bottom_px``."""
    pairs = eyes(face)
    if animal:
        left = min(eye.middle - FUR * eye.half for eye in pairs)
        right = max(eye.middle + FUR * eye.half for eye in pairs)
        top = min(eye.middle_v - FUR * eye.height / 2 for eye in pairs)
        low = max(eye.middle_v + FUR * eye.height / 2 for eye in pairs)
    else:
        left = min(eye.middle - eye.half for eye in pairs) - BESIDE
        right = max(eye.middle + eye.half for eye in pairs) + BESIDE
        top = min(float(eye.brow.values.min()) for eye in pairs) - ABOVE
        low = max(float(eye.lower.values.max()) for eye in pairs) + BELOW
    u = np.array([left, right, left, right], np.float32)
    v = np.array([top, top, low, low], np.float32)
    places = face.picture(u, v, np.full(4, -0.05, np.float32))
    wide, high = face.size
    x0, y0 = (max(0, int(n // 2 * 2)) for n in places.min(axis=0))
    x1, y1 = (int(-(-n // 2) * 2) for n in places.max(axis=0))
    return x0, y0, min(x1, wide) - x0, min(y1, high, bottom_px) - y0


class Eyes:
    """Renders lids and gazes of one photo into a box of its frame."""

    def __init__(self, face: Face, fine: Bgr, area: Box, *, animal: bool = False) -> None:
        self._face, self._fine, self._box = face, fine, area
        self._patch: Patch = patch(area)
        self._u, self._v, _ = face.uv(self._patch.x, self._patch.y)
        self._places = fine_places(area)
        fine_u, fine_v, _ = face.uv(self._places[..., 0].copy(), self._places[..., 1].copy())
        self._fine_u, self._fine_v = fine_u, fine_v
        self._eyes = eyes(face)
        uv = (fine_u, fine_v)
        self._furred = (
            [FurLids(face, fine, self._places, uv, eye) for eye in self._eyes] if animal else []
        )
        self._still = sample(self._fine, self._places).astype(np.float32)
        self._halves = [self._half(index) for index in range(len(self._eyes))]
        self._lids: dict[float, list[tuple[Floats, Floats]]] = {}
        self._shades: dict[float, list[Floats]] = {}
        self._balls: dict[tuple[float, float], list[Floats]] = {}

    def render(self, lid: float, gaze_x: float, gaze_y: float) -> Bgr:
        """The box at the frame's resolution."""
        # A lid follows an eye that looks down.
        shut = min(1.0, lid + 0.16 * max(0.0, gaze_y) * (1 - lid))
        lids = self._lids.get(shut) or self._lids.setdefault(shut, self._skin(shut))
        gaze = (gaze_x, gaze_y)
        balls = self._balls.get(gaze) or self._balls.setdefault(gaze, self._gaze(*gaze))
        shades = self._shades.get(shut) or self._shades.setdefault(shut, self._shaded(lids))
        out = self._still
        for index, (skin, cover) in enumerate(lids):
            ball = balls[index] * shades[index]
            eye = ball + (skin - ball) * cover[..., None]
            out = out + (eye - out) * self._halves[index][..., None]
        shown = np.clip(np.round(out), 0, 255).astype(np.uint8)
        size = (self._box[2], self._box[3])
        return cv2.resize(shown, size, interpolation=cv2.INTER_AREA).astype(np.uint8)

    def _half(self, index: int) -> Floats:
        """1 on the side of the nose where this eye lies."""
        between = (self._eyes[0].middle + self._eyes[1].middle) / 2
        right = smoothstep(self._fine_u, between - 0.04, between + 0.04)
        return right if index else 1 - right

    def _shaded(self, lids: list[tuple[Floats, Floats]]) -> list[Floats]:
        return [self._shade(index, cover) for index, (_, cover) in enumerate(lids)]

    def _shade(self, index: int, cover: Floats) -> Floats:
        """The lid's shadow on the ball, only as far as the lid has moved."""
        if cover.min() >= 1:
            return np.ones((*cover.shape, 1), np.float32)
        soft = cv2.GaussianBlur(cover, (0, 0), 0.03 * self._face.unit)
        before = cv2.GaussianBlur(self._lids_open(index), (0, 0), 0.03 * self._face.unit)
        return np.asarray((1 - 0.55 * np.clip(soft - before, 0, 1))[..., None], np.float32)

    def _lids_open(self, index: int) -> Floats:
        lids = self._lids.get(0.0) or self._lids.setdefault(0.0, self._skin(0.0))
        return lids[index][1]

    def _skin(self, shut: float) -> list[tuple[Floats, Floats]]:
        """For each eye: the lids' picture, and how much of each place they cover."""
        if self._furred:
            return [lids.at(shut) for lids in self._furred]
        return [self._lid(eye, shut) for eye in self._eyes]

    def _lid(self, eye: Eye, shut: float) -> tuple[Floats, Floats]:
        t = eye.t(self._u)
        upper, lower = eye.upper(t), eye.lower(t)
        high = np.maximum(lower - upper, 0)
        unit = np.float32(self._face.unit)
        room = np.maximum(upper - LASH - eye.brow(t), 1.25 * 0.86 * high + 0.02)
        fall = np.clip(1 - (upper - LASH - self._v) / room, 0, 1)
        rise = 1 - smoothstep(self._v - lower, 0.0, 0.17)
        above = self._side(np.float32(0.86 * shut) * high * fall, (upper - self._v) * unit)
        below = self._side(np.float32(-0.14 * shut) * high * rise, (self._v - lower) * unit)
        (skin_above, over), (skin_below, under) = above, below
        share = np.clip((over - under) / 1.4 + 0.5, 0, 1)[..., None]
        skin = skin_above * share + skin_below * (1 - share)
        return skin, np.clip(np.maximum(over, under) / 0.9 + 1.0, 0, 1)

    def _side(self, dv: Floats, distance: Floats) -> tuple[Floats, Floats]:
        field = Field(np.zeros_like(dv), dv.astype(np.float32))
        fine = self._patch.doubled(inverse(self._face, self._patch, field))
        shown = sample(self._fine, fine).astype(np.float32)
        return shown, sampled(distance.astype(np.float32), self._patch, fine)

    def _gaze(self, gaze_x: float, gaze_y: float) -> list[Floats]:
        return [self._ball(eye, gaze_x, gaze_y) for eye in self._eyes]

    def _ball(self, eye: Eye, gaze_x: float, gaze_y: float) -> Floats:
        """The ball of one eye; the iris moves whole, the white gives way before the corners."""
        unit = np.float32(self._face.unit)
        u, v = self._fine_u, self._fine_v
        iris = eye.iris
        goal = float(np.clip(iris[0] + GAZE_X * gaze_x, eye.middle - 0.55 * eye.half,
                             eye.middle + 0.55 * eye.half))  # fmt: skip
        du = (goal - iris[0]) * (1 - smoothstep(np.abs(u - goal), 1.1 * iris[2], 2.6 * iris[2]))
        dv = GAZE_Y * gaze_y * bump(u - np.float32(goal), 1.8 * float(iris[2]))
        t = eye.t(u)
        # Beyond the lids' edges there is no ball to be seen in the photo.
        low, high = eye.upper(t) + 0.012, eye.lower(t) - 0.006
        source_v = np.clip(v - dv, np.minimum(low, high), np.maximum(low, high))
        inside = smoothstep(v, -9, -8) * (np.abs(t) < 1.05)
        moved = np.stack([-du * inside, (source_v - v) * inside], axis=-1)
        moved = moved @ (self._face.plane.T * unit)
        return sample(self._fine, (self._places + moved).astype(np.float32)).astype(np.float32)
