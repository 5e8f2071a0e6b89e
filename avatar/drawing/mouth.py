"""The mouth of a person: lips, teeth and tongue over bare skin."""

from avatar.drawing.brush import blob, clipped, fill, gradient, line, oval, smear
from avatar.drawing.curves import number, ring, smooth
from avatar.drawing.lips import Lips, lips
from avatar.drawing.look import Look
from avatar.drawing.palette import Palette, mix
from avatar.drawing.pose import Expression
from avatar.drawing.shape import LINE_Y, Shape

SHOWN_FROM = 0.8


def mouth(face: Expression, shape: Shape, paint: Palette, look: Look) -> str:
    """SVG of the mouth with its folds."""
    edges = lips(face, half_width=shape.mouth, full=shape.lips)
    return (
        _folds(face, edges, paint, look)
        + _around(edges, paint)
        + inside(face, edges, paint)
        + (_flat_lips(edges, paint) if paint.flat else _soft_lips(face, edges, paint, look))
        + _corners(face, edges, paint)
    )


def inside(face: Expression, edges: Lips, paint: Palette, *, teeth: bool = True) -> str:
    """Cavity, tongue and teeth, clipped to the opening."""
    if edges.gap < SHOWN_FROM:
        return ""
    pucker = max(0.0, -face.width)
    up, down = edges.inner_top[2][1], edges.inner_bottom[2][1]
    opening = ring(edges.inner_top, edges.inner_bottom)
    parts = [
        gradient("cavity", [(0, "#35090f"), (0.6, "#571319"), (1, "#7c262b")], (0, 0, 0, 1)),
        fill(opening, "#5d161d" if paint.flat else "url(#cavity)"),
    ]
    seen = min(1.0, max(0.0, 1.25 - 1.7 * pucker)) if teeth else 0.0
    low_y = down - min(5.0, 0.16 * edges.gap)
    if seen > 0.05 and edges.gap > 13.0:
        parts.append(_lower_teeth(low_y, edges, seen * min(1.0, (edges.gap - 13.0) / 6.0), paint))
    if face.tongue < 0.5 and edges.gap > 4.0:
        parts.append(_tongue(edges, down, paint))
    if seen > 0.05:
        parts.append(_upper_teeth(face, edges, up, seen, paint))
    if face.tongue >= 0.5:
        parts.append(_tip(edges, up, down, paint))
    shade = smooth(edges.inner_top)
    parts.append(
        line(shade, "#35090f", 5.0, 0.45) if paint.flat else smear(shade, "#2d070d", 8.0, 0.7)
    )
    return clipped("opening", opening, "".join(parts))


def _tongue(edges: Lips, down: float, paint: Palette) -> str:
    """A cushion at the bottom."""
    top = down + 4.0 - min(edges.gap * 0.46, 10.0)
    wide = edges.half * 0.66
    high = max(9.0, down + 8.0 - top) / 1.6
    body = oval((0.0, top + high), (wide, high), "#d76b6c" if paint.flat else "url(#tongue)")
    if paint.flat:
        return body + line(f"M0,{number(top + 4)}V{number(down + 4)}", "#a84a52", 1.6)
    return (
        gradient("tongue", [(0, "#ee9590"), (0.45, "#d9706d"), (1, "#a9474b")], (0, 0, 0, 1))
        + body
        + smear(f"M0,{number(top + 4)}V{number(down + 6)}", "#9c3c44", 4.0, 0.5)
        + blob((-wide * 0.35, top + 3.4), (wide * 0.42, 3.0), "#ffd6d0", 0.65)
    )


def _tip(edges: Lips, up: float, down: float, paint: Palette) -> str:
    """The tongue's tip before the upper teeth: narrow and red between dark corners."""
    top = up + 5.0
    wide, high = edges.half * 0.46, max(7.0, down + 5.0 - top) / 1.5
    middle = (0.0, top + high)
    edge = oval(middle, (wide + 2.6, high + 1.8), "#3d0c13", 0.8)
    lip = line(smooth(edges.inner_bottom), "#3d0c13", 2.4, 0.7)
    if paint.flat:
        return edge + oval(middle, (wide, high), "#e06468") + lip
    return (
        gradient("tip", [(0, "#f08a86"), (0.5, "#dd5c60"), (1, "#b0383f")], (0, 0, 0, 1))
        + edge
        + oval(middle, (wide, high), "url(#tip)")
        + blob((-wide * 0.3, top + 2.6), (wide * 0.45, 2.0), "#ffd6d0", 0.7)
        + lip
    )


def _upper_teeth(face: Expression, edges: Lips, up: float, seen: float, paint: Palette) -> str:
    """The upper row: one soft band with faint gaps, since single teeth look hard at this size."""
    wide = edges.half * 0.86
    high = min(8.6, 3.6 + 0.17 * edges.gap + 1.6 * max(0.0, face.width) + 1.4 * face.smile)
    low = up + high
    side = edges.inner_top[0][1] - 10
    band = (
        f"M{number(-wide)},{number(side)}L{number(wide)},{number(side)}V{number(low - 4.5)}"
        f"Q{number(wide * 0.86)},{number(low - 0.8)} {number(wide * 0.5)},{number(low)}"
        f"Q0,{number(low + 1.3)} {number(-wide * 0.5)},{number(low)}"
        f"Q{number(-wide * 0.86)},{number(low - 0.8)} {number(-wide)},{number(low - 4.5)}Z"
    )
    if paint.flat:
        return f'<g opacity="{number(seen)}">{fill(band, "#fffaf2")}</g>'
    gaps = "".join(
        line(f"M{number(wide * x)},{number(up - 3)}V{number(low - 0.4)}", "#c2a79c", 0.8, 0.28)
        for x in (-0.74, -0.5, -0.25, 0.0, 0.25, 0.5, 0.74)
    )
    stops = [(0, "#c9b5ac"), (0.22, "#fbf5ee"), (0.5, "#fffdf9"), (0.78, "#fbf5ee"), (1, "#c9b5ac")]
    return (
        gradient("teeth", stops, (0, 0, 1, 0))
        + f'<g opacity="{number(seen)}">{fill(band, "url(#teeth)")}{gaps}</g>'
    )


