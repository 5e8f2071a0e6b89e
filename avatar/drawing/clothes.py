"""What a character wears: shoulders that leave the picture below, and what lies upon them."""

from avatar.drawing import jackets
from avatar.drawing.brush import blob, clipped, fill, line, oval, smear
from avatar.drawing.cloth import (
    INK_PX,
    LOW,
    band,
    collar,
    crew,
    mass,
    placket,
    rungs,
    shoulders,
)
from avatar.drawing.curves import Point, mirror, number, ring, smooth
from avatar.drawing.look import Look
from avatar.drawing.palette import Palette
from avatar.drawing.shape import Shape


def garment(shape: Shape, paint: Palette, look: Look) -> str:
    """SVG of the clothes."""
    return WARDROBE[look.clothes](shape, paint, look)


def behind(shape: Shape, paint: Palette, look: Look) -> str:
    """What of the clothes lies behind the neck."""
    if look.clothes == "hoodie":
        hood: list[Point] = [(-74.0, 384.0), (-78.0, 344.0), (-48.0, 312.0), (0.0, 304.0)]
        d = smooth([*hood, *mirror(hood)[1:]])
        inner = fill(d, paint.cloth.shade) + (
            "" if paint.flat else blob((0, 330), (60, 40), paint.cloth.deep, 0.9)
        )
        return inner + (line(d, paint.ink, INK_PX) if paint.flat else "")
    if look.clothes in ("shirt", "blazer", "coat"):
        tone = paint.cloth if look.clothes == "shirt" else paint.under
        d = (
            f"M{number(-shape.neck - 8)},352Q0,318 "
            f"{number(shape.neck + 8)},352V380H{number(-shape.neck - 8)}Z"
        )
        return fill(d, tone.shade) + (line(d, paint.ink, INK_PX) if paint.flat else "")
    return ""


def _tee(shape: Shape, paint: Palette, look: Look) -> str:
    top = crew(shape)
    return mass("top", shoulders(shape), paint.cloth, paint, top) + band(
        top, 9.0, paint.cloth, paint
    )


def _turtleneck(shape: Shape, paint: Palette, look: Look) -> str:
    x = shape.neck + 3
    collar: list[Point] = [(-x, 326.0), (0.0, 340.0), (x, 326.0)]
    low: list[Point] = [(-x - 7, 362.0), (0.0, 382.0), (x + 7, 362.0)]
    d = ring(collar, low)
    body = mass("top", shoulders(shape), paint.cloth, paint, low)
    tone = paint.cloth
    if paint.flat:
        return (
            body
            + fill(d, tone.base)
            + fill(ring(collar, [(x0, y + 9) for x0, y in collar]), tone.shade)
            + line(d, paint.ink, INK_PX)
        )
    ribs = "".join(
        line(f"M{number(a[0])},{number(a[1])}L{number(b[0])},{number(b[1])}", tone.deep, 1.6, 0.26)
        for a, b in rungs(collar, low, 19)
    )
    shade = smear(smooth([(px, py + 2) for px, py in collar]), tone.deep, 18.0, 0.55)
    side = smear(f"M{number(x - 2)},330L{number(x + 5)},366", tone.deep, 20.0, 0.4)
    fold = smear(smooth([(px, py - 1) for px, py in low]), tone.deep, 6.0, 0.45)
    return body + fold + fill(d, tone.base) + clipped("rollclip", d, ribs + shade + side)


def _shirt(shape: Shape, paint: Palette, look: Look) -> str:
    top: list[Point] = [(-shape.neck - 8, 350.0), (0.0, 398.0), (shape.neck + 8, 350.0)]
    return (
        mass("top", shoulders(shape), paint.cloth, paint, top)
        + placket(paint.cloth, paint)
        + collar(shape, paint.cloth, paint)
    )


def _hoodie(shape: Shape, paint: Palette, look: Look) -> str:
    x, tone = shape.neck + 12, paint.cloth
    top: list[Point] = [(-x, 350.0), (-x * 0.6, 380.0), (0.0, 396.0), (x * 0.6, 380.0), (x, 350.0)]
    body = mass("top", shoulders(shape, 8.0), tone, paint, top)
    parts = [body]
    for side in (-1, 1):
        d = (
            f"M{number(side * (x - 10))},332C{number(side * (x + 30))},338 "
            f"{number(side * (x + 40))},372 "
            f"{number(side * (x - 4))},400Q{side * 22},414 0,412Q{side * 20},400 "
            f"{number(side * (x - 14))},378"
            f"Q{number(side * (x - 2))},356 {number(side * (x - 10))},332Z"
        )
        if paint.flat:
            parts.append(
                fill(d, tone.base if side < 0 else tone.shade) + line(d, paint.ink, INK_PX)
            )
        else:
            parts.append(
                smear(d.split("Q")[0], tone.deep, 12.0, 0.4)
                + fill(d, tone.light if side < 0 else tone.base)
                + fill(d, tone.base, 0.5)
                + line(d, tone.deep, 1.2, 0.4)
            )
        string = f"M{side * 17},408C{side * 20},430 {side * 15},450 {side * 18},474"
        if paint.flat:
            parts.append(line(string, paint.ink, 6.4))
        parts.append(line(string, "#f4efe8", 3.6))
    return "".join(parts)


def _overalls(shape: Shape, paint: Palette, look: Look) -> str:
    tone = paint.cloth
    under = mass("shirt", shoulders(shape), paint.under, paint, crew(shape)) + band(
        crew(shape), 9.0, paint.under, paint
    )
    parts = []
    for side in (-1, 1):
        d = (
            f"M{number(side * (shape.neck + 22))},360L{number(side * (shape.neck + 44))},370"
            f"L{side * 76},{LOW}H{side * 40}L{side * 52},440Z"
        )
        parts.append(
            fill(d, tone.base if side < 0 or not paint.flat else tone.shade)
            + line(
                d,
                paint.ink if paint.flat else tone.deep,
                INK_PX if paint.flat else 1.2,
                1.0 if paint.flat else 0.5,
            )
        )
    bib = f"M-70,452Q0,444 70,452L78,{LOW}H-78Z"
    parts.append(
        fill(bib, tone.base)
        + line(
            bib,
            paint.ink if paint.flat else tone.deep,
            INK_PX if paint.flat else 1.4,
            1.0 if paint.flat else 0.6,
        )
    )
    parts += [oval((side * 60.0, 462.0), (5.5, 5.5), "#e0b04c") for side in (-1, 1)]
    return under + "".join(parts)


WARDROBE = {
    "tee": _tee,
    "shirt": _shirt,
    "blazer": jackets.blazer,
    "hoodie": _hoodie,
    "turtleneck": _turtleneck,
    "cardigan": jackets.cardigan,
    "coat": jackets.coat,
    "overalls": _overalls,
}
