"""Mouth cells taken from a clip: laid over the same shape of the photo warp, in its light.

The warp keeps the outline of the jaw, the neck and the collar, which stand elsewhere in every
picture of a clip; the clip gives lips, teeth, tongue and cheeks.
"""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from avatar.photo import framing
from avatar.photo.build import Model
from avatar.photo.curves import Floats, smoothstep
from avatar.photo.motion import Shape
from avatar.photo.mouth import SPEAKING_SMILE, Cell, Mouth
from avatar.photo.warp import fine_places
from avatar.video.registering import NO_MAP, Bgr, Ground, laid

# Beyond this the points were wrong, or the head is turned too far from where it rests.
WORST_PX = 0.8
# The window is an egg around the mouth, in units of E; the skin that it ends on is smooth.
BESIDE, BELOW_NOSE, ABOVE_CHIN = 0.62, 0.02, 0.03
CHIN_FOLLOWS = 0.94
FULL_TO = 0.70
# Speech opens the jaw so far, now and then farther; and how many of these openings must be there.
USUAL_JAW, MOSTLY = 0.5, 0.7
LIGHT_SIGMA, LIGHT_STEP, MAX_LIGHT = 0.16, 4, 0.4


class Miner:
    """Takes cells from pictures of one clip."""

    def __init__(self, ground: Ground, model: Model, renderer: Mouth) -> None:
        self._ground, self._model, self._renderer = ground, model, renderer
        self._places = fine_places(model.box)
        x, y = self._places[..., 0].copy(), self._places[..., 1].copy()
        self._u, self._v, _ = model.face.uv(x, y)

    def cell(self, picture: Bgr, points: Floats, shape: Shape) -> Bgr | None:
        """The mouth's box at the frame's resolution; the picture shows about this shape.

        None when the picture cannot be laid over the face at rest.
        """
        places, left_px = laid(self._ground, picture, points)
        if left_px > WORST_PX:
            return None
        at = cv2.remap(
            places, self._places, NO_MAP, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        shown = cv2.remap(picture, at, NO_MAP, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        still = self._renderer.fine(shape).astype(np.float32)
        moved = framing.calmed(shown.astype(np.uint8, copy=False)).astype(np.float32)
        away = self._away(shape)
        around = smoothstep(away, 0.6, 1.0) * (1 - smoothstep(away, 1.15, 1.3))
        moved = moved * _light(still, moved, around, LIGHT_SIGMA * 2 * self._model.face.unit)
        share = 1 - smoothstep(away, FULL_TO, 1.0)
        out = still + (moved - still) * share[..., None]
        fine = np.clip(np.round(out), 0, 255).astype(np.uint8)
        size = (self._model.box[2], self._model.box[3])
        return np.asarray(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), np.uint8)

    def _away(self, shape: Shape) -> Floats:
        """The distance from the mouth: 1 at the border of the window."""
        mouth = self._model.mouth
        middle_v = mouth.centre_v + 0.4 * shape.drop
        low = mouth.chin_v + CHIN_FOLLOWS * shape.drop - ABOVE_CHIN - middle_v
        high = middle_v - mouth.nose_v - BELOW_NOSE
        across = (self._u - np.float32(mouth.middle)) / np.float32(BESIDE)
        down = self._v - np.float32(middle_v)
        down = np.where(down > 0, down / np.float32(low), down / np.float32(high))
        return np.asarray(np.hypot(across, down), np.float32)


def coherent(mouths: Mapping[int, Bgr], cells: Sequence[Cell]) -> dict[int, Bgr]:
    """Those of the widths of which the clip shows nearly every opening that speech needs.

    Speech that goes to and fro between the clip's teeth and made ones flickers.
    """
    widths: dict[float, list[int]] = {}
    for number, cell in enumerate(cells):
        jaw, width, press, bite, tongue, smile = cell.vector
        if jaw and not (press or bite or tongue) and smile == SPEAKING_SMILE:
            widths.setdefault(width, []).append(number)
    kept: set[int] = set()
    for numbers in widths.values():
        usual = [number for number in numbers if cells[number].vector[0] <= USUAL_JAW]
        if sum(number in mouths for number in usual) >= MOSTLY * len(usual):
            kept.update(numbers)
    if kept:
        kept.update(number for number, cell in enumerate(cells) if cell.vector[2])
    return {number: mouth for number, mouth in mouths.items() if number in kept}


def _light(still: Floats, moved: Floats, around: Floats, sigma_px: float) -> Floats:
    """By what the colours of ``moved`` are multiplied so that both have one light around the mouth.

    A factor leaves black black, where a difference would show as a veil.
    """
    size = (around.shape[1] // LIGHT_STEP, around.shape[0] // LIGHT_STEP)
    bright, seen = _small(still, size) + 2, _small(moved, size) + 2
    ratio = np.log(bright / seen)
    # A shadow's edge that moved is no change of light, and dark places tell little.
    fair = _small(around, size) * np.exp(-((np.abs(ratio).max(axis=-1) / 0.35) ** 2))
    fair = np.asarray(fair * np.clip(seen.min(axis=-1) / 60, 0, 1), np.float32)
    mean = (ratio * fair[..., None]).sum(axis=(0, 1)) / (fair.sum() + 1e-3)
    spread = cv2.GaussianBlur((ratio - mean) * fair[..., None], (0, 0), sigma_px / LIGHT_STEP)
    near = cv2.GaussianBlur(fair, (0, 0), sigma_px / LIGHT_STEP)[..., None]
    factor = np.exp(np.clip(mean + spread / (near + 0.02), -MAX_LIGHT, MAX_LIGHT))
    full = (around.shape[1], around.shape[0])
    return np.asarray(cv2.resize(factor, full, interpolation=cv2.INTER_LINEAR), np.float32)


def _small(picture: Floats, size: tuple[int, int]) -> Floats:
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)
