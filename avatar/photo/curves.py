"""Small functions of one variable: smooth steps, and curves through points."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]
"""Real numbers: float32 where they leave a function, float64 inside a formula at times."""

REACH = 3.0
STEP = 0.01


def smoothstep(value: Floats, low: float, high: float) -> Floats:
    """0 below ``low``, 1 above ``high``, smooth in between."""
    x = np.clip((value - np.float32(low)) / np.float32(high - low), 0.0, 1.0)
    return np.asarray((x * x * (3.0 - 2.0 * x)), np.float32)


def beyond(value: Floats, limit: float) -> Floats:
    """How far |value| is over the limit; 0 below it."""
    return np.maximum(np.abs(value) - np.float32(limit), 0.0).astype(np.float32)


def bump(value: Floats, width: float) -> Floats:
    """A bell: 1 at 0, 1/e at ``width``."""
    return np.exp(-((value / np.float32(width)) ** 2)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Curve:
    """v over t in -3..3, tabulated: float32, shape (601,)."""

    values: Floats

    def __call__(self, t: Floats) -> Floats:
        """Its value, flat beyond the ends."""
        place = np.clip((t + np.float32(REACH)) / np.float32(STEP), 0, len(self.values) - 1.001)
        index = place.astype(np.int32)
        share = (place - index).astype(np.float32)
        out = self.values[index] * (1 - share) + self.values[index + 1] * share
        return np.asarray(out, np.float32)

    def blurred(self, sigma_samples: float) -> "Curve":
        """The curve without its steep parts."""
        reach = int(3 * sigma_samples)
        kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma_samples) ** 2)
        padded = np.pad(self.values, reach, mode="edge")
        return Curve(np.convolve(padded, kernel / kernel.sum(), "valid").astype(np.float32))


def table_t() -> Floats:
    """The places at which curves are tabulated."""
    return np.arange(-REACH, REACH + STEP / 2, STEP).astype(np.float32)


def through(t: Floats, v: Floats) -> Curve:
    """A curve through points without overshoot (Fritsch and Carlson's monotone cubic)."""
    order = np.argsort(t)
    x, y = t[order].astype(np.float64), v[order].astype(np.float64)
    x = np.maximum.accumulate(x + np.arange(len(x)) * 1e-6)
    step, slope = np.diff(x), np.diff(y) / np.diff(x)
    tangent = np.zeros_like(x)
    same = slope[:-1] * slope[1:] > 0
    w1, w2 = 2 * step[1:] + step[:-1], step[1:] + 2 * step[:-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        tangent[1:-1] = np.where(same, (w1 + w2) / (w1 / slope[:-1] + w2 / slope[1:]), 0.0)
    tangent[0], tangent[-1] = slope[0], slope[-1]
    at = np.clip(table_t().astype(np.float64), x[0], x[-1])
    i = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(x) - 2)
    h = step[i]
    s = (at - x[i]) / h
    values = (
        y[i] * (1 + 2 * s) * (1 - s) ** 2
        + h * tangent[i] * s * (1 - s) ** 2
        + y[i + 1] * s * s * (3 - 2 * s)
        + h * tangent[i + 1] * s * s * (s - 1)
    )
    return Curve(values.astype(np.float32))
