"""The bare head of a person: neck, ears, skin, nose, and what the years wrote into it."""

from avatar.drawing.brush import blob, clipped, fill, gradient, line, oval, placed, smear
from avatar.drawing.curves import Point, mirror, number, ring, smooth
from avatar.drawing.look import Look
from avatar.drawing.palette import Palette, luma, mix
from avatar.drawing.pose import Expression
from avatar.drawing.shape import Shape, chin_drop, outline, outline_points

INK_PX = 2.6


def neck(shape: Shape, paint: Palette, look: Look) -> str:
    """Neck and the start of the shoulders, with the shadow of the head on them."""
    wide = shape.neck
    left: list[Point] = [
        (-wide, 262.0), (-wide + 1, 306.0), (-wide - 1, 334.0), (-wide - 6, 356.0),
        (-wide - 26, 380.0), (-wide - 34, 430.0),
    ]  # fmt: skip
    skin = ring(left, mirror(left)[::-1])
    shadow: list[Point] = [
        (-70.0, 250.0),
        (-40.0, 322.0),
        (4.0, 350.0),
        (44.0, 326.0),
        (70.0, 250.0),
    ]
    if paint.flat:
        inner = fill(smooth(shadow) + "Z", paint.skin.shade)
        return (
            fill(skin, paint.skin.base)
            + clipped("neckclip", skin, inner)
            + _collarbones(shape, paint)
            + line(smooth(left[:4]), paint.ink, INK_PX)
            + line(smooth(mirror(left[:4])), paint.ink, INK_PX)
        )
    stops = [(0, paint.skin.base), (0.45, paint.skin.base), (1, paint.skin.shade)]
    inner = (
        blob((6.0, 300.0), (wide + 40, 62.0), paint.skin.deep, 0.95)
        + smear(f"M{number(-wide + 8)},300L{number(-wide - 6)},356", paint.skin.light, 12.0, 0.25)
        + smear(f"M{number(wide - 4)},300L{number(wide + 2)},346", paint.skin.deep, 16.0, 0.4)
    )
    lines = ""
    if look.age == "senior":
        lines = line("M-20,332Q0,340 22,331", paint.skin.deep, 1.3, 0.4) + line(
            "M-22,346Q0,353 20,346", paint.skin.deep, 1.2, 0.32
        )
    return (
        gradient("neck", stops, (0, 0, 1, 0.25))
        + fill(skin, "url(#neck)")
        + clipped("neckclip", skin, inner + lines)
        + _collarbones(shape, paint)
    )


def _collarbones(shape: Shape, paint: Palette) -> str:
    colour, strength = (paint.skin.shade, 1.0) if paint.flat else (paint.skin.deep, 0.34)
    return "".join(
        line(
            f"M{side * 9},383Q{side * 20},374 {number(side * (shape.neck + 22))},371",
            colour,
            2.0,
            strength,
        )
        for side in (-1, 1)
    )


def ears(shape: Shape, paint: Palette, look: Look) -> str:
    """Both ears; the head's outline will cover their roots."""
    shell: list[Point] = [
        (-4.0, -22.0), (6.0, -27.0), (13.5, -20.0), (12.5, -4.0), (8.0, 10.0), (3.0, 21.0),
        (-4.0, 20.0),
    ]  # fmt: skip
    fold: list[Point] = [(2.0, -17.0), (8.0, -18.0), (8.5, -6.0), (4.0, 4.0), (5.0, 10.0)]
    parts = []
    for side in (-1.0, 1.0):
        tone = paint.skin.base if side < 0 else mix(paint.skin.base, paint.skin.shade, 0.55)
        ear = fill(smooth(shell, closed=True), tone)
        if paint.flat:
            ear += line(smooth(shell), paint.ink, INK_PX)
            ear += line(smooth(fold), paint.skin.shade if side < 0 else paint.skin.deep, 2.4)
        else:
            ear += blob((3.0, 0.0), (9.0, 17.0), mix(paint.skin.shade, paint.blush, 0.5), 0.75)
            ear += line(smooth(fold), paint.skin.deep, 1.8, 0.5)
        if look.earrings:
            ear += oval((4.5, 27.0), (4.2, 4.2), "#d9a63a") + oval(
                (3.4, 25.8), (1.5, 1.5), "#fff3cf"
            )
        parts.append(placed(ear, (side * (shape.wide - 2.0), 214.0), (side, 1.0)))
    return "".join(parts)


def head(face: Expression, shape: Shape, paint: Palette) -> str:
    """The skin of the face, its outline following the jaw."""
    drop = chin_drop(face)
    d = outline(shape, drop)
    return _flat_head(d, shape, paint) if paint.flat else _soft_head(d, drop, shape, paint)


def _flat_head(d: str, shape: Shape, paint: Palette) -> str:
    lit = placed(fill(d, paint.skin.base), (-15.0, -5.0))
    return (
        fill(d, paint.skin.shade)
        + clipped("faceclip", d, lit + _blush(shape, paint))
        + line(d, paint.ink, INK_PX)
    )


