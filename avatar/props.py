"""Things that gestures lay over a frame: drawn when first needed, and then kept by the bundle."""

import math
import threading
from dataclasses import dataclass

import cv2
import numpy as np
import resvg_py
from numpy.typing import NDArray

from avatar.drawing.props import badge, hand, heart
from avatar.errors import AvatarError
from avatar.manifest import Hand, Manifest
from avatar.port import Frame

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

# Units of the drawing, of which the shorter side of a picture has 512.
SIDE = 512.0
# Left, top, width, height of the drawing in units; its 0, 0 is where it is put, and turned.
VIEWS = {
    "hand": (-72.0, -144.0, 144.0, 516.0),
    "badge": (-70.0, -128.0, 140.0, 142.0),
    "heart": (-56.0, -56.0, 112.0, 112.0),
}


# Where the lips meet in the mouth's box, which reaches down to where the jaw moves the skin.
LIPS = 0.26
# The lowest place from which a hand's is counted, in the picture's height: an animal's mouth may
# lie so low that the hand would not be seen.
HAND_FROM = 0.58


@dataclass(frozen=True, slots=True)
class Shown:
    """One prop at one moment.

    ``x`` counts from the middle of the picture to the right, ``y`` from the lips
    down, in units of which the picture's shorter side has 512. It is turned around a point that is
    ``arm`` units below it.
    """

    name: str
    x: float
    y: float
    size: float = 1.0
    turn_deg: float = 0.0
    opacity: float = 1.0
    arm: float = 0.0


@dataclass(frozen=True, slots=True)
class Sprite:
    """Premultiplied planes: luma and alpha, and at half the size U, V and alpha; uint8."""

    fine: Bytes
    coarse: Bytes
    scale: float
    left: float
    top: float


class Props:
    """The props of one bundle; safe from several threads."""

    def __init__(self, manifest: Manifest) -> None:
        self._size = manifest.width, manifest.height
        self._scale = min(self._size) / SIDE
        x, y, wide, high = manifest.mouth.box
        self._mouth_x, self._mouth_y = x + wide / 2.0, y + LIPS * high
        self._hand = manifest.hand
        self._sprites: dict[str, Sprite] = {}
        self._lock = threading.Lock()

    def lay(self, frame: Frame, shown: Shown) -> None:
        """Lay a prop over an I420 frame."""
        name = "badge" if shown.name == "hand" and self._hand is None else shown.name
        if shown.opacity <= 0.0:
            return
        with self._lock:
            sprite = self._sprites.get(name)
            if sprite is None:
                sprite = self._sprites[name] = self._drawn(name)
        place = self._matrix(shown, sprite)
        box = self._box(place, sprite)
        if box[2] <= 0 or box[3] <= 0:
            return
        wide, high = self._size
        x, y, w, h = box
        _blend(frame[y : y + h, x : x + w, None], _warped(sprite.fine, place, box), shown.opacity)
        half = place.copy()
        half[:, 2] = (place[:, 2] + place[:, :2].sum(axis=1) * 0.5 - 0.5) / 2.0
        chroma = frame[high:].reshape(2, high // 2, wide // 2)
        small = (x // 2, y // 2, w // 2, h // 2)
        view = chroma[:, small[1] : small[1] + small[3], small[0] : small[0] + small[2]]
        _blend(view.transpose(1, 2, 0), _warped(sprite.coarse, half, small), shown.opacity)

    def _drawn(self, name: str) -> Sprite:
        left, top, wide, high = VIEWS[name]
        scale = self._scale
        size = 2 * math.ceil(wide * scale / 2), 2 * math.ceil(high * scale / 2)
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}" '
            f'viewBox="{left} {top} {size[0] / scale} {size[1] / scale}">{self._art(name)}</svg>'
        )
        data = bytes(resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True))
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        if image is None or image.shape[2] != 4:
            raise AvatarError("a prop could not be drawn")
        fine, coarse = _planes(image.astype(np.float32))
        return Sprite(fine, coarse, scale, left, top)

    def _art(self, name: str) -> str:
        own = self._hand or Hand(flat=False, paw=False, skin="#f6c544", sleeve="#ffffff")
        if name == "hand":
            return hand(own.skin, own.sleeve, flat=own.flat, paw=own.paw)
        return badge() if name == "badge" else heart(flat=own.flat)

    def _matrix(self, shown: Shown, sprite: Sprite) -> Floats:
        """From places in the sprite (px) to places in the picture."""
        turn = math.radians(shown.turn_deg)
        cos, sin = math.cos(turn) * shown.size, math.sin(turn) * shown.size
        pivot = np.array([0.0, shown.arm]) * sprite.scale
        at = np.array([shown.x, shown.y]) * self._scale + (self._mouth_x, self._mouth_y)
        if shown.name == "hand":
            at[0] = shown.x * self._scale + self._size[0] / 2.0
            at[1] += min(0.0, HAND_FROM * self._size[1] - self._mouth_y)
        turned = np.array([[cos, -sin], [sin, cos]])
        corner = np.array([sprite.left, sprite.top]) * sprite.scale
        # The pivot stays where it would be unturned, and everything else turns around it.
        shift = at + pivot * shown.size + turned @ (corner - pivot)
        return np.hstack([turned, shift[:, None]]).astype(np.float32)

    def _box(self, place: Floats, sprite: Sprite) -> tuple[int, int, int, int]:
        """The even box of the picture that the sprite covers."""
        high, wide = sprite.fine.shape[:2]
        corners = np.array([[0, 0, 1], [wide, 0, 1], [0, high, 1], [wide, high, 1]], np.float32)
        places = corners @ place.T
        low, top = np.floor(places.min(axis=0) / 2).astype(int) * 2, np.array(self._size)
        first = np.maximum(low, 0)
        last = np.minimum(np.ceil(places.max(axis=0) / 2).astype(int) * 2, top)
        return int(first[0]), int(first[1]), int(last[0] - first[0]), int(last[1] - first[1])


def _planes(image: Floats) -> tuple[Bytes, Bytes]:
    """Straight BGRA to the planes of a sprite."""
    alpha = image[..., 3] / 255.0
    blue, green, red = (image[..., i] / 255.0 * alpha for i in range(3))
    luma = 16.0 * alpha + 65.481 * red + 128.553 * green + 24.966 * blue
    u = 128.0 * alpha - 37.797 * red - 74.203 * green + 112.0 * blue
    v = 128.0 * alpha + 112.0 * red - 93.786 * green - 18.214 * blue
    fine = np.stack([luma, alpha * 255.0], axis=-1)
    half = (image.shape[1] // 2, image.shape[0] // 2)
    large = np.stack([u, v, alpha * 255.0], axis=-1)
    coarse = cv2.resize(large, half, interpolation=cv2.INTER_AREA)
    return fine.round().astype(np.uint8), coarse.round().astype(np.uint8)


def _warped(planes: Bytes, place: Floats, box: tuple[int, int, int, int]) -> Bytes:
    x, y, wide, high = box
    moved = place.copy()
    moved[:, 2] -= (x, y)
    return cv2.warpAffine(planes, moved, (wide, high), flags=cv2.INTER_LINEAR).astype(
        np.uint8, copy=False
    )


def _blend(out: Bytes, planes: Bytes, opacity: float) -> None:
    """Lay premultiplied planes, the last of which is alpha, over ``out`` (h, w, planes - 1)."""
    colour = planes[..., :-1].astype(np.float32) * np.float32(opacity)
    keep = np.float32(1.0) - planes[..., -1:].astype(np.float32) * np.float32(opacity / 255.0)
    out[...] = np.rint(colour + out * keep).astype(np.uint8)
