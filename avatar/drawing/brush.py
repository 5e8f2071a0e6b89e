"""Marks of the pencil in both art directions: soft light in the studio, flat shapes on a poster."""

from collections.abc import Sequence

from avatar.drawing.curves import Point, between, number, smooth

SMEAR = (1.0, 0.8, 0.62, 0.45, 0.3, 0.16)


def fill(d: str, colour: str, opacity: float = 1.0) -> str:
    """A filled path."""
    seen = "" if opacity >= 1.0 else f' fill-opacity="{number(opacity)}"'
    return f'<path d="{d}" fill="{colour}"{seen}/>'


def line(d: str, colour: str, width: float, opacity: float = 1.0) -> str:
    """A stroke with round ends."""
    seen = "" if opacity >= 1.0 else f' stroke-opacity="{number(opacity)}"'
    return (
        f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{number(width)}"{seen} '
        'stroke-linecap="round" stroke-linejoin="round"/>'
    )


def smear(d: str, colour: str, width: float, opacity: float) -> str:
    """A stroke with soft edges, made of strokes over strokes: a blur costs far more."""
    part = 1.0 - (1.0 - min(0.98, opacity)) ** (1.0 / len(SMEAR))
    return "".join(line(d, colour, width * share, part) for share in SMEAR)


def blob(place: Point, radii: Point, colour: str, opacity: float) -> str:
    """A soft spot of colour."""
    name = f"blob{colour[1:]}"
    return (
        f'<radialGradient id="{name}"><stop offset="0" stop-color="{colour}"/>'
        f'<stop offset="0.35" stop-color="{colour}" stop-opacity="0.72"/>'
        f'<stop offset="0.7" stop-color="{colour}" stop-opacity="0.22"/>'
        f'<stop offset="1" stop-color="{colour}" stop-opacity="0"/></radialGradient>'
        + oval(place, radii, f"url(#{name})", opacity)
    )


def oval(place: Point, radii: Point, colour: str, opacity: float = 1.0) -> str:
    """An ellipse."""
    seen = "" if opacity >= 1.0 else f' opacity="{number(opacity)}"'
    return (
        f'<ellipse cx="{number(place[0])}" cy="{number(place[1])}" rx="{number(radii[0])}" '
        f'ry="{number(radii[1])}" fill="{colour}"{seen}/>'
    )


def gradient(
    name: str, stops: Sequence[tuple[float, str]], ends: tuple[float, float, float, float]
) -> str:
    """A linear gradient; ``ends`` are x1, y1, x2, y2 as shares of the shape's box."""
    x1, y1, x2, y2 = ends
    inner = "".join(f'<stop offset="{number(at)}" stop-color="{colour}"/>' for at, colour in stops)
    return (
        f'<linearGradient id="{name}" x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" '
        f'y2="{number(y2)}">{inner}</linearGradient>'
    )


def clipped(name: str, d: str, content: str) -> str:
    """What lies inside of a path."""
    return (
        f'<clipPath id="{name}"><path d="{d}"/></clipPath><g clip-path="url(#{name})">{content}</g>'
    )


def placed(content: str, place: Point, scale: Point = (1.0, 1.0), turn_deg: float = 0.0) -> str:
    """A group moved, then turned, then scaled."""
    turn = f" rotate({number(turn_deg)})" if turn_deg else ""
    return (
        f'<g transform="translate({number(place[0])},{number(place[1])}){turn} '
        f'scale({number(scale[0])},{number(scale[1])})">{content}</g>'
    )


def strands(
    a: Sequence[Point], b: Sequence[Point], strokes: Sequence[tuple[float, float, str, float]]
) -> str:
    """Hair strands between two polylines of equal length.

    ``strokes`` are (share between a and b, width in px, colour, opacity).
    """
    return "".join(
        line(smooth(between(a, b, share)), colour, width, opacity)
        for share, width, colour, opacity in strokes
    )
