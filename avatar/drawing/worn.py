"""What is worn in the face: glasses and beards."""

from dataclasses import replace

from avatar.drawing.brush import blob, clipped, fill, line, oval, smear
from avatar.drawing.curves import Point, mirror, number, ring, sampled, smooth
from avatar.drawing.lips import lips
from avatar.drawing.look import Look
from avatar.drawing.palette import Palette, mix
from avatar.drawing.pose import Expression
from avatar.drawing.shape import EYE_Y, Shape, chin_drop, outline_points

LENSES: dict[str, list[Point]] = {
    "round": [
        (0.0, -27.0),
        (20.0, -19.0),
        (28.5, 0.0),
        (20.0, 19.0),
        (0.0, 27.0),
        (-20.0, 19.0),
        (-28.5, 0.0),
        (-20.0, -19.0),
    ],
    "square": [
        (-24.0, -22.5),
        (0.0, -23.5),
        (25.0, -22.5),
        (31.0, -15.0),
        (29.5, 8.0),
        (22.0, 20.0),
        (0.0, 22.5),
        (-20.0, 20.0),
        (-28.0, 9.0),
        (-29.5, -15.0),
    ],
    "cat-eye": [
        (-25.0, -17.0),
        (0.0, -21.0),
        (24.0, -25.0),
        (35.0, -27.0),
        (31.5, -5.0),
        (22.0, 16.0),
        (0.0, 22.5),
        (-20.0, 18.0),
        (-28.0, 4.0),
        (-29.0, -11.0),
    ],
}


def glasses(shape: Shape, paint: Palette, look: Look) -> str:
    """SVG of the glasses over the eyes."""
    if look.glasses == "none":
        return ""
    lens, dx, y = LENSES[look.glasses], shape.eye_dx + 0.5, EYE_Y + 1.0
    frame = paint.frame
    thick = 4.6 if look.glasses == "round" else 6.0
    parts = []
    for side in (-1, 1):
        rim = [(side * (dx + x), y + py) for x, py in lens]
        d = smooth(rim, closed=True, tension=0.9)
        parts.append(fill(d, "#eaf4ff", 0.13 if not paint.flat else 0.16))
        glare = (
            f"M{number(side * dx - 26)},{number(y + 12)}"
            f"L{number(side * dx - 4)},{number(y - 30)}h11"
            f"L{number(side * dx - 14)},{number(y + 24)}Z"
        )
        parts.append(
            clipped(f"lens{side + 1}", d, fill(glare, "#ffffff", 0.16 if not paint.flat else 0.24))
        )
        arm = (
            f"M{number(side * (dx + 28.5))},{number(y - 9)}"
            f"L{number(side * (shape.wide + 3))},{number(y - 12)}"
        )
        if not paint.flat:
            parts.append(
                line(
                    smooth([(x, py + 3.5) for x, py in rim], closed=True, tension=0.9),
                    paint.skin.deep,
                    thick,
                    0.22,
                )
            )
        parts.append(line(arm, frame.base, thick))
        parts.append(line(d, paint.ink if paint.flat else frame.base, thick))
        if not paint.flat:
            top = smooth([(x, py - 1.2) for x, py in rim], closed=True, tension=0.9)
            parts.append(line(top, frame.light, 1.1, 0.6))
    bridge = (
        f"M{number(-(dx - 28.5))},{number(y - 4)}Q0,{number(y - 14)} "
        f"{number(dx - 28.5)},{number(y - 4)}"
    )
    parts.append(line(bridge, paint.ink if paint.flat else frame.base, thick))
    return "".join(parts)


def beard(face: Expression, shape: Shape, paint: Palette, look: Look) -> str:
    """SVG of the beard below the mouth; it follows the jaw."""
    if look.beard in ("none", "moustache"):
        return ""
    drop = chin_drop(face)
    if look.beard == "goatee":
        return _goatee(face, drop, shape, paint)
    grow = {"stubble": 0.0, "short": 4.0, "full": 13.0}[look.beard]
    around = outline_points(shape, drop, grow)
    left = [(-shape.wide - 1.0, 196.0), (-shape.wide - 0.5 - grow * 0.2, 222.0), *around[5:8]]
    chin = (0.0, shape.chin_y + drop + grow * (1.5 if look.beard == "full" else 1.0))
    outer = [*left, chin, *mirror(left)]
    d = ring(outer, _bare(face, drop, shape))
    inner = _bare(face, drop, shape)
    calm = _bare(replace(face, width=0.0, smile=0.5, press=0.0, bite=0.0), drop, shape)
    if look.beard == "stubble":
        return fill(d, paint.brow, 0.24) if paint.flat else _stubble(d, inner, paint)
    body = fill(d, paint.hair.base)
    if paint.flat:
        return body + line(smooth(outer), paint.ink, 2.6) + _strokes(outer, drop, paint)
    soft = smear(smooth(inner[:4]), paint.hair.base, 6.0, 0.5)
    soft += smear(smooth(inner[-4:]), paint.hair.base, 6.0, 0.5)
    # Hairs that do not follow the lips compress far better.
    return soft + body + _whiskers(outer, calm, paint, grow)


def _bare(face: Expression, drop: float, shape: Shape) -> list[Point]:
    """The edge of the beard from ear to ear, below the cheeks and around the lips."""
    edges = lips(face, half_width=shape.mouth, full=shape.lips)
    corner, low = edges.inner_top[0][1], edges.bottom[2][1]
    cheek: list[Point] = [
        (-shape.wide + 11, 196.0), (-shape.wide + 15, 226.0), (-shape.wide + 26, 248.0),
        (-edges.half - 15, 259.0 + 0.3 * drop), (-edges.half - 7, corner + 1.0),
        (-edges.half * 0.62, low + 3.0), (0.0, low + 6.5),
    ]  # fmt: skip
    return [*cheek, *mirror(cheek)[1:]]


