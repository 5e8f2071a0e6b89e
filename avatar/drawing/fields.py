"""How the drawn head moves: displacement fields that fade out before anything sharp stays behind.

A field tells, for each place of the picture, how far away (px) the paint shown there is taken from,
for one unit of a motion. They live on a grid of one point per 4 x 4 px, one point wider than the
picture (or the part of it) on every side.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Box = tuple[int, int, int, int]

GRID_PX = 4
CENTRE_X, CENTRE_Y = 257.0, 186.0
PIVOT_Y = 352.0
ROLL_RAD = 0.032


def _smoothstep(value: Floats, low: float, high: float) -> Floats:
    x = np.clip((value - low) / (high - low), 0.0, 1.0)
    return np.asarray(x * x * (3.0 - 2.0 * x), np.float32)


def _places(box: Box) -> tuple[Floats, Floats]:
    """Picture coordinates of the grid points of a box."""
    x, y, wide, high = box
    across = np.arange(wide // GRID_PX + 2, dtype=np.float32) * GRID_PX - 2.5 + x
    down = np.arange(high // GRID_PX + 2, dtype=np.float32) * GRID_PX - 2.5 + y
    grid_x, grid_y = np.meshgrid(across, down)
    return grid_x, grid_y


def _mask(x: Floats, y: Floats, box: Box) -> Floats:
    """1 on head and hair, 0 from the shoulders down and at the box's edges."""
    radius = np.hypot((x - CENTRE_X) / 118.0, (y - 205.0) / 172.0)
    egg = 1.0 - _smoothstep(radius.astype(np.float32), 0.98, 1.16)
    neck = 1.0 - _smoothstep(y, 304.0, 374.0)
    left, top, wide, high = box
    edge = np.minimum(
        np.minimum(x - left, left + wide - 1 - x), np.minimum(y - top, top + high - 1 - y)
    )
    return (egg * neck * _smoothstep(edge.astype(np.float32), 0.0, 14.0)).astype(np.float32)


def head_fields(box: Box) -> Floats:
    """Yaw, pitch, roll, breath of the head's box: float32, shape (4, rows, columns, 2), px."""
    x, y = _places(box)
    mask = _mask(x, y, box)
    dome = np.sqrt(
        np.clip(1.0 - ((x - CENTRE_X) / 108.0) ** 2 - ((y - CENTRE_Y) / 150.0) ** 2, 0.0, 1.0)
    )
    zero = np.zeros_like(x)
    yaw = np.stack([-(2.2 + 5.4 * dome) * mask, zero], axis=-1)
    pitch = np.stack([zero, -(1.6 + 4.4 * dome) * mask], axis=-1)
    roll = np.stack([(y - PIVOT_Y) * mask, -(x - CENTRE_X) * mask], axis=-1) * ROLL_RAD
    breath = body_field(box)
    breath[..., 1] += 0.9 * mask * (1.0 - _body(y))
    return np.stack([yaw, pitch, roll, breath]).astype(np.float32)


def body_field(box: Box) -> Floats:
    """Breath of the shoulders: float32, shape (rows, columns, 2), in px."""
    x, y = _places(box)
    rise = 2.1 * _body(y)
    widen = -0.008 * (x - CENTRE_X) * _body(y)
    return np.stack([widen, rise], axis=-1).astype(np.float32)


def _body(y: Floats) -> Floats:
    return _smoothstep(y, 330.0, 400.0)
