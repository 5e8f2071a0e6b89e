"""Eyes and brows of an animal: round, and full of iris."""

from avatar.drawing.brush import blob, clipped, fill, gradient, line, oval, placed, smear
from avatar.drawing.curves import Point, number, ring, smooth
from avatar.drawing.look import Look
from avatar.drawing.palette import Palette, Tone, mix
from avatar.drawing.pose import Expression

UPPER: list[Point] = [(-20.5, 4.0), (-14.0, -12.5), (0.0, -20.0), (14.5, -13.5), (21.5, 1.0)]
LOWER: list[Point] = [(-20.5, 4.0), (-12.5, 13.0), (1.0, 17.0), (13.5, 12.0), (21.5, 1.0)]
SHUT: list[Point] = [(-20.5, 4.0), (-12.0, 8.6), (1.0, 10.4), (13.5, 7.6), (21.5, 1.0)]
EYE_Y = 204.0
BROW_Y = 165.0


def eyes(face: Expression, dx: float, coat: Tone, paint: Palette, look: Look) -> str:
    """SVG of both eyes."""
    iris = paint.iris
    defs = (
        gradient("white", [(0, "#ded3d4"), (0.45, "#fffdfb"), (1, "#f4ebe8")], (0, 0, 0, 1))
        + '<radialGradient id="iris" cx="0.5" cy="0.66" r="0.62">'
        f'<stop offset="0" stop-color="{iris.light}"/><stop offset="0.5" stop-color="{iris.base}"/>'
        f'<stop offset="1" stop-color="{iris.shade}"/></radialGradient>'
    )
    return defs + "".join(
        placed(_eye(face, side, coat, paint, look), (side * dx, EYE_Y), (side, 1.0))
        for side in (-1.0, 1.0)
    )


def _eye(face: Expression, side: float, coat: Tone, paint: Palette, look: Look) -> str:
    squint = 0.16 * max(0.0, face.smile - 0.45)
    upper = _toward(UPPER, face.lid)
    lower = _toward(LOWER, 1.0 if face.lid >= 1.0 else min(1.0, 0.45 * face.lid + squint))
    parts = []
    ink = paint.ink if paint.flat else "#2a191a"
    if not paint.flat:
        parts.append(smear(smooth(upper), coat.deep, 14.0, 0.3 * (1.0 - 0.75 * face.lid)))
    if face.lid > 0.0:
        parts.append(_lid(face.lid, upper, coat, paint))
    if face.lid < 0.97:
        d = ring(upper, lower)
        lid = smooth(upper)
        shadow = line(lid, "#8d7a86", 7.0, 0.5) if paint.flat else smear(lid, "#2a1820", 13.0, 0.6)
        ball = (
            fill(d, "#fdf8f4" if paint.flat else "url(#white)")
            + _iris(face, side, paint, look)
            + shadow
        )
        ball += fill(d, "#2a1820", 0.62 * face.lid) if face.lid > 0.2 else ""
        parts.append(clipped(f"eye{side + 1:g}", d, ball))
    thick = [(x, y - w) for (x, y), w in zip(upper, (0.0, 2.2, 3.4, 3.4, 0.0), strict=True)]
    thick[-1] = (24.5, upper[-1][1] - 2.5 + 4.0 * face.lid)
    parts.append(fill(ring(thick, upper), ink))
    parts.append(line(smooth(lower), ink, 1.5, 0.75 * (1.0 - 0.6 * face.lid)))
    return "".join(parts)


def _lid(shut: float, edge: list[Point], coat: Tone, paint: Palette) -> str:
    """Fur that follows the ball: in shade below its fold and at its edge, lit between them."""
    fold = [(x * 0.96, y * 0.86) for x, y in UPPER]
    strength = min(0.4 if paint.flat else 0.7, 1.4 * shut)
    body = fill(ring(fold, edge), mix(coat.base, coat.shade, 0.55), strength)
    if paint.flat:
        return body + line(smooth(fold[1:-1]), paint.ink, 1.3, 0.5 * shut)
    middle = (1.0, (fold[2][1] + edge[2][1]) / 2)
    high = max(2.0, (edge[2][1] - fold[2][1]) * 0.36)
    return (
        body
        + blob(middle, (13.0, high), coat.light, 0.75 * shut)
        + smear(smooth(fold), coat.deep, 5.0, 0.5 * shut)
    )


def _toward(points: list[Point], share: float) -> list[Point]:
    return [(x, y + (shut_y - y) * share) for (x, y), (_, shut_y) in zip(points, SHUT, strict=True)]


def _iris(face: Expression, side: float, paint: Palette, look: Look) -> str:
    x, y = side * 4.6 * face.gaze_x, -1.0 + 4.0 * face.gaze_y
    iris = paint.iris
    lamp = (x * 0.82 - side * 5.6, y * 0.82 - 6.4)
    pupil = (6.2, 11.0) if look.kind in ("cat", "fox") else (9.2, 9.6)
    parts = [oval((x, y), (17.0, 17.4), iris.deep)]
    if paint.flat:
        parts.append(oval((x, y + 1.5), (14.6, 14.0), iris.base))
    else:
        parts.append(oval((x, y), (15.8, 16.2), "url(#iris)"))
        parts.append(blob((x, y + 8.0), (11.0, 7.0), mix(iris.light, "#ffffff", 0.3), 0.8))
    parts.append(oval((x, y), pupil, "#0f0a0c"))
    parts.append(oval(lamp, (4.8, 5.0), "#ffffff"))
    parts.append(oval((lamp[0] + side * 11.0, lamp[1] + 13.0), (2.4, 2.2), "#ffffff", 0.8))
    return "".join(parts)


def brows(face: Expression, dx: float, coat: Tone, paint: Palette) -> str:
    """SVG of two darker tufts above the eyes."""
    parts = []
    for side in (-1.0, 1.0):
        lift = -6.0 * (face.brow + side * face.brow_skew)
        d = "M-13,3Q-2,-6 15,1Q-1,0 -13,3Z"
        colour = mix(coat.deep, "#2a1620", 0.25)
        body = fill(d, colour, 0.9) + line(f"M-12,{number(2.6)}Q-1,-3.6 14,0.6", colour, 3.0, 0.9)
        parts.append(placed(body, (side * dx, BROW_Y + lift), (side, 1.0)))
    return "".join(parts)
