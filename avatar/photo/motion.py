"""How skin and lips move with an articulation: one smooth field for each side of the mouth's line.

Both fields agree exactly at the corners of the mouth and beyond, so that nothing tears there: every
term that differs between the sides carries a factor that is 0 at the corners. Displacements are in
units of E, in head coordinates, as functions of where the skin lies in the photo.
"""

from dataclasses import dataclass

import numpy as np

from avatar.photo.curves import Floats, beyond, bump, smoothstep
from avatar.photo.lips import Lips

JAW_MAX = 0.20


@dataclass(frozen=True, slots=True)
class Shape:
    """One articulation, each 0..1; ``close`` shuts lips that a photo shows open.

    ``fill`` gives back to stretched lips what a smile took from them.
    """

    jaw: float = 0.0
    pucker: float = 0.0
    stretch: float = 0.0
    press: float = 0.0
    bite: float = 0.0
    tongue: float = 0.0
    smile: float = 0.0
    close: float = 0.0
    fill: float = 0.0
    jaw_max: float = JAW_MAX

    @property
    def drop(self) -> float:
        """How far the jaw is down, in units of E."""
        return self.jaw_max * self.jaw


@dataclass(frozen=True, slots=True)
class Field:
    """A displacement (du, dv) of every place of a grid."""

    du: Floats
    dv: Floats


def opening(t: Floats, shape: Shape) -> Floats:
    """The profile of the opening over t: 1 in the middle, 0 before the corners, which stay shut."""
    end = min(
        0.985,
        0.86 + 0.12 * min(1.0, shape.jaw / 0.6) + 0.03 * shape.stretch - 0.22 * shape.pucker,
    )
    base = np.maximum(1.0 - (t / np.float32(end)) ** 2, 0.0)
    return np.asarray(base ** (0.72 - 0.12 * shape.pucker), np.float32)


