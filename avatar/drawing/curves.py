"""Small geometry for SVG path data: numbers, mirrored shapes, and bundles of hair strands."""

from collections.abc import Sequence

Point = tuple[float, float]
Cubic = tuple[Point, Point, Point, Point]


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


def mirror(points: Sequence[Point], axis_x: float) -> list[Point]:
    """The points reflected at the vertical line ``axis_x``, in reverse order."""
    return [(2 * axis_x - x, y) for x, y in reversed(points)]


def between(a: Sequence[Point], b: Sequence[Point], share: float) -> list[Point]:
    """The polyline at ``share`` (0 = ``a``, 1 = ``b``) of the way between two equally long ones."""
    return [
        (p[0] + (q[0] - p[0]) * share, p[1] + (q[1] - p[1]) * share)
        for p, q in zip(a, b, strict=True)
    ]


def strands(
    a: Sequence[Point], b: Sequence[Point], strokes: Sequence[tuple[float, float, str, float]]
) -> str:
    """Hair strands between the outlines ``a`` and ``b``.

    ``strokes`` are (share between a and b, width in px, colour, opacity).
    """
    return "".join(
        f'<path d="{smooth(between(a, b, share))}" fill="none" stroke="{colour}" '
        f'stroke-width="{number(width)}" stroke-opacity="{number(opacity)}" '
        'stroke-linecap="round"/>'
        for share, width, colour, opacity in strokes
    )