def _soft_head(d: str, drop: float, shape: Shape, paint: Palette) -> str:
    skin, wide = paint.skin, shape.wide
    stops = [(0, skin.light), (0.42, skin.base), (1, mix(skin.base, skin.shade, 0.75))]
    right = smooth(outline_points(shape, drop)[9:])
    inner = (
        blob((wide + 2, 222.0), (42.0, 130.0), skin.deep, 0.62)
        + blob((-wide - 4, 236.0), (22.0, 110.0), skin.shade, 0.5)
        + blob((8.0, shape.chin_y + drop + 10), (66.0, 24.0), skin.deep, 0.42)
        + blob((-20.0, 138.0), (62.0, 40.0), mix(skin.light, "#ffffff", 0.25), 0.55)
        + blob((-2.0, shape.chin_y - 17.0 + drop), (15.0, 10.0), skin.light, 0.4)
        + _blush(shape, paint)
        + line(right, "#fff3e6", 2.6, 0.22)
    )
    return (
        gradient("skin", stops, (0.12, 0, 0.8, 1))
        + fill(d, "url(#skin)")
        + clipped("faceclip", d, inner)
    )


def _blush(shape: Shape, paint: Palette) -> str:
    x = shape.wide * 0.64
    if paint.flat:
        return oval((-x, 243.0), (17.0, 10.0), paint.blush, 0.42) + oval(
            (x - 4, 243.0), (16.0, 10.0), paint.blush, 0.42
        )
    pale = luma(paint.skin.base)
    high, strength = mix(paint.skin.light, "#ffffff", 0.35 * pale), 0.2 + 0.45 * pale
    return (
        blob((-x, 243.0), (30.0, 20.0), paint.blush, 0.34)
        + blob((x - 2, 243.0), (29.0, 20.0), paint.blush, 0.32)
        + blob((-x - 2, 229.0), (20.0, 8.0), high, strength)
        + blob((x - 8, 230.0), (16.0, 7.0), high, 0.55 * strength)
    )


def nose(shape: Shape, paint: Palette, look: Look) -> str:
    """The nose, freckles, and the lines of the forehead."""
    n = shape.nose
    parts = [_freckles(paint)] if look.freckles else []
    if look.age == "senior":
        parts.append(_forehead(paint))
    if paint.flat:
        side = (
            f"M4,198C{number(6 * n)},218 {number(15 * n)},238 "
            f"{number(13 * n)},246Q{number(6 * n)},250 0,250Q{number(5 * n)},226 4,198Z"
        )
        parts.append(fill(side, paint.skin.shade))
        parts.append(
            line(
                f"M{number(-11 * n)},246Q{number(-8 * n)},252 0,252Q{number(9 * n)},252 "
                f"{number(12 * n)},246",
                paint.ink,
                2.2,
            )
        )
        return "".join(parts)
    skin = paint.skin
    wings = (
        f"M{number(-14 * n)},240C{number(-17 * n)},249 {number(-10 * n)},252 {number(-7 * n)},250"
    )
    other = f"M{number(14 * n)},240C{number(17 * n)},249 {number(10 * n)},252 {number(7 * n)},250"
    base = (
        f"M{number(-9 * n)},250Q{number(-4 * n)},248 0,252Q{number(4 * n)},248 {number(9 * n)},250"
    )
    parts += [
        blob((11.0, 212.0), (7.0, 36.0), skin.deep, 0.34),
        blob((15.0 * n, 240.0), (7.0, 13.0), skin.deep, 0.3),
        blob((-11.0, 216.0), (6.0, 30.0), skin.deep, 0.16),
        blob((1.0, 254.0), (18.0 * n, 7.0), skin.deep, 0.5),
        blob((0.0, 243.0), (16.0 * n, 12.0), mix(skin.base, paint.blush, 0.5), 0.4),
        blob((-1.0, 206.0), (6.0, 32.0), mix(skin.light, "#ffffff", 0.25), 0.5),
        blob((-3.0, 238.0), (8.0 * n, 7.5), mix(skin.light, "#ffffff", 0.45), 0.85),
        line(base, skin.deep, 2.0, 0.62),
        line(wings, skin.deep, 1.5, 0.26),
        line(other, skin.deep, 1.5, 0.4),
    ]
    return "".join(parts)


def _forehead(paint: Palette) -> str:
    strength = 0.75 if paint.flat else 0.26
    return "".join(
        line(d, paint.skin.deep if not paint.flat else paint.skin.shade, 1.5, strength)
        for d in (
            "M-30,141Q-14,136 0,139Q16,136 30,141",
            "M-26,152Q-10,148 0,150Q12,148 26,152",
            "M-4,172V181",
            "M5,173V180",
        )
    )


def _freckles(paint: Palette) -> str:
    """Faint dots over nose and cheeks."""
    dots = (
        (-42, 230, 1.0), (-35, 236, 1.3), (-50, 238, 0.9), (-28, 229, 1.0), (-40, 244, 0.9),
        (-56, 231, 0.8), (34, 231, 1.0), (42, 237, 1.3), (50, 231, 0.9), (27, 236, 1.0),
        (44, 245, 0.9), (56, 238, 0.8), (-9, 224, 0.9), (7, 221, 0.8), (-18, 232, 0.9),
        (17, 230, 0.9),
    )  # fmt: skip
    return "".join(oval((x, y), (r, r), paint.skin.deep, 0.5) for x, y, r in dots)
