"""Shuts the mouth of a photo that shows it open, once, before anything else is made of it."""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.photo.curves import Curve, Floats, smoothstep, through
from avatar.photo.geometry import Face
from avatar.photo.inside import Tone
from avatar.photo.lips import Lips, at_depth
from avatar.photo.motion import Motion, Shape
from avatar.photo.mouth import Mouth
from avatar.photo.warp import Box

Bgr = NDArray[np.uint8]

DEEP_GAP, FULL_GAP = 0.09, 0.16
SAMPLES = np.linspace(-1.0, 1.0, 81).astype(np.float32)


def closed(face: Face, mouth: Lips, fine: Bgr, box: Box, tone: Tone) -> tuple[Bgr, Lips]:
    """The picture (at twice the frame's resolution) with shut lips, and those lips."""
    bare = _without_teeth(face, mouth, fine, tone)
    soft = replace(mouth, upper=mouth.upper.blurred(4), lower=mouth.lower.blurred(4))
    shape = Shape(close=1.0, fill=min(1.0, mouth.gap / FULL_GAP))
    shut = Mouth(face, soft, bare, box, tone, teeth=False).fine(shape)
    x, y, wide, high = (2 * n for n in box)
    out = fine.copy()
    out[y : y + high, x : x + wide] = shut
    after = _moved(soft, shape)
    return _contact(face, after, out, box), after


def _without_teeth(face: Face, mouth: Lips, fine: Bgr, tone: Tone) -> Bgr:
    """The inner mouth filled from the lips, so that no tooth is smeared along with them."""
    u = mouth.middle + 1.05 * mouth.half * SAMPLES
    upper = at_depth(face, u[None], mouth.upper(SAMPLES)[None])[0]
    lower = at_depth(face, u[None], mouth.lower(SAMPLES)[None])[0]
    ring = np.concatenate([upper, lower[::-1]]) * 2 + 0.5
    inner = np.zeros(fine.shape[:2], np.uint8)
    cv2.fillPoly(inner, [np.round(ring).astype(np.int32)], 255)
    grow = max(1, round(0.017 * face.unit * 2))
    around = cv2.dilate(inner, _disc(3 * grow))
    inner = cv2.dilate(inner, _disc(grow)).astype(np.uint8)
    if mouth.gap > DEEP_GAP:
        # The dark corners of a broad smile, which the points leave out.
        grey = cv2.cvtColor(fine, cv2.COLOR_BGR2GRAY)
        dark = np.where((grey < 0.5 * 255 * tone.light) & (around > 0), 255, 0)
        inner = cv2.dilate(np.maximum(inner, dark).astype(np.uint8), _disc(2)).astype(np.uint8)
    x, y, wide, high = cv2.boundingRect(inner)
    part = np.s_[max(0, y - 12) : y + high + 12, max(0, x - 12) : x + wide + 12]
    out = fine.copy()
    out[part] = cv2.inpaint(fine[part], inner[part], 4, cv2.INPAINT_TELEA)
    return out


def _disc(radius: int) -> NDArray[np.uint8]:
    side = 2 * radius + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)).astype(np.uint8)


def _moved(mouth: Lips, shape: Shape) -> Lips:
    """The lips after they were shut."""

    def curve(source: Curve, *, upper: bool) -> tuple[Floats, Floats]:
        v = source(SAMPLES)
        u = (mouth.middle + mouth.half * SAMPLES).astype(np.float32)
        motion = Motion(mouth, u[None], v[None])
        field = motion.upper(shape) if upper else motion.lower(shape)
        return u + field.du[0], v + field.dv[0]

    inner_u, inner_v = curve(mouth.upper, upper=True)
    half = float(inner_u[-1] - inner_u[0]) / 2
    middle = float(inner_u[-1] + inner_u[0]) / 2

    def again(u: Floats, v: Floats) -> Curve:
        return through(((u - middle) / half).astype(np.float32), v)

    line = again(inner_u, inner_v)
    return replace(
        mouth,
        middle=middle,
        half=half,
        upper=line,
        lower=line,
        outer_upper=again(*curve(mouth.outer_upper, upper=True)),
        outer_lower=again(*curve(mouth.outer_lower, upper=False)),
    )


def _contact(face: Face, mouth: Lips, fine: Bgr, box: Box) -> Bgr:
    """The shadow where shut lips touch, redder than it is dark."""
    x, y, wide, high = (2 * n for n in box)
    across = (np.arange(x, x + wide, dtype=np.float32) - 0.5) / 2
    down = (np.arange(y, y + high, dtype=np.float32) - 0.5) / 2
    u, v, _ = face.uv(*np.meshgrid(across, down))
    t = ((u - np.float32(mouth.middle)) / np.float32(mouth.half)).astype(np.float32)
    distance = (v - mouth.upper(t)) * np.float32(face.unit)
    # px at 512 px frames, where the unit is about 140 px
    scale = face.unit / 140
    shade = 0.30 * np.exp(-((distance / (1.3 * scale)) ** 2))
    shade = shade + 0.18 * np.exp(-((distance / (3.2 * scale)) ** 2))
    shade = shade * (1 - smoothstep(np.abs(t), 0.86, 1.02))
    factor = 1 - shade[..., None] * np.array([1.0, 1.0, 0.70], np.float32)
    out = fine.copy()
    part = out[y : y + high, x : x + wide]
    part[:] = np.clip(part * factor, 0, 255).astype(np.uint8)
    return out
