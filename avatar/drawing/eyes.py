"""Eyes and brows of a person; one eye is drawn around its centre and mirrored for the other."""

from itertools import pairwise

from avatar.drawing.brush import blob, clipped, fill, gradient, line, oval, placed, smear
from avatar.drawing.curves import Point, number, ring, smooth
from avatar.drawing.look import Look
from avatar.drawing.palette import Palette, mix
from avatar.drawing.pose import Expression
from avatar.drawing.shape import BROW_Y, EYE_Y, Shape

UPPER: list[Point] = [(-21.0, 5.2), (-13.0, -6.6), (0.0, -12.6), (13.5, -9.8), (22.0, -0.6)]
LOWER: list[Point] = [(-21.0, 5.2), (-10.5, 9.4), (2.5, 11.2), (14.0, 7.8), (22.0, -0.6)]
SHUT: list[Point] = [(-21.0, 5.2), (-12.0, 8.4), (1.5, 10.0), (13.5, 7.0), (22.0, 1.0)]
IRIS = 12.6


def lids(face: Expression) -> tuple[list[Point], list[Point]]:
    """Upper and lower edge of an eye's opening, inner corner first."""
    squint = 0.2 * max(0.0, face.smile - 0.45)
    look_down = 1.6 * max(0.0, face.gaze_y)
    shut = face.lid
    upper = [
        (x, y + (shut_y - y) * shut + look_down * (1 - shut) * (0 < i < 4))
        for i, ((x, y), (_, shut_y)) in enumerate(zip(UPPER, SHUT, strict=True))
    ]
    rise = min(1.0, 0.45 * shut + squint)
    lower = [
        (x, y + (shut_y - y) * (rise if shut < 1 else 1.0))
        for (x, y), (_, shut_y) in zip(LOWER, SHUT, strict=True)
    ]
    return upper, lower


def eyes(face: Expression, shape: Shape, paint: Palette, look: Look) -> str:
    """SVG of both eyes."""
    parts = []
    for side in (-1.0, 1.0):
        scale = (side * shape.eye, shape.eye)
        eye = _eye(face, paint, look, side)
        parts.append(placed(eye, (side * shape.eye_dx, EYE_Y), scale))
    return "".join(parts)


def _eye(face: Expression, paint: Palette, look: Look, side: float) -> str:
    upper, lower = lids(face)
    name = "eyer" if side > 0 else "eyel"
    parts = [_socket(face, upper, paint, look)]
    if face.lid < 0.97:
        opening = ring(upper, lower)
        shadow = smooth(upper)
        ball = (
            fill(opening, "#fdf8f4" if paint.flat else "url(#white)")
            + _iris(face, paint, side)
            + (
                line(shadow, "#8d7a86", 7.0, 0.5)
                if paint.flat
                else smear(shadow, "#3a2230", 13.0, 0.62)
            )
        )
        ball += fill(opening, "#3a2230", 0.62 * face.lid) if face.lid > 0.2 else ""
        parts.append(clipped(name, opening, ball))
        if not paint.flat:
            parts.append(
                fill(
                    "M-21,5.2q2.8,-2.8 5,-0.4q-1.4,3 -5,0.4z", mix("#e59a8c", paint.skin.base, 0.3)
                )
            )
    parts.append(_lashes(face, paint, look, upper, lower))
    return eye_defs(paint) + "".join(parts)


def _iris(face: Expression, paint: Palette, side: float) -> str:
    """Iris, pupil and lights; the lights stay with the lamp, not with the gaze."""
    x, y = side * 5.8 * face.gaze_x - 0.4, -1.4 + 4.2 * face.gaze_y
    lamp = (x * 0.82 - side * 4.4, y * 0.82 - 4.9)
    iris = paint.iris
    if paint.flat:
        return (
            oval((x, y), (IRIS, IRIS), iris.deep)
            + oval((x, y + 1.6), (IRIS - 2.4, IRIS - 3.2), iris.base)
            + oval((x, y), (5.8, 5.8), "#140d12")
            + oval(lamp, (3.6, 3.6), "#ffffff")
        )
    rays = "".join(
        line(
            f"M{number(x + 6.2 * dx)},{number(y + 6.2 * dy)}L{number(x + 10.8 * dx)},"
            f"{number(y + 10.8 * dy)}",
            iris.light,
            0.9,
            0.34,
        )
        for dx, dy in RAYS
    )
    return (
        oval((x, y), (IRIS, IRIS), iris.deep)
        + oval((x, y), (IRIS - 1.1, IRIS - 1.1), "url(#iris)")
        + rays
        + blob((x + side * 2.0, y + 6.2), (8.2, 5.4), mix(iris.light, "#ffffff", 0.25), 0.8)
        + oval((x, y), (5.6, 5.6), "#0f0a0c")
        + oval(lamp, (3.7, 3.9), "#ffffff")
        + oval((lamp[0] + side * 8.8, lamp[1] + 10.4), (1.9, 1.7), "#ffffff", 0.8)
    )


RAYS = tuple(
    (dx, dy)
    for dx, dy in (
        (0.0, 1.0), (0.38, 0.92), (0.71, 0.71), (0.92, 0.38), (1.0, 0.0), (0.92, -0.38),
        (-0.38, 0.92), (-0.71, 0.71), (-0.92, 0.38), (-1.0, 0.0), (-0.92, -0.38),
    )
)  # fmt: skip


