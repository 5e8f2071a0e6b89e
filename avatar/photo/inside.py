"""What an open mouth shows: cavity, teeth, tongue, drawn in the photo's light and sharpness."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.photo.curves import Floats, smoothstep
from avatar.photo.lips import Lips
from avatar.photo.motion import Shape

Colour = NDArray[np.float32]
"""BGR, 0..255, float32, shape (3,)."""

TOOTH_EDGES = (0.0, 0.26, 0.49, 0.70, 0.88, 1.02)
TOOTH_COLOUR = np.array([0.77, 0.89, 0.95], np.float32) * 255

# The tip of a tongue between the teeth: its height over the lips' line, in units of E, and its
# half width in that of the mouth.
TIP_TOP, TIP_HIGH, TIP_HALF = 0.018, 0.034, 0.40
# How much darker a shadow in the mouth is for blue, green and red: flesh around it is red.
SHADOW = np.array([1.0, 0.95, 0.83], np.float32)
# How much of its light skin lacks in one colour.
USUAL_CHROMA = 0.3
# Of blue, green and red (BT.601).
LUMINANCE = np.array([0.114, 0.587, 0.299], np.float32)


@dataclass(frozen=True, slots=True)
class Tone:
    """The photo's light: luminance 0..1 of the lower face, the lips' colour, its blur in px."""

    light: float
    lip: Colour
    skin: Colour
    blur_px: float

    @property
    def colourful(self) -> float:
        """0 in a black-and-white photo, 1 where skin has the colour that it usually has."""
        low, high = float(self.skin.min()), float(self.skin.max())
        return min(1.0, (high - low) / max(1.0, high) / USUAL_CHROMA)


class Inside:
    """The inside of one mouth over a grid of head coordinates (of the new picture)."""

    def __init__(self, mouth: Lips, tone: Tone, u: Floats, v: Floats, *, teeth: bool) -> None:
        self._mouth, self._tone, self._teeth = mouth, tone, teeth
        self._x = ((u - np.float32(mouth.middle)) / np.float32(mouth.half)).astype(np.float32)
        self._v = v - np.float32(mouth.centre_v)

    def paint(self, shape: Shape, above: Floats, below: Floats) -> Floats:
        """BGR, float32, shape (rows, columns, 3).

        ``above`` and ``below`` are how far each place is from the upper and the lower lip's edge,
        in units of E, positive inside the opening.
        """
        picture = self._cavity(below)
        picture = self._tongue(picture, shape)
        if self._teeth:
            picture = self._lower_teeth(picture, shape)
            picture = self._upper_teeth(picture, shape)
            picture = self._tip(picture, shape, below)
        low = 0.85 if shape.bite > 0.5 else 0.68
        shade = low + (1 - low) * smoothstep(above, 0.0, 0.05)
        side = 1 - 0.22 * smoothstep(np.abs(self._x), 0.5, 1.0)
        picture = _shaded(picture, shade * side)
        narrow = 1 - smoothstep(above + below, 0.006, 0.036)
        wet = self._tone.lip * np.float32(0.46)
        picture = picture + (wet - picture) * narrow[..., None]
        if self._teeth:
            # Fur may be grey in a picture that has colours.
            grey = (picture @ LUMINANCE)[..., None]
            picture = grey + (picture - grey) * np.float32(self._tone.colourful)
        if self._tone.blur_px > 0.3:
            picture = cv2.GaussianBlur(picture, (0, 0), self._tone.blur_px)
        return np.asarray(picture, np.float32)

    def _cavity(self, below: Floats) -> Floats:
        """Warm dark red, darker to the back and the sides, wet by the lower lip."""
        light = 0.4 + 0.75 * self._tone.light
        depth = smoothstep(self._v, -0.02, 0.22)[..., None]
        near = np.array([28, 22, 66], np.float32) * light
        far = np.array([13, 10, 28], np.float32) * light
        picture = far + (near - far) * depth
        picture = picture * (1 - 0.4 * smoothstep(np.abs(self._x), 0.3, 0.95))[..., None]
        wet = self._tone.lip * np.array([0.34, 0.34, 0.46], np.float32)
        edge = (1 - smoothstep(below, 0.0, 0.028))[..., None]
        return np.asarray(picture + (wet - picture) * edge, np.float32)

    def _tongue(self, picture: Floats, shape: Shape) -> Floats:
        """A half ellipse that lies on the floor of the mouth, or rises to the teeth."""
        top = 0.72 * shape.drop - 0.022 - (0.60 * shape.drop + 0.022) * shape.tongue
        wide = 0.62 - 0.10 * shape.pucker - 0.08 * shape.tongue
        high = 0.085 + 0.03 * shape.tongue
        x = self._x / np.float32(wide)
        y = (self._v - np.float32(top + high)) / np.float32(high)
        body = smoothstep((1 - x * x - np.minimum(y, 0) ** 2).astype(np.float32), 0.0, 0.16)
        light = 0.45 + 0.85 * self._tone.light
        pink = np.array([112, 104, 190], np.float32) * light
        rise = smoothstep(self._v, top, top + 0.07)
        groove = 1 - 0.16 * np.exp(-((self._x / 0.07) ** 2)) * rise
        shine = 1.12 - 0.34 * rise - 0.22 * x * x
        # Teeth shade it.
        lit = 0.66 if self._teeth else 0.86
        shown = pink * (shine * groove)[..., None] * (lit + (1 - lit) * shape.tongue)
        share = (body * (0.80 + 0.2 * shape.tongue))[..., None]
        return np.asarray(picture + (shown - picture) * share, np.float32)

    def _tip(self, picture: Floats, shape: Shape, below: Floats) -> Floats:
        """The tongue's tip before the teeth, as in TH and L: narrow, lit, between dark corners."""
        if shape.tongue <= 0:
            return picture
        x = self._x / np.float32(TIP_HALF)
        y = (self._v - np.float32(TIP_TOP + TIP_HIGH)) / np.float32(TIP_HIGH)
        body = smoothstep((1 - x * x - np.minimum(y, 0) ** 2).astype(np.float32), 0.0, 0.22)
        ring = smoothstep((1.5 - x * x - np.minimum(y, 0) ** 2).astype(np.float32), 0.0, 0.7)
        light = min(1.0, 0.45 + 0.75 * self._tone.light)
        pink = np.array([108, 102, 196], np.float32) * light
        pink = pink + (self._tone.lip - pink) * np.float32(0.3)
        shine = 1.0 + 0.12 * np.exp(-(((y + 0.35) / 0.3) ** 2) - x * x * 3) - 0.14 * x * x
        groove = 1 - 0.14 * np.exp(-((x / 0.14) ** 2)) * smoothstep(y, -0.6, 0.4)
        foot = 0.72 + 0.28 * smoothstep(below, 0.0, 0.02)
        shown = pink * (shine * groove * foot)[..., None]
        amount = np.float32(shape.tongue)
        picture = picture * (1 - 0.55 * amount * ring)[..., None]
        return np.asarray(picture + (shown - picture) * (amount * body)[..., None], np.float32)

    def _upper_teeth(self, picture: Floats, shape: Shape) -> Floats:
        """One row, fixed to the skull; each crown is rounded and darker at its borders."""
        x = np.abs(self._x) / np.float32(0.86)
        edge = 0.043 - 0.030 * self._x**2 - 0.022 * shape.pucker
        tooth, border = _tooth(x)
        low = edge - 0.010 * np.abs(2 * tooth - 1) ** 5
        low = low - np.where((x > 0.26) & (x < 0.49), 0.006, 0.0)
        share = smoothstep((low - self._v).astype(np.float32), -0.004, 0.006)
        share = share * (1 - smoothstep(x, 0.97, 1.03)) * (1 - 0.6 * shape.pucker)
        tint = 0.97 - 0.13 * border - 0.20 * smoothstep(x, 0.45, 1.0)
        root = 1 - 0.12 * smoothstep(-self._v, -0.01, 0.05)
        return self._lay(picture, share, tint * root)

    def _lower_teeth(self, picture: Floats, shape: Shape) -> Floats:
        """Dim, on the jaw, seen only when it is low."""
        amount = float(np.clip((shape.jaw - 0.45) / 0.4, 0, 1)) * 0.6
        if amount <= 0:
            return picture
        x = np.abs(self._x) / np.float32(0.60)
        top = 0.93 * shape.drop - 0.006 + 0.016 * self._x**2
        _, border = _tooth((x * 1.3).astype(np.float32))
        share = smoothstep((self._v - top).astype(np.float32), -0.004, 0.008)
        share = share * (1 - smoothstep(x, 0.9, 1.02)) * amount
        return self._lay(picture, share, 0.62 - 0.10 * border - 0.25 * x * x)

    def _lay(self, picture: Floats, share: Floats, tint: Floats) -> Floats:
        """Teeth take the picture's light and a little of the skin's colour."""
        light = min(1.0, 0.22 + 1.05 * self._tone.light)
        cast = self._tone.skin / max(1.0, float(self._tone.skin.max()))
        white = TOOTH_COLOUR * light * (0.78 + 0.22 * cast)
        shown = _shaded(np.broadcast_to(white, (*tint.shape, 3)), tint)
        return np.asarray(picture + (shown - picture) * share[..., None], np.float32)


def _shaded(picture: Floats, light: Floats) -> Floats:
    """A picture under a light of 0..1 (or a little more), whose shadows are warm."""
    return np.asarray(picture * (1 - (1 - light[..., None]) * SHADOW), np.float32)


def _tooth(x: Floats) -> tuple[Floats, Floats]:
    """Where in its tooth (0..1) each place lies, and 1 at the borders between teeth."""
    edges = np.array(TOOTH_EDGES, np.float32)
    index = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, len(edges) - 2)
    within = (x - edges[index]) / (edges[index + 1] - edges[index])
    distance = np.minimum(np.abs(x - edges[index]), np.abs(x - edges[index + 1]))
    border = np.exp(-((distance / 0.022) ** 2))
    return within.astype(np.float32), border.astype(np.float32)
