"""Still pictures of what a bundle can do: a contact sheet, and strips of consecutive frames."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.articulation import CHANNELS, at_rest
from avatar.bundle import Bundle
from avatar.compositor import Look
from avatar.errors import AvatarError
from avatar.idle import Attitude
from avatar.port import Frame, Pcm16

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
MURMUR_HZ = 16_000


def contact_sheet(bundle: Bundle) -> Bgr:
    """Mouths, then eyes, brows and poses, each a tile."""
    looks = [bundle.look(_articulation(values), NEUTRAL) for values in MOUTHS]
    looks += [bundle.look(at_rest(), attitude) for attitude in FACES]
    return grid([still(bundle, look) for look in looks], COLUMNS, TILE_PX)


def still(bundle: Bundle, look: Look) -> Bgr:
    """One look as a BGR picture."""
    painting = bundle.compositor.blank()
    bundle.compositor.paint(painting, look)
    return bgr(painting.frame)


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


def animation(bundle: Bundle, *, seconds: float = 4.0, side_px: int = 256) -> bytes:
    """An animated WebP of the face: a few words, then rest."""
    player = bundle.player(3)
    player.push(_murmur(seconds * 0.6), MURMUR_HZ)
    step = 2
    pictures = []
    for index in range(0, int(seconds * bundle.fps), step):
        at_s = index / bundle.fps
        player.set_mood("speaking" if at_s < seconds * 0.6 else "idle")
        shown = bgr(player.frame(at_s, at_s if at_s < seconds * 0.6 else None))
        size = (round(side_px * bundle.width / bundle.height), side_px)
        pictures.append(cv2.resize(shown, size, interpolation=cv2.INTER_AREA))
    film = cv2.Animation()
    film.frames = pictures
    film.durations = [round(step * 1000 / bundle.fps)] * len(pictures)
    done, data = cv2.imencodeanimation(".webp", film, [cv2.IMWRITE_WEBP_QUALITY, 70])
    if not done:
        raise AvatarError("the preview could not be encoded")
    return bytes(data.tobytes())


def _murmur(seconds: float) -> Pcm16:
    """A voice-like sound of four syllables a second."""
    time_s = np.arange(int(seconds * MURMUR_HZ)) / MURMUR_HZ
    waves = [np.sin(2 * np.pi * 120 * k * time_s) / k for k in range(1, 24)]
    swell = np.clip(np.sin(2 * np.pi * 4 * time_s), 0, 1) * (1 + np.sin(2 * np.pi * 1.3 * time_s))
    return np.asarray(np.sum(waves, axis=0) * swell * 4000, np.int16)