def _socket(face: Expression, upper: list[Point], paint: Palette, look: Look) -> str:
    """The lid's shade and its crease, which flattens as the eye closes; bags under old eyes."""
    lift = 5.6 - 1.2 * face.lid
    crease = [(x * 0.98 + 0.6, y * (1 - 0.3 * face.lid) - lift) for x, y in upper[1:]]
    hollow = [(-18.0, 1.0), *crease]
    parts = []
    if paint.flat:
        parts.append(fill(ring(hollow, upper), paint.skin.shade, 0.55))
        parts.append(line(smooth(crease), paint.ink, 1.1, 0.5))
    else:
        eyeshadow = mix(paint.skin.deep, paint.blush, 0.35 if look.form == "woman" else 0.0)
        parts.append(smear(smooth(crease[:-1]), eyeshadow, 11.0, 0.28))
        parts.append(fill(ring(hollow, upper), eyeshadow, 0.24))
        parts.append(line(smooth(crease), paint.skin.deep, 1.3, 0.62))
    if look.age == "senior":
        parts.append(_age(paint))
    return "".join(parts)


def _age(paint: Palette) -> str:
    """Bags, and crow's feet beside the eye."""
    bag = "M-15,14.5Q0,22 15,14"
    feet = ("M26.5,-1Q31,-3 35,-4", "M27,2.6Q32,3 36,4.6", "M26,6Q30,8 33,11")
    strength = 0.4 if paint.flat else 0.42
    soft = "" if paint.flat else smear(bag, paint.skin.deep, 6.0, 0.26)
    lines = "".join(line(d, paint.skin.deep, 1.2, strength) for d in (bag, *feet))
    return soft + lines


def _lashes(
    face: Expression, paint: Palette, look: Look, upper: list[Point], lower: list[Point]
) -> str:
    """The upper lash line, thick outside, with a wing and single lashes; a faint lower one."""
    woman = look.form == "woman"
    thick = 2.7 if woman else 2.0
    drop = 6.5 * face.lid
    end = upper[-1]
    wing = (25.6, end[1] - 3.6 + drop) if woman else (23.0, end[1] - 0.8 + 0.4 * drop)
    over = [
        upper[0],
        (upper[1][0], upper[1][1] - 0.55 * thick),
        (upper[2][0], upper[2][1] - thick),
        (upper[3][0], upper[3][1] - thick),
        wing,
    ]
    under = [*upper[:4], (end[0] - 0.6, end[1] + 0.8)]
    colour = paint.ink if paint.flat else paint.lash
    parts = [fill(ring(over, under), colour)]
    if woman and not paint.flat:
        for x, length in ((14.0, 4.2), (18.6, 5.2)):
            root = _on(over, x)
            way = 1.0 - 2.0 * face.lid * (face.lid > 0.5)
            tip = (x + length * 0.75, root - length * 0.72 * way)
            parts.append(
                line(
                    f"M{number(x)},{number(root + 0.6)}"
                    f"Q{number(x + 2.4)},{number(root - 1.4 * way)} "
                    f"{number(tip[0])},{number(tip[1])}",
                    colour,
                    1.3,
                )
            )
    faint = (0.5 if paint.flat else 0.34) * (1 - 0.8 * face.lid)
    parts.append(line(smooth(lower[1:]), paint.ink if paint.flat else paint.skin.deep, 1.2, faint))
    return "".join(parts)


def _on(points: list[Point], x: float) -> float:
    """The height of a polyline at ``x``."""
    for (x0, y0), (x1, y1) in pairwise(points):
        if x0 <= x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return points[-1][1]


def brows(face: Expression, shape: Shape, paint: Palette, look: Look) -> str:
    """SVG of both brows."""
    thick = shape.brow * (1.12 if look.age == "senior" and look.form == "man" else 1.0)
    flat_arch = 2.2 if look.form == "man" else 0.0
    parts = []
    for side in (-1.0, 1.0):
        lift = -5.5 * (face.brow + side * face.brow_skew) + (2.5 if look.form == "man" else 0.0)
        knit = 1.8 * max(0.0, -face.brow)
        spine: list[Point] = [
            (-18.5 - knit, 3.6 + knit), (-7.0, -0.8), (8.0, -3.4 + flat_arch), (26.5, 3.2),
        ]  # fmt: skip
        widths = (1.5, 2.9, 2.5, 0.3)
        over = [(x, y - w * thick) for (x, y), w in zip(spine, widths, strict=True)]
        under = [(x, y + w * thick) for (x, y), w in zip(spine, widths, strict=True)]
        body = fill(ring(over, under), paint.brow, 1.0 if paint.flat else 0.86)
        if not paint.flat:
            body += _hairs(spine, thick, paint)
        parts.append(placed(body, (side * shape.eye_dx, BROW_Y + lift), (side, 1.0)))
    return "".join(parts)


def _hairs(spine: list[Point], thick: float, paint: Palette) -> str:
    """Single hairs that soften the edges of a brow."""
    parts = []
    for i in range(15):
        x = spine[0][0] - 1.0 + (spine[-1][0] - spine[0][0] - 6.0) * i / 14
        y = _on(spine, x)
        rise = (3.4 - 0.16 * i) * thick
        d = (
            f"M{number(x)},{number(y + rise * 0.7)}"
            f"L{number(x + 3.0 + 0.25 * i)},{number(y - rise * (0.9 - 0.05 * i))}"
        )
        parts.append(line(d, paint.brow, 0.9, 0.4))
    return "".join(parts)


def eye_defs(paint: Palette) -> str:
    """Gradients of the eyes."""
    iris = paint.iris
    return (
        gradient("white", [(0, "#ded3d4"), (0.45, "#fffdfb"), (1, "#f4ebe8")], (0, 0, 0, 1))
        + '<radialGradient id="iris" cx="0.5" cy="0.66" r="0.62">'
        f'<stop offset="0" stop-color="{iris.light}"/><stop offset="0.5" stop-color="{iris.base}"/>'
        f'<stop offset="1" stop-color="{iris.shade}"/></radialGradient>'
    )
