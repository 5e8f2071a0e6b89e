"""Hair in curls, from a heap of them to a cloud."""

import math

from avatar.drawing.brush import clipped, fill, line, oval
from avatar.drawing.curves import Point, mirror, number, ring, sampled, smooth
from avatar.drawing.locks import INK_PX, Pair, on_face
from avatar.drawing.look import Look
from avatar.drawing.palette import Palette, mix
from avatar.drawing.shape import Shape
from avatar.drawing.shorthair import cap

# Middle and radius.
Ball = tuple[float, float, float]


def _heap(places: list[Ball], paint: Palette) -> str:
    """A heap of curls: their mass first, then the coils that catch the lamp."""
    tone = paint.hair
    mass, coils = [], []
    for i, (x, y, r) in enumerate(places):
        shade = 0.45 * max(0.0, x / 110.0) + 0.35 * max(0.0, (y - 200.0) / 130.0)
        mass.append(
            oval((x, y), (r, r), tone.base if paint.flat else mix(tone.base, tone.shade, shade))
        )
        coils += [
            _coil(x, y, r * (0.92 - 0.27 * k), i * 2.4 + k * 1.9, k, paint)
            for k in range(1 if paint.flat else 3)
        ]
    return _halo(places, paint) + "".join(mass) + "".join(coils)


def _coil(x: float, y: float, r: float, turn: float, k: int, paint: Palette) -> str:
    """Three quarters of a turn, light above and dark below."""
    points = [
        (x + math.cos(turn + step * 0.85) * r, y + math.sin(turn + step * 0.85) * r * 0.9)
        for step in range(5)
    ]
    above = points[2][1] < y
    if paint.flat:
        return line(smooth(points), paint.hair.light if above else paint.hair.shade, 1.8, 0.75)
    colour = (paint.hair.light, paint.shine)[k % 2] if above else paint.hair.deep
    return line(smooth(points), colour, 2.2 - 0.4 * k, 0.34 if above else 0.4)


def _halo(places: list[Ball], paint: Palette) -> str:
    """The ink around a heap of balls: the same balls a little larger, below."""
    if not paint.flat:
        return ""
    return "".join(oval((x, y), (r + INK_PX, r + INK_PX), paint.ink) for x, y, r in places)


def curls(shape: Shape, paint: Palette, look: Look) -> Pair:
    """A heap of curls; a woman's reach the jaw."""
    w = shape.wide
    woman = look.form == "woman"
    behind: list[Ball] = []
    if woman:
        for row, y in enumerate((150.0, 186.0, 222.0, 258.0, 292.0, 322.0)):
            out = w + 19 + 7 * math.sin(row * 1.4) + min(row, 4) * 2
            behind += [(s * (out - 4), y, 23.0) for s in (-1.0, 1.0)]
            behind += [(s * (out - 34), y + 12, 22.0) for s in (-1.0, 1.0)]
    top: list[Ball] = []
    for i in range(13):
        angle = math.pi * (1.03 - 1.06 * i / 12)
        top.append((math.cos(angle) * (w + 8), 136 - math.sin(angle) * 76, 19.0 + 3 * (i % 2)))
    for i in range(9):
        angle = math.pi * (0.94 - 0.88 * i / 8)
        top.append((math.cos(angle) * (w - 18), 134 - math.sin(angle) * 52, 19.0 + 2 * (i % 3)))
    top += [(-48.0 + i * 19.5, 104.0 + 7 * abs(i - 2.5) + (i % 2) * 6, 16.0) for i in range(6)]
    sides = [
        (s * (w + 2), y, 13.0) for s in (-1.0, 1.0) for y in ((176.0, 196.0) if woman else (170.0,))
    ]
    cast = "".join(
        oval((x + 3, y + 8), (r, r), paint.skin.deep, 0.30 if paint.flat else 0.2)
        for x, y, r in top[13:]
    )
    cast = on_face(cast)
    rear = _heap(behind, paint)
    front = cast + _heap(sides + top, paint)
    return rear + cap(shape, paint, 70.0), front


def afro(shape: Shape, paint: Palette, look: Look) -> Pair:
    """A round cloud of small curls."""
    woman = look.form == "woman"
    out, middle, high = shape.wide + (48.0 if woman else 30.0), 136.0, 116.0 if woman else 94.0
    rim: list[Ball] = []
    for i in range(64):
        angle = 2 * math.pi * i / 64
        reach = 0.93 + 0.035 * math.sin(i * 12.9898)
        x, y = math.cos(angle) * out * reach, middle + math.sin(angle) * high * reach
        if y < middle + high * 0.72:
            rim.append((x, y, 7.5 + 2.5 * abs(math.sin(i * 4.7))))
    tone = paint.hair
    cloud = tone.base if paint.flat else "url(#cloud)"
    defs = (
        f'<radialGradient id="cloud" gradientUnits="userSpaceOnUse" cx="{number(-out * 0.35)}" '
        f'cy="{number(middle - high * 0.5)}" r="{number(out * 1.75)}">'
        f'<stop offset="0" stop-color="{mix(tone.base, tone.light, 0.6)}"/>'
        f'<stop offset="0.5" stop-color="{tone.base}"/><stop offset="1" stop-color="{tone.deep}"/>'
        "</radialGradient>"
    )
    edge = "".join(oval((x, y), (r, r), cloud) for x, y, r in rim)
    fuzz = _fuzz(out, high, middle, paint)
    body = oval((0.0, middle), (out * 0.95, high * 0.95), cloud)
    rear = defs + _halo(rim, paint) + edge + body + fuzz
    return rear, defs + _hairline(shape, cloud, fuzz, paint)


def _fuzz(out: float, high: float, middle: float, paint: Palette) -> str:
    count = 90 if paint.flat else 420
    parts = []
    tone = paint.hair
    for i in range(count):
        angle, reach = i * 2.399963, math.sqrt((i + 0.5) / count)
        x, y = math.cos(angle) * reach * (out - 5), middle + math.sin(angle) * reach * (high - 5)
        r = 3.6 + i % 3
        arc = (
            f"M{number(x - r)},{number(y)}Q{number(x - r * 0.2)},{number(y - r * 1.4)} "
            f"{number(x + r * 0.9)},{number(y - r * 0.3)}"
        )
        lit = (i % 3 == 0) if (x > 20 or y > middle) else (i % 3 != 0)
        parts.append(line(arc, tone.light if lit else tone.deep, 1.5, 0.34))
    return "".join(parts)


def _hairline(shape: Shape, cloud: str, fuzz: str, paint: Palette) -> str:
    """What of the cloud lies before the skull, with small curls along the forehead."""
    w = shape.wide
    rim: list[Point] = [(-w - 6, 204.0), (-w - 16, 150.0), (-66.0, 86.0), (0.0, 64.0)]
    edge: list[Point] = [(-w + 5, 200.0), (-w + 7, 164.0), (-52.0, 126.0), (0.0, 114.0)]
    outer, inner = [*rim, *mirror(rim)[1:]], [*edge, *mirror(edge)[1:]]
    bumps = sampled(inner, 42)
    band = ring(outer, inner)
    cast = "".join(oval((x + 1, y + 5), (7.0, 7.0), paint.skin.deep, 0.22) for x, y in bumps)
    small = "".join(
        oval((x, y - 2), (5.0 + i % 3, 5.0 + i * 7 % 3), cloud) for i, (x, y) in enumerate(bumps)
    )
    return on_face(cast) + fill(band, cloud) + small + clipped("bandclip", band, fuzz)
