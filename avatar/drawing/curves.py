"""Small geometry for SVG path data: numbers, splines, mirrored shapes, polylines in between."""

import math
from collections.abc import Sequence
from itertools import pairwise

Point = tuple[float, float]


def number(value: float) -> str:
    """A coordinate with two decimals and no trailing zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def at(point: Point) -> str:
    """One point as SVG path text."""
    return f"{number(point[0])},{number(point[1])}"


def smooth(points: Sequence[Point], *, closed: bool = False, tension: float = 1.0) -> str:
    """Path data of a Catmull-Rom spline through ``points`` (at least 2)."""
    count = len(points)
    last = count if closed else count - 1
    parts = [f"M{at(points[0])}"]
    for i in range(last):
        p0 = points[(i - 1) % count] if closed or i else points[0]
        p1, p2 = points[i % count], points[(i + 1) % count]
        p3 = points[(i + 2) % count] if closed or i + 2 < count else p2
        k = tension / 6.0
        c1 = (p1[0] + (p2[0] - p0[0]) * k, p1[1] + (p2[1] - p0[1]) * k)
        c2 = (p2[0] - (p3[0] - p1[0]) * k, p2[1] - (p3[1] - p1[1]) * k)
        parts.append(f"C{at(c1)} {at(c2)} {at(p2)}")
    return "".join(parts) + ("Z" if closed else "")


def ring(there: Sequence[Point], back: Sequence[Point]) -> str:
    """A closed shape between two splines of the same direction; their ends are joined straight."""
    return f"{smooth(there)}L{smooth(list(reversed(back)))[1:]}Z"


def mirror(points: Sequence[Point]) -> list[Point]:
    """The points reflected at x = 0, in reverse order."""
    return [(-x, y) for x, y in reversed(points)]


def flip(points: Sequence[Point]) -> list[Point]:
    """The points reflected at x = 0, in their order."""
    return [(-x, y) for x, y in points]


def between(a: Sequence[Point], b: Sequence[Point], share: float) -> list[Point]:
    """The polyline at ``share`` (0 = ``a``, 1 = ``b``) of the way between two equally long ones."""
    return [
        (p[0] + (q[0] - p[0]) * share, p[1] + (q[1] - p[1]) * share)
        for p, q in zip(a, b, strict=True)
    ]


def sampled(points: Sequence[Point], count: int) -> list[Point]:
    """``count`` points evenly along the spline through ``points``."""
    fine = [_on(points, i / (24 * (len(points) - 1))) for i in range(24 * (len(points) - 1) + 1)]
    lengths = [0.0]
    for a, b in pairwise(fine):
        lengths.append(lengths[-1] + math.dist(a, b))
    out, place = [], 0
    for i in range(count):
        want = lengths[-1] * i / (count - 1)
        while place < len(lengths) - 2 and lengths[place + 1] < want:
            place += 1
        span = lengths[place + 1] - lengths[place] or 1.0
        share = (want - lengths[place]) / span
        a, b = fine[place], fine[place + 1]
        out.append((a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share))
    return out


def _on(points: Sequence[Point], share: float) -> Point:
    """A point of the Catmull-Rom spline at a share of its parameter."""
    place = min(len(points) - 2, int(share * (len(points) - 1)))
    t = share * (len(points) - 1) - place
    p0 = points[max(0, place - 1)]
    p1, p2 = points[place], points[place + 1]
    p3 = points[min(len(points) - 1, place + 2)]

    def axis(a: float, b: float, c: float, d: float) -> float:
        return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))

    return axis(p0[0], p1[0], p2[0], p3[0]), axis(p0[1], p1[1], p2[1], p3[1])
