"""Jackets: what is open in front, over something else."""

from avatar.drawing.brush import clipped, fill, gradient, line, smear
from avatar.drawing.cloth import (
    INK_PX,
    LOW,
    band,
    collar,
    crew,
    mass,
    placket,
    shoulders,
    sleeve,
)
from avatar.drawing.curves import Point, number, ring, smooth
from avatar.drawing.look import Look
from avatar.drawing.palette import Palette, Tone
from avatar.drawing.shape import Shape


def _lapels(shape: Shape, tone: Tone, paint: Palette) -> str:
    x = shape.neck
    parts = []
    for side in (-1, 1):
        d = (
            f"M{number(side * (x + 3))},342L{number(side * (x + 20))},352"
            f"L{number(side * (x + 52))},402"
            f"L{number(side * (x + 34))},410L{number(side * (x + 44))},424L{side * 6},520"
            f"Q{side * 22},430 {number(side * (x + 3))},342Z"
        )
        shadow = (
            f"M{number(side * (x + 44))},392L{number(side * (x + 52))},402"
            f"L{number(side * (x + 34))},410"
            f"L{number(side * (x + 44))},424L{side * 6},520"
        )
        if paint.flat:
            parts.append(
                fill(d, tone.base if side < 0 else tone.shade) + line(d, paint.ink, INK_PX)
            )
        else:
            parts.append(
                smear(shadow, tone.deep, 10.0, 0.4)
                + fill(d, tone.light if side < 0 else tone.base, 1.0)
                + fill(d, tone.base, 0.55)
                + line(d, tone.deep, 1.3, 0.5)
            )
    return "".join(parts)


def _open_front(shape: Shape, tone: Tone, paint: Palette, name: str) -> str:
    """A jacket whose fronts part from the neck to the middle of the chest."""
    left = shoulders(shape, 6.0)
    edge: list[Point] = [(-shape.neck - 2, 340.0), (-30.0, 420.0), (-6.0, 520.0), (-4.0, LOW)]
    halves = []
    for side in (-1, 1):
        outer = [(x * -side, y) for x, y in left]
        inner = [(x * -side, y) for x, y in edge]
        d = ring(outer, inner)
        if paint.flat:
            halves.append(
                fill(d, tone.base if side < 0 else tone.shade) + line(d, paint.ink, INK_PX)
            )
            continue
        stops = (
            [(0, tone.light), (0.6, tone.base)] if side < 0 else [(0.3, tone.base), (1, tone.shade)]
        )
        x = side * (shape.shoulder - 26)
        inner_marks = sleeve(x, tone, 0.8 + 0.1 * side)
        halves.append(
            gradient(f"{name}{side + 1}", stops, (0, 0, 1, 0.7) if side < 0 else (0, 0.3, 1, 0.8))
            + smear(smooth(inner), tone.deep, 12.0, 0.3)
            + fill(d, f"url(#{name}{side + 1})")
            + clipped(f"{name}c{side + 1}", d, inner_marks)
        )
    return "".join(halves)


def blazer(shape: Shape, paint: Palette, look: Look) -> str:
    top: list[Point] = [(-shape.neck - 8, 350.0), (0.0, 400.0), (shape.neck + 8, 350.0)]
    chest: list[Point] = [
        (-shape.neck, 346.0),
        (-78.0, 380.0),
        (-90.0, 440.0),
        (-90.0, 500.0),
        (-90.0, 560.0),
        (-90.0, LOW),
    ]
    shirt = mass("shirt", chest, paint.under, paint, top)
    tie = ""
    if look.form == "man":
        knot = "M-9,396L9,396L6,412L-6,412Z"
        blade = f"M-6,412L6,412L17,560L0,{LOW}L-17,560Z"
        tone = paint.scarf
        tie = fill(blade, tone.shade) + fill(knot, tone.deep)
        if paint.flat:
            tie += line(blade, paint.ink, 2.0) + line(knot, paint.ink, 2.0)
    return (
        shirt
        + (tie or placket(paint.under, paint))
        + collar(shape, paint.under, paint)
        + _open_front(shape, paint.cloth, paint, "jacket")
        + _lapels(shape, paint.cloth, paint)
    )


def coat(shape: Shape, paint: Palette, look: Look) -> str:
    white = Tone("#ffffff", "#f3f4f7", "#cfd4e2", "#8089a5")
    top: list[Point] = [(-shape.neck - 8, 350.0), (0.0, 398.0), (shape.neck + 8, 350.0)]
    chest: list[Point] = [
        (-shape.neck, 346.0),
        (-78.0, 380.0),
        (-90.0, 440.0),
        (-90.0, 500.0),
        (-90.0, 560.0),
        (-90.0, LOW),
    ]
    pen = line("M96,470V498", paint.cloth.base, 4.0) + line(
        "M82,486H116V540H82Z", white.deep, 1.8, 0.6
    )
    return (
        mass("shirt", chest, paint.cloth, paint, top)
        + placket(paint.cloth, paint)
        + collar(shape, paint.cloth, paint)
        + _open_front(shape, white, paint, "jacket")
        + _lapels(shape, white, paint)
        + pen
    )


def cardigan(shape: Shape, paint: Palette, look: Look) -> str:
    top = crew(shape)
    chest: list[Point] = [
        (-shape.neck - 6, 346.0),
        (-78.0, 376.0),
        (-90.0, 440.0),
        (-90.0, 500.0),
        (-90.0, 560.0),
        (-90.0, LOW),
    ]
    tone = paint.cloth
    bands = []
    for side in (-1, 1):
        inner: list[Point] = [
            (side * (shape.neck + 2), 340.0),
            (side * 40.0, 420.0),
            (side * 12.0, 520.0),
            (side * 8.0, LOW),
        ]
        outer: list[Point] = [
            (side * (shape.neck + 17), 344.0),
            (side * 57.0, 420.0),
            (side * 28.0, 520.0),
            (side * 25.0, LOW),
        ]
        d = ring(inner, outer)
        if paint.flat:
            bands.append(fill(d, tone.shade) + line(d, paint.ink, INK_PX))
        else:
            bands.append(
                smear(smooth(outer), tone.deep, 5.0, 0.35)
                + fill(d, tone.base)
                + line(smooth(inner), tone.light, 1.8, 0.8)
                + line(smooth(outer), tone.deep, 1.4, 0.4)
            )
    return (
        mass("shirt", chest, paint.under, paint, top)
        + band(top, 7.0, paint.under, paint)
        + _open_front(shape, tone, paint, "jacket")
        + "".join(bands)
    )