def _stubble(d: str, inner: list[Point], paint: Palette) -> str:
    """A shade with soft edges, and dots in it."""
    soft = smear(smooth(inner), paint.brow, 14.0, 0.08)
    dots = "".join(
        oval(
            (90 * (2 * (i * 0.618034 % 1.0) - 1), 200 + 135 * (i * 0.754878 % 1.0)),
            (0.8, 1.1),
            paint.brow,
            0.35,
        )
        for i in range(520)
    )
    return soft + fill(d, paint.brow, 0.12) + clipped("stubble", d, dots)


def _whiskers(outer: list[Point], inner: list[Point], paint: Palette, grow: float) -> str:
    """Hairs that run from the cheeks and the lip to the edge and beyond it."""
    rim, root = sampled(outer, 73), sampled(inner, 73)
    tone = paint.hair
    inside = clipped("beard", ring(outer, inner), smear(smooth(outer[2:-2]), tone.deep, 20.0, 0.4))
    parts = [inside, blob((-40.0, 268.0), (30.0, 40.0), tone.light, 0.35)]
    for i, ((x1, y1), (x0, y0)) in enumerate(zip(rim, root, strict=True)):
        for k, start in enumerate((0.06, 0.3, 0.56, 0.78)):
            end = min(1.0 + 0.02 * grow / 13, start + 0.26 + 0.02 * (i % 3))
            ax, ay = x0 + (x1 - x0) * start, y0 + (y1 - y0) * start
            bx, by = x0 + (x1 - x0) * end, y0 + (y1 - y0) * end + 1.5
            bend = ((i * 37 + k * 17) % 9 - 4) * 0.5
            colour = (tone.light, tone.deep, tone.shade, paint.shine)[(i + 2 * k) % 4]
            d = (
                f"M{number(ax)},{number(ay)}"
                f"Q{number((ax + bx) / 2 + bend)},{number((ay + by) / 2)} "
                f"{number(bx + bend)},{number(by)}"
            )
            parts.append(line(d, colour, 1.2, 0.26))
    return "".join(parts)


def _strokes(outer: list[Point], drop: float, paint: Palette) -> str:
    return "".join(
        line(
            f"M{x},{number(304 + drop - abs(x) * 0.25)}q{2 if x < 0 else -2},8 0,13",
            paint.hair.deep,
            2.2,
            0.8,
        )
        for x in (-34, -17, 0, 17, 34)
    )


def _goatee(face: Expression, drop: float, shape: Shape, paint: Palette) -> str:
    low = lips(face, half_width=shape.mouth, full=shape.lips).bottom[2][1]
    chin = shape.chin_y + drop + 5
    d = (
        f"M-6,{number(low + 4)}Q0,{number(low + 8)} 6,{number(low + 4)}C14,{number(low + 16)} "
        f"26,{number(chin - 18)} "
        f"18,{number(chin - 4)}Q0,{number(chin + 7)} "
        f"-18,{number(chin - 4)}C-26,{number(chin - 18)} -14,{number(low + 16)} "
        f"-6,{number(low + 4)}Z"
    )
    hairs = "".join(
        line(
            f"M{number(x * 0.4)},{number(low + 12)}"
            f"Q{number(x * 1.1)},{number((low + chin) / 2 + 6)} {x},{number(chin)}",
            paint.hair.light if i % 2 else paint.hair.deep,
            1.5,
            0.4,
        )
        for i, x in enumerate((-14, -9, -4, 1, 6, 11, 15))
    )
    return fill(d, paint.hair.base) + (line(d, paint.ink, 2.2) if paint.flat else hairs)


def moustache(face: Expression, shape: Shape, paint: Palette, look: Look) -> str:
    """SVG of the hair on the upper lip, drawn over the lips."""
    if look.beard not in ("short", "full", "moustache", "goatee"):
        return ""
    edges = lips(face, half_width=shape.mouth, full=shape.lips)
    corner = edges.top[0][1]
    wide = edges.half + {"full": 10.0, "moustache": 9.0}.get(look.beard, 4.0)
    end = corner + {"full": 5.0, "moustache": 3.0}.get(look.beard, -1.0)
    thick = {"full": 12.0, "short": 6.5}.get(look.beard, 9.0)
    # It lies on the lip's upper edge, so that it smiles along.
    (x1, y1), (x2, y2), (_, y3) = edges.top[1:4]
    half: list[Point] = [(-wide, end), (x1, y1 + 1.5), (x2, y2 + 2.0)]
    rise = [(-wide, end - 1.5), (x1, y1 + 1.5 - 0.72 * thick), (x2, y2 + 2.0 - thick)]
    under = [*half, (0.0, y3 + 1.5), *mirror(half)]
    over = [*rise, (0.0, y3 + 2.5 - thick), *mirror(rise)]
    d = ring(over, under)
    body = fill(d, mix(paint.hair.base, paint.hair.shade, 0.25))
    if paint.flat:
        return body + line(d, paint.ink, 1.6)
    roots, tips = sampled(over, 33), sampled(under, 33)
    hairs = "".join(
        line(
            f"M{number(a[0] * 0.94)},{number(a[1])}"
            f"Q{number(b[0])},{number((a[1] + b[1]) / 2)} {number(b[0] * 1.05)},{number(b[1])}",
            (paint.hair.light, paint.hair.deep, paint.hair.shade)[i % 3],
            1.2,
            0.4,
        )
        for i, (a, b) in enumerate(zip(roots, tips, strict=True))
    )
    return smear(smooth(under), paint.hair.deep, 4.0, 0.25) + body + hairs
