"""How the drawn head moves: displacement fields that fade out before anything sharp stays behind.

A field tells, for each place of the picture, how far away (px) the paint shown there is taken from,
for one unit of a motion. They live on a grid of one point per 4 x 4 px, one point wider than the
picture (or the part of it) on every side.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.drawing.stage import Box, Stage

Floats = NDArray[np.float32]

GRID_PX = 4
CENTRE_Y = 196.0
PIVOT_Y = 358.0
ROLL_RAD = 0.034
NECK = (322.0, 386.0)
BODY_FROM = 350.0
# How far around the head everything moves with it, and how softly that ends.
NEAR, FADE = 14.0, 7.0


def _smoothstep(value: Floats, low: float, high: float) -> Floats:
    x = np.clip((value - low) / (high - low), 0.0, 1.0)
    return np.asarray(x * x * (3.0 - 2.0 * x), np.float32)


def _places(box: Box, stage: Stage) -> tuple[Floats, Floats]:
    """Places of the grid points of a box, in units."""
    x, y, wide, high = box
    across = np.arange(wide // GRID_PX + 2, dtype=np.float32) * GRID_PX - 2.5 + x
    down = np.arange(high // GRID_PX + 2, dtype=np.float32) * GRID_PX - 2.5 + y
    grid_x, grid_y = np.meshgrid(
        (across / stage.scale + stage.left).astype(np.float32),
        (down / stage.scale + stage.top).astype(np.float32),
    )
    return grid_x, grid_y


def _mask(alpha: Floats, x: Floats, y: Floats, box: Box, stage: Stage) -> Floats:
    """1 on head and hair and close to them, 0 from the shoulders down and at the box's edges."""
    near = max(3, round(NEAR * stage.scale) * 2 + 1)
    grown = cv2.dilate(alpha, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (near, near)))
    soft = cv2.GaussianBlur(grown, (0, 0), FADE * stage.scale, borderType=cv2.BORDER_REPLICATE)
    across = np.clip((x - stage.left) * stage.scale, 0, stage.width - 1).astype(np.float32)
    down = np.clip((y - stage.top) * stage.scale, 0, stage.height - 1).astype(np.float32)
    mask = cv2.remap(soft, across, down, cv2.INTER_LINEAR)
    neck = 1.0 - _smoothstep(y, *NECK)
    return (mask * neck * _smoothstep(_inside(x, y, box, stage), 0.0, 12.0)).astype(np.float32)


def _inside(x: Floats, y: Floats, box: Box, stage: Stage) -> Floats:
    """How far from those edges of the box that are not the picture's own."""
    left, top, wide, high = stage.view(box)
    out = np.minimum(x - left, left + wide - x)
    if box[1] > 0:
        out = np.minimum(out, y - top)
    if box[1] + box[3] < stage.height:
        out = np.minimum(out, top + high - y)
    return np.asarray(out, np.float32)


def head_fields(alpha: Floats, box: Box, stage: Stage) -> Floats:
    """Yaw, pitch, roll, breath of the head's box: float32, shape (4, rows, columns, 2), px.

    ``alpha`` shows what turns with the head: float32, 0..1, in the picture's size.
    """
    x, y = _places(box, stage)
    mask = _mask(alpha, x, y, box, stage)
    dome = np.sqrt(np.clip(1.0 - (x / 112.0) ** 2 - ((y - CENTRE_Y) / 158.0) ** 2, 0.0, 1.0))
    zero = np.zeros_like(x)
    yaw = np.stack([-(2.2 + 6.0 * dome) * mask, zero], axis=-1)
    pitch = np.stack([zero, -(1.6 + 4.6 * dome) * mask], axis=-1)
    roll = np.stack([(y - PIVOT_Y) * mask, -x * mask], axis=-1) * ROLL_RAD
    breath = body_field(box, stage) / stage.scale
    breath[..., 1] += 0.9 * mask * (1.0 - _body(y))
    return (np.stack([yaw, pitch, roll, breath]) * stage.scale).astype(np.float32)


def body_field(box: Box, stage: Stage) -> Floats:
    """Breath of the shoulders: float32, shape (rows, columns, 2), in px."""
    x, y = _places(box, stage)
    near = 1.0 - _smoothstep(np.abs(x), 190.0, 300.0)
    rise = 2.1 * _body(y) * near
    widen = -0.008 * x * _body(y) * near
    return (np.stack([widen, rise], axis=-1) * stage.scale).astype(np.float32)


def _body(y: Floats) -> Floats:
    return _smoothstep(y, BODY_FROM, BODY_FROM + 62.0)
