"""Snout and mouth of an animal."""

from avatar.drawing.brush import blob, clipped, fill, gradient, line, oval, smear
from avatar.drawing.curves import Point, mirror, number, ring, smooth
from avatar.drawing.look import Look
from avatar.drawing.palette import Palette, Tone, mix
from avatar.drawing.pose import Expression

LINE_Y = 276.0
JAW_PX = 27.0
NOSE_Y = 246.0


def drop(face: Expression) -> float:
    """How far the chin sinks."""
    return face.jaw * 15.0 * (1.0 - face.press)


def muzzle(face: Expression, look: Look, coat: Tone, pale: Tone, paint: Palette) -> str:
    """SVG of the snout with its mouth."""
    upper, lower, gap = edges(face)
    low = max(y for _, y in lower)
    chin = oval((0.0, low - 1.0), (25.0, 17.0), pale.base)
    puffs = "".join(oval((s * 20.0, 262.0), (29.0, 23.0), pale.base) for s in (-1, 1))
    bridge = oval((0.0, 244.0), (22.0, 22.0), pale.base)
    if paint.flat:
        soft = line(
            f"M-18,{number(low + 13)}Q0,{number(low + 21)} 18,{number(low + 13)}", coat.shade, 2.4
        )
    else:
        soft = blob((0.0, low + 14.0), (34.0, 10.0), coat.deep, 0.45)
        puffs += blob((-24.0, 252.0), (24.0, 13.0), "#ffffff", 0.6) + blob(
            (24.0, 274.0), (30.0, 13.0), pale.deep, 0.25
        )
    dots = "".join(
        oval((s * (18.0 + 9 * k), 264.0 - 4 * k % 7), (1.5, 1.5), pale.deep, 0.6)
        for s in (-1, 1)
        for k in (0, 1, 2)
    )
    return (
        soft
        + chin
        + _inside(face, upper, lower, gap, look, paint)
        + puffs_over(puffs + bridge, upper, paint)
        + dots
        + _lines(face, upper, lower, gap, paint)
    )


def puffs_over(svg: str, upper: list[Point], paint: Palette) -> str:
    """The upper lips hang over the mouth and end at its upper edge; beside it they are round."""
    rim = smooth(upper)
    half, low = upper[-1][0] + 9.0, upper[-1][1] + 7.0
    d = f"{rim}L{number(half)},{number(low)}L120,310V180H-120V310L{number(-half)},{number(low)}Z"
    return clipped("puffs", d, svg)


def edges(face: Expression) -> tuple[list[Point], list[Point], float]:
    """Upper and lower edge of the mouth from left to right, and its open height."""
    pucker, stretch = max(0.0, -face.width), max(0.0, face.width)
    smile = face.smile * (1.0 - 0.7 * pucker)
    jaw = face.jaw * (1.0 - face.press) * (1.0 - 0.6 * face.bite)
    half = 29.0 + 6.0 * stretch - 15.0 * pucker + 5.0 * smile
    gap = JAW_PX * jaw + 3.0 * face.bite + 3.0 * pucker * (1.0 - face.press)
    gap += 5.0 * face.tongue
    corner = LINE_Y - 6.5 * smile + 0.28 * gap - 2.0
    dip = LINE_Y + 3.0 - 1.5 * face.press
    left: list[Point] = [
        (-half, corner),
        (-half * 0.78, dip - 2.6),
        (-half * 0.48, dip),
        (-half * 0.18, dip - 3.0),
    ]
    upper = [*left, (0.0, LINE_Y - 4.5), *mirror(left)]
    low = LINE_Y + 1.0 + gap
    down: list[Point] = [
        (-half, corner),
        (-half * 0.72, max(dip - 2.0, corner + (low - corner) * 0.74)),
        (-half * 0.36, max(dip, corner + (low - corner) * 0.97)),
    ]
    lower = [*down, (0.0, max(LINE_Y - 4.0, low + (0.6 if gap > 3 else -5.0))), *mirror(down)]
    return upper, lower, gap


