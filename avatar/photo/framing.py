"""From a picture file to a frame: EXIF turn, where the face is to lie, the photo's own light."""

import io
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.errors import AvatarError
from avatar.photo.curves import Floats
from avatar.photo.geometry import CHIN, TOP, Face
from avatar.photo.inside import Tone
from avatar.photo.lips import Lips, at_depth

Bgr = NDArray[np.uint8]
MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_PIXELS = 64_000_000
MAX_SIDE_PX = 4096
FACE_SHARE = 1 / 2.05
FACE_AT = 0.46
CLOSEST = 1.45
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
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise AvatarError(f"{path.name} is larger than {MAX_FILE_BYTES >> 20} MB")
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise AvatarError(f"{path} cannot be read") from error
    _check_size(path, data)
    try:
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    except cv2.error:
        picture = None
    if picture is None:
        raise AvatarError(f"{path.name} is no picture that can be read: give a JPEG, PNG or WebP")
    shrink = MAX_SIDE_PX / max(picture.shape[:2])
    if shrink < 1:
        picture = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    return picture.astype(np.uint8, copy=False)


def _check_size(path: Path, data: NDArray[np.uint8]) -> None:
    """Look at the size before the pixels are unpacked."""
    import av

    try:
        with av.open(io.BytesIO(data.tobytes())) as container:
            stream = container.streams.video[0]
            if stream.codec_context is None:
                return
            pixels = stream.width * stream.height
    except (av.FFmpegError, IndexError, ValueError):
        return
    if pixels > MAX_PIXELS:
        raise AvatarError(f"{path.name} has more than {MAX_PIXELS // 1_000_000} million px")


def frame(picture: Bgr, points: Floats, size: tuple[int, int]) -> Frame:
    """The crop for a frame of ``size`` (width, height) around a face; the edge repeats outside."""
    wide, high = size
    face_px = float(np.hypot(*(points[CHIN, :2] - points[TOP, :2])))
    scale = high * FACE_SHARE / face_px
    # A photo that is cropped tightly gives a larger face, rather than a frame with empty borders.
    needed = max(wide / picture.shape[1], high / picture.shape[0])
    scale = max(scale, min(needed, CLOSEST * scale))
    middle = (points[CHIN, :2] + points[TOP, :2]) / 2
    shift = np.array([wide / 2, high * FACE_AT], np.float32) - middle * scale
    shift = _kept_inside(shift, scale, picture.shape[:2], size)
    turn = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]], np.float32)
    # px centres: x' = s (x + 1/2) - 1/2
    turn[:, 2] += (scale - 1) / 2
    fine = turn * 2
    fine[:, 2] += 0.5
    crop = _resampled(picture, fine, (2 * wide, 2 * high), 2 * scale)
    return Frame(calmed(_softened(crop, picture.shape[:2], fine)), turn, scale)


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


def _softened(crop: Bgr, photo: tuple[int, ...], turn: Floats) -> Bgr:
    """What lies outside the photo mirrors it, out of focus."""
    high, wide = crop.shape[:2]
    inside = cv2.warpAffine(np.full(photo, 255, np.uint8), turn, (wide, high))
    if inside.min() > 0:
        return crop
    small = cv2.resize(crop, (wide // 8, high // 8), interpolation=cv2.INTER_AREA)
    soft = cv2.resize(cv2.GaussianBlur(small, (0, 0), high / 130), (wide, high))
    shrunk = cv2.erode(inside, np.ones((9, 9), np.uint8), borderValue=255)
    share = cv2.GaussianBlur(shrunk, (0, 0), high / 150).astype(np.float32)[..., None] / 255
    return np.asarray(soft + (crop.astype(np.float32) - soft) * share, np.uint8)


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
    luminance = skin @ np.array([0.114, 0.587, 0.299], np.float32)
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
