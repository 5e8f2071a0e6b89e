"""Still pictures of what a bundle can do: a contact sheet, and strips of consecutive frames."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.articulation import CHANNELS, at_rest
from avatar.bundle import Bundle
from avatar.compositor import Look
from avatar.idle import Attitude
from avatar.port import Frame

Bgr = NDArray[np.uint8]
"""uint8, shape (height, width, 3)."""

NEUTRAL = Attitude(0, 0, 0, 0, 0, 0, 0, 0, 0, 0.6)
# jaw, width, press, bite, tongue, smile
MOUTHS: tuple[tuple[float, ...], ...] = (
    (0, 0, 0, 0, 0, 0), (0.12, 0, 0, 0, 0, 0), (0.26, 0, 0, 0, 0, 0), (0.5, 0, 0, 0, 0, 0),
    (0.75, 0, 0, 0, 0, 0), (1, 0, 0, 0, 0, 0), (0.12, -1, 0, 0, 0, 0), (0.4, -1, 0, 0, 0, 0),
    (0.6, -0.6, 0, 0, 0, 0), (0.15, 1, 0, 0, 0, 0), (0.4, 1, 0, 0, 0, 0), (0.75, 0.6, 0, 0, 0, 0),
    (0, 0, 1, 0, 0, 0), (0.12, 0, 0, 1, 0, 0), (0.28, 0, 0, 0, 1, 0), (0.4, 0.3, 0, 0, 1, 0),
)  # fmt: skip
FACES: tuple[Attitude, ...] = (
    Attitude(0, 0, 0, 0, 0, 0, 0, 0, 0, 0.75),
    Attitude(0, 0, 0, 0, 0, 0, 0, 0, 0, 1.0),
    Attitude(0, 0, 0, 0, 0.5, 0, 0, 0, 0, 0.6),
    Attitude(0, 0, 0, 0, 1.0, 0, 0, 0, 0, 0.6),
    Attitude(0, 0, 0, 0, 0, -1, 0, 0, 0, 0.6),
    Attitude(0, 0, 0, 0, 0, 1, -0.8, 0.4, 0.4, 0.45),
    Attitude(0.9, 0, 0, 0, 0, 0, 0, 0, 0, 0.6),
    Attitude(-0.9, 0, 0, 0, 0, 0, 0, 0, 0, 0.6),
    Attitude(0, 0.9, 0, 0, 0, 0, 0, 0, 0, 0.6),
    Attitude(0, -0.9, 0, 0, 0, 0, 0, 0, 0, 0.6),
    Attitude(0, 0, 0.9, 1, 0, 0, 0, 0, 0, 0.6),
    Attitude(0, 0, 0, -1, 0, 0, 0, 1.0, 0, 0.6),
)
COLUMNS = 7
TILE_PX = 256


def contact_sheet(bundle: Bundle) -> Bgr:
    """Mouths, then eyes, brows and poses, each a tile."""
    looks = [bundle.look(_articulation(values), NEUTRAL) for values in MOUTHS]
    looks += [bundle.look(at_rest(), attitude) for attitude in FACES]
    return grid([still(bundle, look) for look in looks], COLUMNS, TILE_PX)


def still(bundle: Bundle, look: Look) -> Bgr:
    """One look as a BGR picture."""
    frame = bundle.compositor.blank()
    bundle.compositor.paint(frame, look)
    return bgr(frame)


def bgr(frame: Frame) -> Bgr:
    """A frame as BGR."""
    return cv2.cvtColor(frame, cv2.COLOR_YUV2BGR_I420).astype(np.uint8, copy=False)


def grid(pictures: Sequence[Bgr], columns: int, tile_px: int) -> Bgr:
    """Equal pictures side by side, each ``tile_px`` high; a missing one is white."""
    high, wide = pictures[0].shape[:2]
    size = (round(tile_px * wide / high), tile_px)
    tiles = [cv2.resize(p, size, interpolation=cv2.INTER_AREA).astype(np.uint8) for p in pictures]
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % columns)
    rows = [np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)]
    return np.vstack(rows)


def _articulation(values: Sequence[float]) -> NDArray[np.float32]:
    return np.asarray(values, np.float32).reshape(CHANNELS)
