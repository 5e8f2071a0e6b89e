"""Cuts of cloth that several garments share: shoulders, necklines, collars."""

from avatar.drawing.brush import blob, clipped, fill, gradient, line, oval, smear
from avatar.drawing.curves import Point, mirror, number, ring, sampled, smooth
from avatar.drawing.palette import Palette, Tone
from avatar.drawing.shape import Shape

INK_PX = 2.6
LOW = 720.0


def shoulders(shape: Shape, rise: float = 0.0) -> list[Point]:
    """The left contour from the neck down to below any picture."""
    out, neck = shape.shoulder, shape.neck
    return [
        (-neck + 4, 340.0 - rise), (-neck - 12, 356.0 - rise), (-neck - 46, 370.0 - 0.5 * rise),
        (-out + 26, 387.0), (-out + 2, 418.0), (-out - 8, 480.0), (-out - 12, LOW),
    ]  # fmt: skip


def mass(
    name: str, left: list[Point], tone: Tone, paint: Palette, top: list[Point] | None = None
) -> str:
    """The garment's body under the lamp; ``top`` is the neckline from left to right."""
    right = mirror(left)
    neckline = top or [left[0], (0.0, left[0][1] + 10), right[-1]]
    d = (
        smooth(list(reversed(left)))
        + "L"
        + smooth(neckline)[1:]
        + "L"
        + smooth(list(reversed(right)))[1:]
        + "Z"
    )
    if paint.flat:
        shade = (
            f"M{number(right[3][0] - 34)},380C{number(right[3][0] - 50)},430 "
            f"{number(right[3][0] - 46)},500 {number(right[3][0] - 40)},{LOW}H320V360Z"
        )
        return (
            fill(d, tone.base)
            + clipped(f"{name}clip", d, fill(shade, tone.shade))
            + line(smooth(left), paint.ink, INK_PX)
            + line(smooth(right), paint.ink, INK_PX)
            + line(smooth(neckline), paint.ink, INK_PX)
        )
    stops = [(0, tone.light), (0.35, tone.base), (1, tone.shade)]
    x = -left[3][0]
    inner = (
        blob((-x * 0.62, 398.0), (70.0, 30.0), tone.light, 0.55)
        + blob((x * 1.02, 560.0), (58.0, 190.0), tone.deep, 0.6)
        + sleeve(-x, tone, 0.8)
        + sleeve(x, tone, 1.0)
        + smear(smooth([(px, py + 3) for px, py in neckline]), tone.deep, 12.0, 0.34)
    )
    return (
        gradient(name, stops, (0.1, 0, 0.85, 0.75))
        + fill(d, f"url(#{name})")
        + clipped(f"{name}clip", d, inner)
    )


def sleeve(x: float, tone: Tone, strength: float) -> str:
    """Where the arm parts from the body, and a fold that runs from the armpit."""
    s = 1 if x > 0 else -1
    seam = (
        f"M{number(x - s * 27)},436C{number(x - s * 33)},500 {number(x - s * 30)},600 "
        f"{number(x - s * 26)},{LOW}"
    )
    fold = f"M{number(x - s * 29)},452Q{number(x - s * 50)},446 {number(x - s * 64)},428"
    return (
        blob((x - s * 30, 540.0), (22.0, 120.0), tone.deep, 0.45 * strength)
        + line(seam, tone.deep, 1.5, 0.42 * strength)
        + line(fold, tone.deep, 1.5, 0.3 * strength)
    )


def band(top: list[Point], deep: float, tone: Tone, paint: Palette) -> str:
    """A ribbed band along a neckline."""
    low = [(x, y + deep * (1.0 if abs(x) < 1 else 0.75)) for x, y in top]
    d = ring(top, low)
    if paint.flat:
        return fill(d, tone.shade) + line(d, paint.ink, INK_PX)
    ribs = "".join(
        line(f"M{number(x0)},{number(y0)}L{number(x1)},{number(y1)}", tone.deep, 1.2, 0.3)
        for (x0, y0), (x1, y1) in rungs(top, low, 22)
    )
    return (
        fill(d, tone.base)
        + ribs
        + line(smooth(low), tone.deep, 1.6, 0.5)
        + line(smooth(top), tone.light, 1.4, 0.6)
    )


def rungs(a: list[Point], b: list[Point], count: int) -> list[tuple[Point, Point]]:
    return list(zip(sampled(a, count), sampled(b, count), strict=True))


def crew(shape: Shape) -> list[Point]:
    x = shape.neck + 9
    return [(-x, 352.0), (-x * 0.66, 374.0), (0.0, 386.0), (x * 0.66, 374.0), (x, 352.0)]


def placket(tone: Tone, paint: Palette) -> str:
    colour, width = (paint.ink, 2.0) if paint.flat else (tone.deep, 1.6)
    buttons = "".join(
        oval((5.0, y), (3.6, 3.6), tone.light) + oval((5.0, y), (1.3, 1.3), tone.deep)
        for y in (424.0, 468.0, 512.0, 556.0, 600.0, 644.0)
    )
    return line(f"M-6,398V{LOW}", colour, width, 0.8 if paint.flat else 0.5) + buttons


def collar(shape: Shape, tone: Tone, paint: Palette) -> str:
    x = shape.neck
    parts = []
    for side in (-1, 1):
        d = (
            f"M{number(side * (x + 5))},338C{number(side * (x + 2))},362 {side * 16},384 "
            f"{side * 1},398"
            f"L{number(side * 34)},412Q{number(side * (x + 18))},388 {number(side * (x + 17))},350Z"
        )
        face = tone.light if side < 0 else tone.base
        if paint.flat:
            parts.append(
                fill(d, tone.base if side < 0 else tone.shade) + line(d, paint.ink, INK_PX)
            )
        else:
            shadow = smear(
                f"M{side * 6},402L{side * 36},416Q{number(side * (x + 20))},392 "
                f"{number(side * (x + 20))},354",
                tone.deep,
                9.0,
                0.35,
            )
            parts.append(shadow + fill(d, face) + line(d, tone.deep, 1.2, 0.35))
    return "".join(parts)
