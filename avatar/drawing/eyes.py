"""Eyes and brows."""

from avatar.drawing.curves import Point, number, smooth
from avatar.drawing.pose import Expression, Palette

CENTRE_X = 256.0
EYE_Y = 190.0
EYE_DX = 39.0
EYE_SCALE = 1.2


def _lids(face: Expression) -> tuple[list[Point], list[Point]]:
    """Upper and lower edge of the right eye's opening around its centre, inner corner first."""
    open_share = 1.0 - face.lid
    squint = 0.22 * max(0.0, face.smile - 0.45)
    top, low = -13.2 + 1.6 * max(0.0, face.gaze_y), 10.6 * (1 - squint)
    meet = 7.6
    rise = meet + (top - meet) * open_share
    fall = meet + (low - meet) * (0.55 + 0.45 * open_share)
    inner, outer = (-18.5, 5.2), (20.0, 0.6)

    def lerp(y: float, toward: float, share: float) -> float:
        return y + (toward - y) * share

    upper = [
        inner,
        (-11.5, lerp(inner[1], rise, 0.74)),
        (0.5, rise),
        (12.5, lerp(outer[1], rise, 0.70) + 0.4),
        (outer[0], lerp(outer[1], 3.4, face.lid)),
    ]
    lower = [
        inner,
        (-9.0, lerp(inner[1], fall, 0.80)),
        (2.0, fall),
        (12.5, lerp(outer[1], fall, 0.72)),
        (outer[0], lerp(outer[1], 3.4, face.lid)),
    ]
    return upper, lower


def _iris(face: Expression, paint: Palette, side: float) -> str:
    """Iris, pupil and lights; the lights stay with the lamp, not with the gaze."""
    x = side * 5.6 * face.gaze_x - 0.8
    y = -1.9 + 4.4 * face.gaze_y
    lamp_x, lamp_y = x * 0.85 - side * 4.2, y * 0.85 - 5.2
    return (
        f'<circle cx="{number(x)}" cy="{number(y)}" r="12.3" fill="{paint.iris_dark}"/>'
        f'<circle cx="{number(x)}" cy="{number(y)}" r="11.3" fill="url(#iris)"/>'
        f'<ellipse cx="{number(x)}" cy="{number(y + 5.4)}" rx="7.6" ry="4.8" '
        f'fill="{paint.iris_light}" fill-opacity="0.5" filter="url(#soft1)"/>'
        f'<circle cx="{number(x)}" cy="{number(y)}" r="5.7" fill="#16100f"/>'
        f'<circle cx="{number(lamp_x)}" cy="{number(lamp_y)}" r="3.5" fill="#fff"/>'
        f'<circle cx="{number(lamp_x + side * 8.6)}" cy="{number(lamp_y + 10)}" r="1.7" '
        'fill="#fff" fill-opacity="0.75"/>'
    )


def _eye(face: Expression, paint: Palette, side: float) -> str:
    """One eye; ``side`` is +1 for the right of the picture, -1 (mirrored) for the left."""
    upper, lower = _lids(face)
    opening = smooth(upper) + "L" + smooth(list(reversed(lower)))[1:] + "Z"
    name = "r" if side > 0 else "l"
    place = (
        f'transform="translate({number(CENTRE_X + side * EYE_DX)},{EYE_Y}) '
        f'scale({number(side * EYE_SCALE)},{EYE_SCALE})"'
    )
    parts = [_lid_skin(face, paint, upper)]
    if face.lid < 0.97:
        parts.append(
            f'<clipPath id="eye{name}"><path d="{opening}"/></clipPath>'
            f'<g clip-path="url(#eye{name})"><path d="{opening}" fill="url(#white)"/>'
            f"{_iris(face, paint, side)}"
            f'<path d="{smooth(upper)}" fill="none" stroke="#5b3b44" stroke-opacity="0.55" '
            'stroke-width="9" filter="url(#soft2)"/></g>'
            '<path d="M-18.5,5.2q2.4,-2.6 4.4,-0.4q-1.2,2.8 -4.4,0.4z" fill="#e39c8d"/>'
        )
    parts.append(_lashes(face, paint, upper, lower))
    return f"<g {place}>{''.join(parts)}</g>"


