"""Lids of fur, for animals, whose skin cannot be stretched over their eyes."""

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.photo.curves import Floats, bump, smoothstep
from avatar.photo.eye import Eye
from avatar.photo.geometry import Face
from avatar.photo.warp import NO_MAP, sample

Bgr = NDArray[np.uint8]

# How far the dark rim of an animal's eye reaches, where its lids meet, and what fur is too dark to
# be taken for theirs (a share of what is around the eye).
RIM = 1.42
MEET = 0.36
DARKEST = 0.35


class FurLids:
    """The lids of one eye, at ``places`` (px of the frame) whose head coordinates are ``u, v``."""

    def __init__(
        self, face: Face, fine: Bgr, places: Floats, uv: tuple[Floats, Floats], eye: Eye
    ) -> None:
        self._eye, self._fine, self._places = eye, fine, places
        self._u, self._v = uv
        self._plane, self._unit = face.plane, face.unit
        self._fur_shown = self._fur()

    def _fur(self) -> Floats:
        """The picture with fur over one eye: the colour of what is around it, the grain above it.

        Darker towards the sides, as a lid is over a ball.
        """
        eye, v = self._eye, self._v
        shown = sample(self._fine, self._places).astype(np.float32)
        high_px = 2 * self._unit * eye.height
        across = eye.across(eye.t(self._u), v)
        lower = smoothstep(v, eye.middle_v, eye.middle_v + 0.3 * eye.height)[..., None]
        grain = self._mirrored(-1.0, 0.12 * high_px) * (1 - lower)
        grain = grain + self._mirrored(1.0, 0.12 * high_px) * lower
        bulge = 1.04 - 0.12 * np.minimum(across, 1.4) ** 2
        fold = 0.07 * bump(across - np.float32(1.0), 0.14) * (v < eye.middle_v)
        light = 1 + (bulge - fold - 1) * (1 - smoothstep(across, 1.0, RIM))
        colour = _around(shown, across, 0.35 * high_px)
        return np.asarray((colour + grain) * light[..., None], np.float32)

    def _mirrored(self, side: float, rough_px: float) -> Floats:
        """The grain of the fur above (``side`` -1) or below (1) the eye, turned over onto it."""
        line = np.float32(self._eye.middle_v + side * RIM / 2 * self._eye.height)
        across = np.stack([np.zeros_like(self._v), 2 * (line - self._v)], axis=-1)
        moved = across @ (self._plane.T * np.float32(self._unit))
        fine = self._fine.astype(np.float32)
        grain = fine - cv2.GaussianBlur(fine, (0, 0), rough_px)
        at = ((self._places + moved) * 2 + 0.5).astype(np.float32)
        return cv2.remap(grain, at, NO_MAP, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)

    def at(self, shut: float) -> tuple[Floats, Floats]:
        """The lids' picture, and how much of each place they cover; 1 is shut.

        They meet in an arc below the middle. Nothing is stretched, and the upper rim of the open
        eye goes down with its lid.
        """
        t, v = self._eye.t(self._u), self._v
        unit = np.float32(2 * self._unit)
        upper, lower = self._eye.upper(t), self._eye.lower(t)
        meet = (upper + lower + np.float32(MEET) * (lower - upper)) / 2
        over = (upper + (meet - upper) * np.float32(shut) - v) * unit
        under = (v - lower - (meet - lower) * np.float32(shut)) * unit
        side = np.clip(np.maximum(over, under) / 1.5 + 0.5, 0, 1)
        # The lower rim goes last, for its lid moves least.
        gone = np.where(over > under, min(1.0, shut * 3), min(1.0, shut * 1.4))
        lid = side * gone * (1 - smoothstep(self._eye.across(t, v), 1.12, RIM + 0.04))
        photo = sample(self._fine, self._places).astype(np.float32)
        skin = photo + (self._fur_shown - photo) * lid[..., None]
        skin = skin * self._edge(t, over, min(1.0, shut * 4))[..., None]
        open_part = (v > upper) & (v < lower) & (np.abs(t) < 1)
        return skin, np.where(open_part, side, 1.0).astype(np.float32)

    def _edge(self, t: Floats, over: Floats, strength: float) -> Floats:
        """The light on the upper lid's edge: dark as the rim, and a bright margin above that."""
        thick = max(2.0, 0.055 * 2 * self._unit * self._eye.height)
        taper = np.clip(1.15 - np.abs(t) ** 3, 0, 1) * (np.abs(t) < 1.08) * strength
        lash = bump(over - np.float32(0.8 * thick), thick) * taper
        margin = bump(over - np.float32(3.2 * thick), 1.6 * thick) * taper
        return np.asarray((1 + 0.07 * margin) * (1 - 0.85 * lash), np.float32)


def _around(shown: Floats, across: Floats, soft_px: float) -> Floats:
    """The colour around an eye, carried over it; stripes and rims that are dark are left out."""
    ring = (across > RIM) & (across < 1.9)
    light = shown.mean(axis=-1)
    keep = (ring & (light >= np.quantile(light[ring], DARKEST))).astype(np.float32)
    weight = cv2.GaussianBlur(keep, (0, 0), soft_px) + 1e-4
    total = cv2.GaussianBlur(shown * keep[..., None], (0, 0), soft_px)
    mean = (shown * keep[..., None]).sum(axis=(0, 1)) / keep.sum()
    return np.asarray((total + 1e-4 * mean) / weight[..., None], np.float32)
