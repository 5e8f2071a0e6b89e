"""Mouth cells taken from a clip: laid over the face at rest, in its light, faded into it."""

from dataclasses import dataclass

import cv2
import numpy as np

from avatar.photo.build import Model
from avatar.photo.curves import Floats, smoothstep
from avatar.photo.warp import fine_places
from avatar.video.registering import NO_MAP, Bgr, Ground, laid

# Beyond this the points were wrong, or the head is turned too far from where it rests.
WORST_PX = 0.8
INNER_U, OUTER_U = 0.44, 0.66
BELOW_CHIN, FADED_BELOW = 0.10, 0.34
LIGHT_SIGMA, LIGHT_STEP, MAX_LIGHT = 0.16, 4, 0.4


@dataclass(frozen=True, slots=True)
class Window:
    """Where a cell replaces the face at rest, at twice the frame's resolution over the mouth's box.

    ``share`` is 1 in the middle and 0 at the border; ``around`` is what both show alike.
    """

    places: Floats
    share: Floats
    around: Floats


def window(model: Model) -> Window:
    """The window of a model's mouth."""
    places = fine_places(model.box)
    u, v, _ = model.face.uv(places[..., 0].copy(), places[..., 1].copy())
    mouth = model.mouth
    across = np.abs(u - np.float32(mouth.middle))
    share = (
        (1 - smoothstep(across, INNER_U, OUTER_U))
        * smoothstep(v, mouth.nose_v - 0.04, mouth.nose_v + 0.07)
        * (1 - smoothstep(v, mouth.chin_v + BELOW_CHIN, mouth.chin_v + FADED_BELOW))
    )
    on_face = 1 - smoothstep(v, mouth.chin_v - 0.10, mouth.chin_v + 0.05)
    around = np.clip(1 - share, 0, 1) * on_face * (1 - smoothstep(across, 0.70, 0.76))
    return Window(places, share.astype(np.float32), around.astype(np.float32))


def cell(ground: Ground, model: Model, area: Window, picture: Bgr, points: Floats) -> Bgr | None:
    """The mouth's box at the frame's resolution as a picture of the clip shows it.

    None when the picture cannot be laid over the face at rest.
    """
    places, left_px = laid(ground, picture, points)
    if float(left_px) > WORST_PX:
        return None
    at = cv2.remap(places, area.places, NO_MAP, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    shown = cv2.remap(picture, at, NO_MAP, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    x, y, wide, high = (2 * n for n in model.box)
    still = model.fine[y : y + high, x : x + wide].astype(np.float32)
    moved = shown.astype(np.float32)
    moved = moved * _light(still, moved, area.around, LIGHT_SIGMA * 2 * model.face.unit)
    out = still + (moved - still) * area.share[..., None]
    fine = np.clip(np.round(out), 0, 255).astype(np.uint8)
    size = (model.box[2], model.box[3])
    return cv2.resize(fine, size, interpolation=cv2.INTER_AREA).astype(np.uint8)


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
