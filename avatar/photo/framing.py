"""From a picture file to a frame: EXIF turn, where the face is to lie, the photo's own light."""

import io
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.errors import AvatarError
from avatar.photo.curves import Floats, smoothstep
from avatar.photo.geometry import CHIN, TOP, Face
from avatar.photo.inside import LUMINANCE, Tone
from avatar.photo.lips import Lips, at_depth

Bgr = NDArray[np.uint8]
MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_PIXELS = 64_000_000
MAX_SIDE_PX = 4096
UNREADABLE = "is no picture that can be read: give a JPEG, PNG or WebP"
FACE_SHARE = 1 / 2.05
FACE_AT = 0.46
CLOSEST = 1.45
# Where the eyes and the mouth of a marked face lie at most, in shares of the frame.
KEPT_FROM, KEPT_TO = (0.22, 0.18), (0.78, 0.77)
# Outside a photo: by how much it is blurred from where to where, in shares of the height.
OUT_OF_FOCUS = ((0.006, 0.0, 0.02), (0.03, 0.02, 0.10))
EDGE_BLUR = 0.01
COARSE = 8
# How much of the finest detail stays.
FINEST = 0.5


@dataclass(frozen=True, slots=True)
class Frame:
    """The crop at twice the frame's resolution, and the affine map from the photo to the frame."""

    fine: Bgr
    turn: Floats
    scale: float

    def place(self, points: Floats) -> Floats:
        """Points of the photo (x, y, and z or a radius) in the frame."""
        flat = points[:, :2] @ self.turn[:, :2].T + self.turn[:, 2]
        rest = points[:, 2:] * np.float32(self.scale)
        return np.concatenate([flat, rest], axis=1).astype(np.float32)


def read(path: Path) -> Bgr:
    """A picture, upright as its EXIF data says.

    Raises:
        AvatarError: It cannot be read, or is unreasonably large.
    """
    data = _bytes(path)
    _checked_size(path, data)
    try:
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    except cv2.error:
        picture = None
    if picture is None:
        raise AvatarError(f"{path.name} {UNREADABLE}")
    shrink = MAX_SIDE_PX / max(picture.shape[:2])
    if shrink < 1:
        picture = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    return picture.astype(np.uint8, copy=False)


def shrinkage(path: Path) -> float:
    """How much smaller ``read`` gives a picture than its file has it; 1 for most.

    Raises:
        AvatarError: It cannot be read, or is unreasonably large.
    """
    return min(1.0, MAX_SIDE_PX / max(_checked_size(path, _bytes(path))))


def _bytes(path: Path) -> NDArray[np.uint8]:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise AvatarError(f"{path.name} is larger than {MAX_FILE_BYTES >> 20} MB")
        return np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise AvatarError(f"{path} cannot be read") from error


def _checked_size(path: Path, data: NDArray[np.uint8]) -> tuple[int, int]:
    """Width and height as the file tells them, before the pixels are unpacked."""
    import av

    try:
        with av.open(io.BytesIO(data.tobytes())) as container:
            stream = container.streams.video[0]
            size = (0, 0) if stream.codec_context is None else (stream.width, stream.height)
    except (av.FFmpegError, IndexError, ValueError):
        size = (0, 0)
    if not all(size):  # what tells no size may have any
        raise AvatarError(f"{path.name} {UNREADABLE}")
    if size[0] * size[1] > MAX_PIXELS:
        raise AvatarError(f"{path.name} has more than {MAX_PIXELS // 1_000_000} million px")
    return size


def frame(picture: Bgr, points: Floats, size: tuple[int, int]) -> Frame:
    """The crop for a frame of ``size`` (width, height) around a face; the edge repeats outside."""
    wide, high = size
    scale = _face_scale(points, high)
    # A photo that is cropped tightly gives a larger face, rather than a frame with empty borders.
    needed = max(wide / picture.shape[1], high / picture.shape[0])
    scale = max(scale, min(needed, CLOSEST * scale))
    shift = _kept_inside(_middled(points, scale, size), scale, picture.shape[:2], size)
    return _cut(picture, scale, shift, size)


def frame_marked(
    picture: Bgr, points: Floats, size: tuple[int, int], keep: tuple[float, float, float, float]
) -> Frame:
    """The crop around a face of which only ``keep`` (x0, y0, x1, y1: eyes and mouth) is sure.

    It fills the frame as far as these stay where a visitor sees them.
    """
    sides = np.array(size, np.float32)
    first, last = np.array(keep[:2]), np.array(keep[2:])
    low, top = np.array(KEPT_FROM) * sides, np.array(KEPT_TO) * sides
    photo = np.array(picture.shape[1::-1], np.float32)
    room = float(((top - low) / (last - first)).min())
    scale = min(room, max(_face_scale(points, size[1]), float((sides / photo).max())))
    shift = np.maximum(np.minimum(_middled(points, scale, size), 0), sides - photo * scale)
    shift = np.minimum(np.maximum(shift, low - first * scale), top - last * scale)
    return _cut(picture, scale, shift.astype(np.float32), size)


def _face_scale(points: Floats, high: int) -> float:
    face_px = float(np.hypot(*(points[CHIN, :2] - points[TOP, :2])))
    return high * FACE_SHARE / face_px


