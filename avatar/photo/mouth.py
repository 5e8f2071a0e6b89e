"""The mouth's cells of a photo: every articulation rendered once."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.photo.curves import Floats, smoothstep
from avatar.photo.geometry import Face
from avatar.photo.inside import Inside, Tone
from avatar.photo.lips import Lips
from avatar.photo.motion import JAW_MAX, Field, Motion, Shape
from avatar.photo.warp import Box, Patch, fine_places, inverse, patch, sample, sampled

Bgr = NDArray[np.uint8]
Vector = tuple[float, float, float, float, float, float]

JAWS = (0.0, 0.06, 0.12, 0.19, 0.26, 0.33, 0.41, 0.5, 0.6, 0.72, 0.86, 1.0)
WIDTHS = (0.0, -1.0, -0.67, -0.33, 0.33, 0.67, 1.0)
SPEAKING_SMILE = 0.5
LAUGHS = (0.12, 0.2, 0.28, 0.36, 0.46)
# The rest of a mood is a hint of a smile over the photo's own mouth: vector, share of a smile.
SMILES = ((0.6, 0.0), (0.7, 0.1), (0.8, 0.22), (0.9, 0.4), (0.95, 0.7), (1.0, 1.0))
# At full strength pressed lips look like a cartoon's.
PRESS_MAX = 0.7


@dataclass(frozen=True, slots=True)
class Cell:
    """An articulation as the player asks for it, and as the photo is shaped for it."""

    vector: Vector
    shape: Shape


def cells(pucker_max: float = 1.0, jaw_max: float = JAW_MAX) -> list[Cell]:
    """Jaw by width (a width of 0 first), then smiles, closures, bites and tongues.

    ``pucker_max`` bounds how far the lips are drawn together, whatever the player asks for.
    """
    return [
        Cell(
            cell.vector,
            replace(cell.shape, pucker=cell.shape.pucker * pucker_max, jaw_max=jaw_max),
        )
        for cell in _cells()
    ]


def _cells() -> list[Cell]:
    return [
        *(_cell(jaw=jaw, width=width) for width in WIDTHS for jaw in JAWS),
        *(_cell(smile=vector, share=share) for vector, share in SMILES),
        *(_cell(jaw=jaw, width=0.3, smile=1.0, share=0.8) for jaw in LAUGHS),
        *(_cell(press=press, width=w) for press in (0.5, 1.0) for w in (-0.5, 0.0, 0.5)),
        *(_cell(jaw=0.12, bite=bite, width=w) for bite in (0.5, 1.0) for w in (0.0, 0.5)),
        *(_cell(jaw=jaw, tongue=1.0, width=w) for jaw in (0.16, 0.28, 0.4) for w in (0.0, 0.4)),
    ]


def _cell(
    jaw: float = 0.0, width: float = 0.0, press: float = 0.0, bite: float = 0.0,
    tongue: float = 0.0, smile: float = SPEAKING_SMILE, share: float = 0.0,
) -> Cell:  # fmt: skip
    shape = Shape(
        jaw=jaw + 0.16 * tongue,
        pucker=max(0.0, -width),
        stretch=max(0.0, width),
        press=PRESS_MAX * press,
        bite=bite,
        tongue=tongue,
        smile=share,
    )
    return Cell((jaw, width, press, bite, tongue, smile), shape)


class Mouth:
    """Renders articulations of one photo into a box of its frame."""

    def __init__(
        self, face: Face, mouth: Lips, fine: Bgr, box: Box, tone: Tone, *, teeth: bool = True
    ) -> None:
        self._face, self._mouth, self._fine = face, mouth, fine
        self._area: Patch = patch(box)
        u, v, _ = face.uv(self._area.x, self._area.y)
        self._motion = Motion(mouth, u, v)
        self._t = ((u - np.float32(mouth.middle)) / np.float32(mouth.half)).astype(np.float32)
        self._over = ((mouth.upper(self._t) - v) * np.float32(face.unit)).astype(np.float32)
        self._under = ((v - mouth.lower(self._t)) * np.float32(face.unit)).astype(np.float32)
        places = fine_places(box)
        fine_u, fine_v, _ = face.uv(places[..., 0].copy(), places[..., 1].copy())
        self._inside = Inside(mouth, tone, fine_u, fine_v, teeth=teeth)
        self._tone = tone
        self._box = box

    def fine(self, shape: Shape) -> Bgr:
        """The box at twice the frame's resolution."""
        above, over, upper_t = self._side(self._motion.upper(shape), self._over)
        below, under, lower_t = self._side(self._motion.lower(shape), self._under)
        share = np.clip((over - under) / 1.4 + 0.5, 0, 1)[..., None]
        skin = above * share + below * (1 - share)
        # At the corners of the mouth and beyond them there is never a hole.
        shut = smoothstep(np.minimum(np.abs(upper_t), np.abs(lower_t)), 0.97, 1.0)
        cover = np.clip(np.maximum(over, under) / 0.7 + 1.0, 0, 1)
        cover = np.maximum(cover, shut)[..., None]
        if cover.min() >= 1:
            return np.clip(np.round(skin), 0, 255).astype(np.uint8)
        unit = np.float32(self._face.unit)
        hole = self._inside.paint(shape, -over / unit, -under / unit)
        rim = cv2.GaussianBlur(1 - cover, (0, 0), 0.016 * self._face.unit)[..., None]
        skin = skin * (1 - 0.30 * np.minimum(rim * 1.6, 1))
        out = skin * cover + hole * (1 - cover)
        return np.asarray(np.clip(np.round(out), 0, 255), np.uint8)

    def render(self, shape: Shape) -> Bgr:
        """The box at the frame's resolution."""
        size = (self._box[2], self._box[3])
        return cv2.resize(self.fine(shape), size, interpolation=cv2.INTER_AREA).astype(np.uint8)

    def _side(self, field: Field, distance: Floats) -> tuple[Floats, Floats, Floats]:
        """One side's picture; each place's distance (px) into that side, and its t in the photo."""
        places = inverse(self._face, self._area, field)
        fine = self._area.doubled(places)
        return (
            sample(self._fine, fine).astype(np.float32),
            sampled(distance, self._area, fine),
            sampled(self._t, self._area, fine),
        )
