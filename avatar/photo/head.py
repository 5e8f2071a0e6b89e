"""How a photographed head turns: fields that tell where the paint of each place is taken from.

First-order rotations of the face's surface, faded out into the picture; see ``avatar.compositor``
for the grid that they lie on.
"""

import numpy as np

from avatar.manifest import BROW_FIELDS, GRID_PX, HEAD_FIELDS, Box
from avatar.photo.curves import Floats, bump, smoothstep
from avatar.photo.eye import eyes
from avatar.photo.geometry import Face
from avatar.photo.lips import Lips

YAW_RAD, PITCH_RAD, ROLL_RAD = 0.085, 0.062, 0.042
BREATH, WIDEN = 0.011, 0.006
BROW = 0.040
AXIS_W = 0.55
EDGE_PX = 16
FIELDS = HEAD_FIELDS + BROW_FIELDS
MAX_PX = 40.0


def box(face: Face, mouth: Lips, inner: list[Box]) -> Box:
    """The smallest box outside of which no field moves anything; it holds the boxes of parts."""
    wide, high = face.size
    whole = (0, 0, wide, high)
    still = np.abs(fields(face, mouth, whole)[:3]).max(axis=(0, 3)) < 0.08
    rows, columns = np.where(~still)
    x0, y0 = columns.min() * GRID_PX - 8, rows.min() * GRID_PX - 8
    x1, y1 = columns.max() * GRID_PX + 8, rows.max() * GRID_PX + 8
    for x, y, box_wide, box_high in inner:
        x0, y0 = min(x0, x - 4), min(y0, y - 4)
        x1, y1 = max(x1, x + box_wide + 4), max(y1, y + box_high + 4)
    x0, y0 = (max(0, int(n) // GRID_PX * GRID_PX) for n in (x0, y0))
    x1, y1 = (
        min(wide, -(-int(x1) // GRID_PX) * GRID_PX),
        min(high, -(-int(y1) // GRID_PX) * GRID_PX),
    )
    return x0, y0, x1 - x0, y1 - y0


def body_top(face: Face, mouth: Lips) -> int:
    """The row from which on the breath moves the picture."""
    u, v, w = np.array([[0.0], [mouth.chin_v + 0.22], [0.3]], np.float32)
    point = face.picture(u, v, w)[0]
    return int(np.clip(point[1] // GRID_PX * GRID_PX, GRID_PX * 2, face.size[1] - 2 * GRID_PX))


def fields(face: Face, mouth: Lips, area: Box) -> Floats:
    """Yaw, pitch, roll, breath, brow, skew: float32, shape (6, rows, columns, 2), px."""
    x, y = _places(area)
    u, v, w = face.uv(x, y)
    w = np.clip(w, -0.3, 0.75)
    mask = head_mask(face, mouth, (x, y), (u, v))
    pivot = mouth.chin_v + 0.10
    zero = np.zeros_like(u)
    motions = (
        (-(w - AXIS_W) * YAW_RAD, zero, u * YAW_RAD),
        (zero, -(w - AXIS_W) * PITCH_RAD, (v - pivot) * PITCH_RAD),
        (-(v - pivot) * ROLL_RAD, u * ROLL_RAD, zero),
    )
    turned = [_pixels(face, du, dv, dw) * mask[..., None] for du, dv, dw in motions]
    breath = body(face, mouth, area)
    breath[..., 1] += 0.3 * BREATH * face.unit * mask * (1 - _shoulders(mouth, v))
    brows = _brows(face, (u, v))
    lifted = [_pixels(face, zero, dv, zero) for dv in (brows[0] + brows[1], brows[1] - brows[0])]
    out = np.stack([*(-field for field in turned), breath, *(-field for field in lifted)])
    return np.asarray(np.clip(out, -MAX_PX, MAX_PX), np.float32)


def body(face: Face, mouth: Lips, area: Box) -> Floats:
    """Breath of the shoulders: float32, shape (rows, columns, 2), px; the picture's edge rests."""
    x, y = _places(area)
    u, v, _ = face.uv(x, y)
    moved = _shoulders(mouth, v) * bump(u, 2.4) * face.unit
    return np.stack([-WIDEN * u * moved, BREATH * moved], axis=-1).astype(np.float32)


def _places(area: Box) -> tuple[Floats, Floats]:
    """Picture places of the grid points of a box."""
    x, y, wide, high = area
    across = np.arange(wide // GRID_PX + 2, dtype=np.float32) * GRID_PX - 2.5 + x
    down = np.arange(high // GRID_PX + 2, dtype=np.float32) * GRID_PX - 2.5 + y
    grid_x, grid_y = np.meshgrid(across, down)
    return grid_x, grid_y


def _pixels(face: Face, du: Floats, dv: Floats, dw: Floats) -> Floats:
    flat = np.stack([du, dv], axis=-1) @ face.plane.T + dw[..., None] * face.away
    return np.asarray((flat * np.float32(face.unit)), np.float32)


def head_mask(
    face: Face, mouth: Lips, places: tuple[Floats, Floats], uv: tuple[Floats, Floats]
) -> Floats:
    """1 on the head, 0 at the picture's edge and from the collar on."""
    u, v = uv
    middle = 0.35
    tall = np.where(v < middle, np.float32(1.75), np.float32(1.25))
    egg = 1 - smoothstep(np.hypot(u, (v - middle) / tall).astype(np.float32), 0.95, 1.48)
    neck = 1 - smoothstep(v, mouth.chin_v - 0.10, mouth.chin_v + 0.68)
    wide, high = face.size
    x, y = places
    side = np.minimum(x, wide - 1 - x)
    edge = np.minimum(side, np.minimum(y, high - 1 - y))
    return np.asarray(egg * neck * smoothstep(edge.astype(np.float32), 0.0, EDGE_PX), np.float32)


def _shoulders(mouth: Lips, v: Floats) -> Floats:
    return smoothstep(v, mouth.chin_v + 0.25, mouth.chin_v + 0.85)


def _brows(face: Face, uv: tuple[Floats, Floats]) -> list[Floats]:
    """For the left and the right of the picture: how a brow at its highest moves the skin (dv)."""
    u, v = uv
    out = []
    for sign, eye in zip((-1.0, 1.0), eyes(face), strict=True):
        t = eye.t(u)
        lash, brow = eye.upper(t), eye.brow(t)
        rise = smoothstep((lash - v) / np.maximum(lash - brow + 0.02, 0.08), 0.1, 1.0)
        fade = 1 - smoothstep(brow - v, 0.08, 0.60)
        beside = 1 - smoothstep(np.abs(t), 1.1, 2.0)
        half = smoothstep(np.float32(sign) * u, -0.10, 0.10)
        out.append((-BROW * rise * fade * beside * half).astype(np.float32))
    return out
