"""Hair that is short, curly, shaved, or covered."""

import math

from avatar.drawing.brush import blob, clipped, fill, line, oval, smear
from avatar.drawing.curves import Point, mirror, number, ring, sampled, smooth
from avatar.drawing.locks import INK_PX, Lock, Pair, gleam, hair_defs, lock, on_face
from avatar.drawing.look import Look
from avatar.drawing.palette import Palette, mix
from avatar.drawing.shape import Shape


def _sides(shape: Shape, paint: Palette, low: float, bulge: float) -> str:
    """The hair over the temples, down to sideburns."""
    w = shape.wide
    parts = []
    for s in (-1, 1):
        outer: list[Point] = [
            (s * 52.0, 76.0),
            (s * (w - 2 + bulge), 112.0),
            (s * (w + 5 + bulge), 152.0),
            (s * (w + 4 + bulge * 0.6), 186.0),
            (s * (w - 1), low),
        ]
        inner: list[Point] = [
            (s * 44.0, 110.0),
            (s * 66.0, 134.0),
            (s * (w - 9), 158.0),
            (s * (w - 8), 186.0),
            (s * (w - 9), low),
        ]
        parts.append(lock(Lock(outer, inner), paint, count=14))
    return "".join(parts)


def short(shape: Shape, paint: Palette, look: Look) -> Pair:
    """A crop with a parting, combed to one side."""
    sweep = Lock(
        [(60.0, 108.0), (62.0, 72.0), (30.0, 49.0), (-20.0, 48.0), (-66.0, 76.0), (-88.0, 134.0)],
        [
            (60.0, 110.0),
            (38.0, 115.0),
            (6.0, 124.0),
            (-30.0, 128.0),
            (-60.0, 140.0),
            (-75.0, 168.0),
        ],
    )
    other = Lock(
        [(26.0, 56.0), (58.0, 62.0), (80.0, 90.0), (88.0, 122.0), (88.0, 150.0)],
        [(30.0, 100.0), (50.0, 106.0), (64.0, 122.0), (70.0, 138.0), (74.0, 164.0)],
    )
    front = (
        _sides(shape, paint, 214.0, 4.0)
        + lock(other, paint, count=14)
        + lock(sweep, paint, count=26)
    )
    shine = gleam("M-66,104C-48,80 -14,72 22,76", paint, 12.0, 0.45)
    return cap(shape, paint, 56.0), hair_defs(paint) + front + shine


def quiff(shape: Shape, paint: Palette, look: Look) -> Pair:
    """Short sides, and volume that is combed up from the forehead."""
    swell = Lock(
        [
            (-66.0, 140.0),
            (-80.0, 100.0),
            (-62.0, 62.0),
            (-12.0, 42.0),
            (44.0, 46.0),
            (78.0, 76.0),
            (74.0, 134.0),
        ],
        [
            (-62.0, 142.0),
            (-54.0, 122.0),
            (-34.0, 112.0),
            (0.0, 110.0),
            (30.0, 112.0),
            (54.0, 120.0),
            (68.0, 138.0),
        ],
    )
    up = _combed(swell, paint)
    shine = gleam("M-56,92C-36,68 2,60 38,68", paint, 11.0, 0.34)
    return cap(shape, paint, 66.0), hair_defs(paint) + _sides(shape, paint, 206.0, 0.0) + up + shine


def _combed(mass: Lock, paint: Palette) -> str:
    """Hair that rises from the hairline (inner) to the top (outer) with a sweep."""
    roots, tips = sampled(mass.inner, 44), sampled(mass.outer, 44)
    tone = paint.hair
    d = ring(mass.outer, mass.inner)
    cast_line = smooth(mass.inner)
    if paint.flat:
        few = "".join(
            line(
                f"M{number(x0)},{number(y0)}Q{number(x0 - 10)},{number((y0 + y1) / 2)} "
                f"{number(x0 * 0.55 + x1 * 0.45)},{number(y0 * 0.4 + y1 * 0.6)}",
                tone.shade,
                2.2,
            )
            for (x0, y0), (x1, y1) in list(zip(roots, tips, strict=True))[6:-6:6]
        )
        cast = on_face(line(cast_line, paint.skin.shade, 11.0))
        return (
            cast
            + fill(d, tone.base)
            + few
            + line(smooth(mass.outer), paint.ink, INK_PX)
            + line(cast_line, paint.ink, INK_PX)
        )
    hairs = ""
    for i, ((x0, y0), (x1, y1)) in enumerate(zip(roots, tips, strict=True)):
        colour = (tone.light, tone.deep, paint.shine, tone.shade)[i * 3 % 4]
        lean = 12 + i % 4 * 3
        hairs += line(
            f"M{number(x0)},{number(y0)}C{number(x0 - lean)},{number(y0 - 22)} "
            f"{number(x1 - lean * 0.6)},{number(y1 + 26)} {number(x1 + 4)},{number(y1 + 5)}",
            colour,
            1.2 + i % 3 * 0.5,
            0.26,
        )
    cast = on_face(smear(cast_line, paint.skin.deep, 14.0, 0.45))
    return (
        cast
        + fill(d, "url(#hair)")
        + clipped("combclip", d, hairs)
        + smear(cast_line, tone.deep, 4.0, 0.4)
    )