def _inside(
    face: Expression, upper: list[Point], lower: list[Point], gap: float, look: Look, paint: Palette
) -> str:
    if gap < 1.5:
        return ""
    d = ring(upper, lower)
    low = max(y for _, y in lower)
    half = upper[-1][0]
    top = low + 4.0 - min(gap * 0.55, 13.0)
    if face.tongue >= 0.5:
        top = LINE_Y + 4.0
    wide = half * (0.5 if face.tongue >= 0.5 else 0.6)
    tongue = oval((0.0, top + 12.0), (wide, 12.0), "#e27a7c" if paint.flat else "url(#tongue)")
    parts = [
        gradient("cavity", [(0, "#35090f"), (1, "#7c262b")], (0, 0, 0, 1)),
        gradient("tongue", [(0, "#f0958f"), (1, "#b5504f")], (0, 0, 0, 1)),
        fill(d, "#5d161d" if paint.flat else "url(#cavity)"),
        tongue if gap > 4.0 or face.tongue >= 0.5 else "",
    ]
    if not paint.flat:
        parts.append(smear(f"M0,{number(top + 4)}V{number(low + 4)}", "#9c3c44", 3.0, 0.5))
    if look.kind in ("rabbit",) or face.bite > 0.3:
        parts.append(
            fill(
                f"M-9,{LINE_Y - 8}H9V{LINE_Y + 5}Q8,{LINE_Y + 7} "
                f"0.5,{LINE_Y + 6}V{LINE_Y - 2}V{LINE_Y + 6}Q-8,{LINE_Y + 7} -9,{LINE_Y + 5}Z",
                "#fffaf2",
            )
        )
        parts.append(line(f"M0,{LINE_Y - 6}V{LINE_Y + 6}", "#cdbcb0", 0.9))
    elif look.kind in ("fox", "cat") and gap > 6.0:
        for s in (-1, 1):
            x = s * half * 0.56
            parts.append(
                fill(f"M{number(x - 3)},{LINE_Y - 2}h6L{number(x)},{LINE_Y + 8}Z", "#fffaf2")
            )
    parts.append(line(smooth(upper), "#35090f", 5.0, 0.4))
    return clipped("opening", d, "".join(parts))


def _lines(
    face: Expression, upper: list[Point], lower: list[Point], gap: float, paint: Palette
) -> str:
    ink = paint.ink if paint.flat else "#3a2422"
    parts = [line(smooth(upper), ink, 2.6), line(f"M0,{NOSE_Y + 8}V{LINE_Y - 4.5}", ink, 2.2)]
    if gap >= 1.5:
        parts.append(line(smooth(lower), ink, 2.0, 0.85))
    corner, half = upper[0][1], upper[-1][0]
    lift = 1.0 + 4.0 * face.smile
    parts += [
        line(
            f"M{number(s * half)},{number(corner)}q{number(s * 3.5)},{number(-lift * 0.3)} "
            f"{number(s * 4.5)},{number(-lift)}",
            ink,
            2.4,
        )
        for s in (-1, 1)
    ]
    return "".join(parts)


def nose(look: Look, paint: Palette) -> str:
    """SVG of the nose."""
    small = look.kind in ("cat", "rabbit")
    wide, high = (13.0, 9.0) if small else (18.0, 13.0)
    colour = "#d98a86" if small else "#2b2023"
    d = (
        f"M0,{number(NOSE_Y + high)}C{number(-wide * 0.5)},{number(NOSE_Y + high)} "
        f"{number(-wide)},{number(NOSE_Y + 1)} {number(-wide)},{number(NOSE_Y - high * 0.45)}"
        f"C{number(-wide)},{number(NOSE_Y - high)} {number(-wide * 0.4)},{number(NOSE_Y - high)} "
        f"0,{number(NOSE_Y - high)}"
        f"C{number(wide * 0.4)},{number(NOSE_Y - high)} {number(wide)},{number(NOSE_Y - high)} "
        f"{number(wide)},{number(NOSE_Y - high * 0.45)}"
        f"C{number(wide)},{number(NOSE_Y + 1)} {number(wide * 0.5)},{number(NOSE_Y + high)} "
        f"0,{number(NOSE_Y + high)}Z"
    )
    if paint.flat:
        return (
            fill(d, colour)
            + line(d, paint.ink, 2.0)
            + oval((-wide * 0.35, NOSE_Y - high * 0.4), (wide * 0.3, high * 0.2), "#ffffff", 0.8)
        )
    return (
        fill(d, colour)
        + blob(
            (wide * 0.2, NOSE_Y + high * 0.6),
            (wide * 0.8, high * 0.7),
            mix(colour, "#000000", 0.5),
            0.7,
        )
        + blob((-wide * 0.3, NOSE_Y - high * 0.45), (wide * 0.55, high * 0.42), "#ffffff", 0.85)
    )