def _middled(points: Floats, scale: float, size: tuple[int, int]) -> Floats:
    """The shift that puts the face where faces are."""
    middle = (points[CHIN, :2] + points[TOP, :2]) / 2
    return np.array([size[0] / 2, size[1] * FACE_AT], np.float32) - middle * np.float32(scale)


def _cut(picture: Bgr, scale: float, shift: Floats, size: tuple[int, int]) -> Frame:
    wide, high = size
    turn = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]], np.float32)
    # px centres: x' = s (x + 1/2) - 1/2
    turn[:, 2] += (scale - 1) / 2
    fine = turn * 2
    fine[:, 2] += 0.5
    crop = _resampled(picture, fine, (2 * wide, 2 * high), 2 * scale)
    return Frame(calmed(_softened(picture, crop, fine)), turn, scale)


def calmed(fine: Bgr) -> Bgr:
    """A picture at twice the frame's resolution without the finest detail that a frame can hold.

    What lies between a half and the whole of the frame's finest detail comes and goes as a warp
    moves it by parts of a pixel: the face would seem to breathe in and out of focus.
    """
    kernel = np.zeros(9, np.float32)
    kernel[::2] = np.array([-1, 2, 0, 2, -1], np.float32) * np.float32((1 - FINEST) / 8)
    kernel[4] = 1 - kernel.sum()
    return cv2.sepFilter2D(fine, -1, kernel, kernel).astype(np.uint8, copy=False)


def _kept_inside(
    shift: Floats, scale: float, photo: tuple[int, ...], size: tuple[int, int]
) -> Floats:
    """Move the crop by up to a tenth, so that less of it lies outside the photo."""
    out = shift.copy()
    for axis, (side, target) in enumerate(zip((photo[1], photo[0]), size, strict=True)):
        slack = 0.10 * target
        if out[axis] > 0:
            out[axis] = max(0.0, out[axis] - slack)
        missing = target - (side * scale + out[axis])
        if missing > 0:
            out[axis] = min(out[axis] + slack, out[axis] + missing)
    return out


def _softened(picture: Bgr, crop: Bgr, turn: Floats) -> Bgr:
    """Outside the photo: its mirror first, then the colours of its edge, ever more out of focus."""
    high, wide = crop.shape[:2]
    inside = cv2.warpAffine(np.full(picture.shape[:2], 255, np.uint8), turn, (wide, high))
    if inside.min() > 0:
        return crop
    shrink = np.float32(1 / COARSE)
    small = cv2.GaussianBlur(picture, (0, 0), EDGE_BLUR * max(picture.shape[:2]))
    edges = cv2.warpAffine(
        small, turn * shrink, (wide // COARSE, high // COARSE), borderMode=cv2.BORDER_REPLICATE
    )
    away = cv2.distanceTransform((inside < 255).astype(np.uint8), cv2.DIST_L2, 5) / high
    out = crop.astype(np.float32)
    for blur, near, far in OUT_OF_FOCUS:
        soft = cv2.resize(cv2.GaussianBlur(edges, (0, 0), blur * high / COARSE), (wide, high))
        out = out + (soft - out) * smoothstep(away, near, far)[..., None]
    return np.asarray(out, np.uint8)


def _resampled(picture: Bgr, turn: Floats, size: tuple[int, int], scale: float) -> Bgr:
    """Enlarge by cubic interpolation; shrink by areas first, so that nothing flickers."""
    while scale < 0.5:
        picture = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA).astype(
            np.uint8
        )
        turn = turn @ np.array([[2, 0, 0.5], [0, 2, 0.5], [0, 0, 1]], np.float32)
        scale *= 2
    crop = cv2.warpAffine(
        picture, turn, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101
    )
    return crop.astype(np.uint8, copy=False)


def tone(face: Face, mouth: Lips, fine: Bgr, scale: float) -> Tone:
    """The light of the lower face, the lips' colour, and how soft the photo is."""
    skin = _pixels(face, mouth, fine, (-1.4, 1.4), (mouth.nose_v + 0.03, mouth.chin_v - 0.05))
    luminance = skin @ LUMINANCE
    light = float(np.percentile(luminance, 70)) / 255
    bright = skin[luminance > np.percentile(luminance, 50)]
    edge = float(mouth.outer_lower(np.zeros(1, np.float32))[0])
    low = float(mouth.lower(np.zeros(1, np.float32))[0])
    lip = _pixels(face, mouth, fine, (-0.45, 0.45), (low + 0.2 * (edge - low), edge))
    blur = max(0.0, 0.55 * 2 * scale - 0.5)
    return Tone(light, np.median(lip, axis=0), np.median(bright, axis=0), blur)


def _pixels(
    face: Face, mouth: Lips, fine: Bgr, t: tuple[float, float], v: tuple[float, float]
) -> Floats:
    u, down = np.meshgrid(mouth.middle + mouth.half * np.linspace(*t, 40), np.linspace(*v, 40))
    places = at_depth(face, u.astype(np.float32), down.astype(np.float32)) * 2 + 0.5
    values = cv2.remap(
        fine, places.astype(np.float32), np.empty((0, 0), np.float32), cv2.INTER_LINEAR
    )
    return values.reshape(-1, 3).astype(np.float32)