def _lower_teeth(top: float, edges: Lips, seen: float, paint: Palette) -> str:
    wide = edges.half * 0.52
    band = (
        f"M{number(-wide)},{number(top + 1.4)}Q0,{number(top - 2.2)} {number(wide)},"
        f"{number(top + 1.4)}V{number(top + 14)}H{number(-wide)}Z"
    )
    colour = "#efe2d8" if paint.flat else "#d9c8be"
    return f'<g opacity="{number(seen * 0.85)}">{fill(band, colour)}</g>'


def _around(edges: Lips, paint: Palette) -> str:
    """The shade below the lower lip and the groove above the upper one."""
    low = edges.bottom[2][1]
    if paint.flat:
        d = f"M-9,{number(low + 5)}Q0,{number(low + 8)} 9,{number(low + 5)}"
        return line(d, paint.skin.shade, 2.4)
    high = edges.top[3][1]
    return blob((0.0, low + 5.0), (edges.half * 0.7, 6.0), paint.skin.shade, 0.7) + blob(
        (0.0, high - 6.0), (4.5, 8.0), paint.skin.shade, 0.4
    )


def _soft_lips(face: Expression, edges: Lips, paint: Palette, look: Look) -> str:
    lip = paint.lip
    shine_y = edges.inner_bottom[2][1] * 0.52 + edges.bottom[2][1] * 0.48
    gloss = 0.55 if look.form == "woman" else 0.22
    parts = [
        gradient(
            "lower",
            [(0, lip.shade), (0.22, lip.base), (0.6, lip.light), (1, lip.base)],
            (0, 0, 0, 1),
        ),
        gradient("upper", [(0, lip.base), (0.5, lip.base), (1, lip.shade)], (0, 0, 0, 1)),
        fill(ring(edges.inner_bottom, edges.bottom), "url(#lower)"),
        fill(ring(edges.top, edges.inner_top), "url(#upper)"),
    ]
    if face.bite < 0.5:
        parts.append(blob((-3.0, shine_y), (edges.half * 0.42, 2.6), "#fff4ee", gloss))
    crest = [(x, y + 0.5) for x, y in edges.top[1:-1]]
    parts.append(smear(smooth(crest), mix(paint.skin.light, "#ffffff", 0.2), 2.0, 0.30))
    closed = max(0.0, 1.0 - edges.gap / 3.0)
    parts.append(line(smooth(edges.inner_top), lip.deep, 1.5, 0.25 + 0.6 * closed))
    return "".join(parts)


def _flat_lips(edges: Lips, paint: Palette) -> str:
    closed = max(0.0, 1.0 - edges.gap / 3.0)
    return (
        fill(ring(edges.inner_bottom, edges.bottom), paint.lip.base)
        + fill(ring(edges.top, edges.inner_top), paint.lip.shade)
        + line(smooth(edges.inner_top), paint.ink, 1.2 + 1.0 * closed)
    )


def _corners(face: Expression, edges: Lips, paint: Palette) -> str:
    """Small shadows where the lips meet, deeper when smiling."""
    y, half = edges.inner_top[0][1], edges.half
    lift = 2.6 * face.smile
    colour, width = (paint.ink, 1.8) if paint.flat else (paint.lip.deep, 1.7)
    strength = 0.9 if paint.flat else 0.25 + 0.45 * face.smile
    return "".join(
        line(
            f"M{number(side * (half + 1.8))},{number(y - lift)}Q{number(side * (half + 1))},"
            f"{number(y + 0.3)} {number(side * (half - 2.5))},{number(y + 0.5)}",
            colour,
            width,
            strength,
        )
        for side in (-1, 1)
    )


def _folds(face: Expression, edges: Lips, paint: Palette, look: Look) -> str:
    """From the wings of the nose around the mouth: faint in youth, deep in age and in laughter."""
    age = {"young": 0.0, "adult": 0.02, "senior": 0.40}[look.age]
    strength = age + 0.13 * max(0.0, face.smile - 0.6) * (1.0 - 0.5 * max(0.0, -face.width))
    if strength < 0.03:
        return ""
    parts = []
    for side in (-1, 1):
        out = edges.half + 9.5 + 2.0 * face.smile
        low = LINE_Y - 3.0 + 3.5 * face.jaw
        d = (
            f"M{number(side * 21)},{number(LINE_Y - 32)}C{number(side * 30)},{number(LINE_Y - 27)} "
            f"{number(side * out)},{number(LINE_Y - 18)} {number(side * (out + 0.5))},{number(low)}"
        )
        if paint.flat:
            parts.append(line(d, paint.skin.shade, 2.2, min(1.0, 1.6 * strength)))
        else:
            parts.append(smear(d, paint.skin.deep, 5.0, strength * 0.55))
            if look.age == "senior":
                parts.append(line(d, paint.skin.deep, 1.2, strength * 0.6))
    return "".join(parts)