def cap(shape: Shape, paint: Palette, top: float) -> str:
    """What of short hair shows behind the head."""
    w = shape.wide
    left: list[Point] = [
        (0.0, top),
        (-46.0, top + 12),
        (-w - 1, 110.0),
        (-w - 6, 160.0),
        (-w + 2, 226.0),
        (-w + 22, 262.0),
    ]
    d = smooth([*left[::-1], *[(-x, y) for x, y in left][1:]]) + "Z"
    return fill(d, paint.hair.shade) + (line(d, paint.ink, INK_PX) if paint.flat else "")


def pixie(shape: Shape, paint: Palette, look: Look) -> Pair:
    """Short all around, with a long fringe swept over the forehead."""
    w = shape.wide
    sweep = Lock(
        [
            (40.0, 66.0),
            (4.0, 46.0),
            (-46.0, 56.0),
            (-84.0, 96.0),
            (-w - 15, 150.0),
            (-w - 4, 196.0),
        ],
        [
            (46.0, 84.0),
            (36.0, 112.0),
            (6.0, 134.0),
            (-34.0, 146.0),
            (-62.0, 158.0),
            (-w + 8, 190.0),
        ],
    )
    other = Lock(
        [(34.0, 60.0), (62.0, 62.0), (86.0, 98.0), (w + 13, 148.0), (w + 7, 190.0), (w - 3, 228.0)],
        [
            (42.0, 82.0),
            (52.0, 100.0),
            (64.0, 126.0),
            (w - 9, 156.0),
            (w - 8, 190.0),
            (w - 10, 226.0),
        ],
    )
    burn = Lock(
        [(-w - 10, 150.0), (-w - 9, 180.0), (-w - 5, 206.0), (-w + 4, 232.0)],
        [(-w + 6, 160.0), (-w + 8, 182.0), (-w + 8, 206.0), (-w + 8, 230.0)],
    )
    front = (
        lock(burn, paint, count=8, shadow=False) + lock(other, paint) + lock(sweep, paint, count=30)
    )
    shine = gleam("M-74,112C-54,80 -18,66 20,70", paint, 13.0, 0.5)
    return cap(shape, paint, 52.0), hair_defs(paint) + front + shine


def buzz(shape: Shape, paint: Palette, look: Look) -> Pair:
    """A few millimetres, with a sharp hairline."""
    w = shape.wide
    rim: list[Point] = [
        (-w + 1, 204.0),
        (-w - 3, 166.0),
        (-w + 2, 122.0),
        (-58.0, 86.0),
        (-30.0, 74.0),
        (0.0, 71.0),
    ]
    edge: list[Point] = [
        (-w + 8, 202.0),
        (-w + 9, 172.0),
        (-66.0, 148.0),
        (-56.0, 124.0),
        (-26.0, 119.0),
        (0.0, 118.0),
    ]
    outer, inner = [*rim, *mirror(rim)[1:]], [*edge, *mirror(edge)[1:]]
    d = ring(outer, inner)
    tone = paint.hair
    cast = mix(tone.base, paint.skin.base, 0.16)
    if paint.flat:
        return "", fill(d, cast) + line(smooth(outer), paint.ink, INK_PX)
    dots = ""
    for i in range(420):
        x = math.sin(i * 12.9898) * 43758.5453 % 1.0 * 2 - 1
        y = math.sin(i * 78.233 + 1.0) * 24634.6345 % 1.0
        dots += oval(
            (x * (w + 4), 70 + y * 136), (0.9, 1.5), tone.light if i % 3 else tone.deep, 0.35
        )
    soft = smear(smooth(inner), cast, 7.0, 0.55)
    light = blob((-26.0, 96.0), (50.0, 26.0), paint.shine, 0.3)
    return "", soft + fill(d, cast) + clipped(
        "buzzclip", d, dots + light + blob((w, 150.0), (30.0, 90.0), tone.deep, 0.7)
    )


def bald(shape: Shape, paint: Palette, look: Look) -> Pair:
    """No hair on top; in age a rim of it over the ears."""
    sheen = "" if paint.flat else blob((-24.0, 104.0), (34.0, 15.0), "#ffffff", 0.4)
    if look.age != "senior":
        return "", sheen
    w = shape.wide
    tufts = ""
    for s in (-1, 1):
        outer: list[Point] = [
            (s * (w - 6), 138.0),
            (s * (w + 8), 152.0),
            (s * (w + 11), 180.0),
            (s * (w + 5), 208.0),
        ]
        inner: list[Point] = [
            (s * (w - 7), 146.0),
            (s * (w - 7), 164.0),
            (s * (w - 7), 184.0),
            (s * (w - 6), 206.0),
        ]
        tufts += lock(Lock(outer, inner), paint, count=10, shadow=False)
    return "", hair_defs(paint) + sheen + tufts