def _lid_skin(face: Expression, paint: Palette, upper: list[Point]) -> str:
    """The lid's shadow and its crease, which flattens as the eye closes."""
    lift = 5.4 - 1.0 * face.lid
    crease = [(x * 0.98 + 0.6, y * (1 - 0.25 * face.lid) - lift) for x, y in upper[1:]]
    shade = smooth(upper) + "L" + smooth(list(reversed([(-17.0, 0.0), *crease])))[1:] + "Z"
    return (
        f'<path d="{shade}" fill="{paint.skin_deep}" fill-opacity="0.26" filter="url(#soft1)"/>'
        f'<path d="{smooth(crease)}" fill="none" stroke="{paint.skin_deep}" stroke-opacity="0.62" '
        'stroke-width="1.3" stroke-linecap="round"/>'
    )


def _lashes(face: Expression, paint: Palette, upper: list[Point], lower: list[Point]) -> str:
    """The upper lash line, thick outside, with a wing; a faint lower one."""
    drop = 6.0 * face.lid
    wing = (25.6, upper[-1][1] - 4.6 + drop)
    thick = [
        (upper[0][0], upper[0][1]),
        (-11.5, upper[1][1] - 1.9),
        (0.5, upper[2][1] - 3.3),
        (13.0, upper[3][1] - 3.2),
        wing,
    ]
    under = [(21.0, upper[4][1] + 0.6), *reversed([(x, y + 0.3) for x, y in upper[:4]])]
    body = (
        smooth(thick)
        + f"L{number(under[0][0])},{number(under[0][1])}"
        + smooth(under)[1:].replace(f"{number(under[0][0])},{number(under[0][1])}", "", 1)
    )
    return (
        f'<path d="{body}Z" fill="{paint.lash}"/>'
        f'<path d="{smooth(lower[1:])}" fill="none" stroke="{paint.lash}" '
        f'stroke-opacity="{number(0.42 - 0.3 * face.lid)}" stroke-width="1.2" '
        'stroke-linecap="round"/>'
    )


def eyes(face: Expression, paint: Palette) -> str:
    """SVG of both eyes."""
    return _eye(face, paint, -1.0) + _eye(face, paint, 1.0)


def brows(face: Expression, paint: Palette) -> str:
    """SVG of both brows."""
    parts = []
    for side in (-1.0, 1.0):
        lift = -5.0 * (face.brow + side * face.brow_skew)
        knit = 1.6 * max(0.0, -face.brow)
        shape = [
            (-18.0 - knit, 0.8 + knit),
            (-6.0, -3.2),
            (8.0, -5.4),
            (25.5, 2.6),
            (8.0, -0.6),
            (-6.0, 1.6),
            (-17.6 - knit, 5.4 + knit),
        ]
        parts.append(
            f'<g transform="translate({number(CENTRE_X + side * EYE_DX)},{number(153 + lift)}) '
            f'scale({side:g},1)"><path d="{smooth(shape, closed=True, tension=0.9)}" '
            f'fill="{paint.brow}" fill-opacity="0.82"/></g>'
        )
    return "".join(parts)


def eye_defs(paint: Palette) -> str:
    """Gradients of the eyes."""
    return (
        '<linearGradient id="white" x1="0" y1="0" x2="0" y2="1">'
        '<stop offset="0" stop-color="#e6dedd"/><stop offset="0.5" stop-color="#fffdfb"/>'
        "</linearGradient>"
        '<radialGradient id="iris" cx="0.5" cy="0.62" r="0.6">'
        f'<stop offset="0" stop-color="{paint.iris_light}"/>'
        f'<stop offset="0.55" stop-color="{paint.iris}"/>'
        f'<stop offset="1" stop-color="{paint.iris_dark}"/></radialGradient>'
    )