class Motion:
    """The fields of one mouth over a grid of head coordinates."""

    def __init__(self, mouth: Lips, u: Floats, v: Floats) -> None:
        self._mouth = mouth
        self._u, self._v = u, v
        t = ((u - np.float32(mouth.middle)) / np.float32(mouth.half)).astype(np.float32)
        self._t = t
        self._lateral = 1 - smoothstep(np.abs(u - np.float32(mouth.middle)), 0.16, 0.76)
        self._quad, self._straight = mouth.quad()(t), mouth.straight()(t)
        far = mouth.reach
        self._window = (
            (1 - smoothstep(np.abs(u - np.float32(mouth.middle)), 0.60 * far, 0.76 * far))
            * smoothstep(v, mouth.nose_v - 0.08, mouth.nose_v + 0.02)
            * (1 - smoothstep(v, mouth.chin_v + 0.38 * far, mouth.chin_v + 0.56 * far))
        )
        blur = 5.0 if mouth.gap > 0 else 0.0
        self._upper = mouth.upper.blurred(blur)(t) if blur else mouth.upper(t)
        self._lower = mouth.lower.blurred(blur)(t) if blur else mouth.lower(t)

    def upper(self, shape: Shape) -> Field:
        """What the upper lip and all above do."""
        mouth, t, line = self._mouth, self._t, self._upper
        a, y = opening(t, shape), self._v - line
        thick = np.maximum(line - mouth.outer_upper(t), 0.02)
        mix = self._mix(a, np.maximum(-y, 0.0), thick)
        decay = 1 - smoothstep((line - self._v) / (line - mouth.nose_v + 0.02), 0.0, 1.0)
        dv = shape.drop * (0.40 * (1 - mix) - 0.07 * mix) * decay * self._lateral
        dv = dv + self._flatten(shape, a, y, 0.35) + self._smile(shape, y)
        dv = dv + self._swell(shape, y, thick, 0.05 * shape.press + 0.42 * shape.fill)
        dv = dv - 0.018 * self._round(shape) * mix * decay
        dv = dv - 0.034 * shape.bite * np.maximum(1 - (t / 0.8) ** 2, 0) ** 0.7 * decay
        dv = dv + 0.35 * shape.close * (self._lower - self._upper) * decay
        return self._field(shape, dv)

    def lower(self, shape: Shape) -> Field:
        """What the lower lip, the chin and all below do."""
        mouth, t, line = self._mouth, self._t, self._lower
        a, y = opening(t, shape), self._v - line
        thick = np.maximum(mouth.outer_lower(t) - line, 0.02)
        mix = self._mix(a, np.maximum(y, 0.0), thick)
        neck = 1 - smoothstep(self._v, mouth.chin_v + 0.03, mouth.chin_v + 0.49)
        down = smoothstep((self._v - line) / (mouth.chin_v - line), 0.0, 1.0)
        share = 0.40 + 0.52 * mix
        dv = shape.drop * (share + (0.94 - share) * down) * self._lateral * neck
        dv = dv + self._flatten(shape, a, y, 0.8) + self._smile(shape, y)
        thin = 0.34 * shape.fill - 0.11 * shape.pucker
        dv = dv + self._swell(shape, y, thick, thin)
        dv = dv + 0.018 * self._round(shape) * mix * neck
        roll = y * self._near(y, thick) * np.maximum(1 - (t / 0.9) ** 2, 0) ** 0.7
        dv = dv - shape.bite * (0.012 * mix + 0.40 * roll)
        dv = dv - 0.65 * shape.close * (self._lower - self._upper) * (1 - down)
        return self._field(shape, dv)

    def _mix(self, a: Floats, distance: Floats, thick: Floats) -> Floats:
        """Away from the lip's edge the opening's profile turns into a rounder one."""
        rounder = np.exp(-(self._t**4))
        return np.asarray(a + (rounder - a) * smoothstep(distance / thick, 0.15, 1.7), np.float32)

    def _round(self, shape: Shape) -> float:
        """A pucker parts the lips a little, unless they are pressed together."""
        return shape.pucker * (1 - shape.press) * min(1.0, shape.jaw / 0.06)

    def _near(self, y: Floats, thick: Floats) -> Floats:
        body = np.float32(0.9) * thick
        over = np.maximum(np.abs(y) - body, 0) / (body + 0.05)
        return np.asarray(np.exp(-(over**2)) * bump(beyond(self._t, 0.8), 0.5), np.float32)

    def _swell(self, shape: Shape, y: Floats, thick: Floats, more: float) -> Floats:
        amount = 0.20 * shape.pucker - 0.10 * shape.stretch - 0.08 * shape.smile
        return (amount - 0.5 * shape.press + more) * y * self._near(y, thick)

    def _flatten(self, shape: Shape, a: Floats, y: Floats, side: float) -> Floats:
        """A bumpy or smiling line becomes a plain one as the mouth opens."""
        amount = min(1.0, 0.75 * shape.jaw + 0.5 * shape.pucker)
        near = bump(y, 0.16) * bump(beyond(self._t, 1.0), 0.4)
        line = self._mouth.upper(self._t)
        bumps = (self._quad - line) * side * a + 0.62 * (self._straight - self._quad)
        return (amount * near * bumps).astype(np.float32)

    def _smile(self, shape: Shape, y: Floats) -> Floats:
        t = np.abs(self._t)
        corners = 0.075 * smoothstep(t, 0.0, 1.15) * bump(beyond(t, 1.0), 0.6)
        middle = 0.012 * (1 - smoothstep(t, 0.0, 0.6))
        return shape.smile * (middle - corners) * bump(y, 0.3)

    def _field(self, shape: Shape, dv: Floats) -> Field:
        mouth, t = self._mouth, self._t
        amount = 0.17 * shape.stretch - 0.34 * shape.pucker + 0.13 * shape.smile
        amount -= 0.10 * shape.jaw * (1 - shape.pucker) * (1 - shape.stretch) + 0.12 * shape.fill
        du = mouth.half * amount * t * bump(beyond(t, 0.75), 0.85)
        du = du * bump(self._v - np.float32(mouth.centre_v), 0.30)
        return Field((du * self._window).astype(np.float32), (dv * self._window).astype(np.float32))
