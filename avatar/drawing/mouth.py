"""The mouth: lips, teeth, tongue, as a function of the articulation."""

from dataclasses import dataclass

from avatar.drawing.curves import Point, number, smooth
from avatar.drawing.pose import Expression, Palette

CENTRE_X = 256.0
LINE_Y = 255.0
JAW_PX = 31.0
CHIN_SHARE = 0.42


@dataclass(frozen=True, slots=True)
class Lips:
    """The four edges of the lips, from left to right, and the open height."""

    top: list[Point]
    inner_top: list[Point]
    inner_bottom: list[Point]
    bottom: list[Point]
    gap_px: float


def chin_drop_px(face: Expression) -> float:
    """How far the chin sinks below its resting place."""
    return face.jaw * JAW_PX * CHIN_SHARE * (1.0 - face.press)


def lips(face: Expression) -> Lips:
    """The outline of the lips."""
    pucker, stretch = max(0.0, -face.width), max(0.0, face.width)
    smile = face.smile * (1.0 - 0.8 * pucker)
    jaw = face.jaw * (1.0 - face.press) * (1.0 - 0.7 * face.bite)
    half = 27.5 + 6.0 * stretch - 13.0 * pucker + 4.5 * smile - 2.5 * jaw * (1 - pucker)
    gap = JAW_PX * jaw * (0.9 + 0.12 * pucker) + 3.0 * face.bite
    gap += 2.2 * pucker * (1.0 - face.press)
    lift = gap * 0.2
    upper = (6.0 + 1.8 * pucker - 0.8 * stretch - 0.6 * smile) * (1 - 0.38 * face.press)
    lower = (9.2 + 1.6 * pucker - 1.0 * stretch - 0.8 * smile) * (1 - 0.32 * face.press)
    lower *= 1 - 0.5 * face.bite
    corner_y = LINE_Y - 7.5 * smile + 0.30 * gap + 0.6 * face.press
    middle_y = LINE_Y + 2.4 * smile
    bulge = 0.62 + 0.22 * pucker

    def edge(shares: list[tuple[float, float]]) -> list[Point]:
        return [(CENTRE_X + half * t, y) for t, y in shares]

    up, down = middle_y - lift, middle_y + gap - lift
    bow = 1.3 * (1 - pucker) * (1 - min(1.0, jaw * 1.5))
    inner_top = edge(
        [
            (-1.0, corner_y),
            (-0.55, corner_y + (up - corner_y) * (0.80 + 0.1 * bulge)),
            (0.0, up + bow * 0.6),
            (0.55, corner_y + (up - corner_y) * (0.80 + 0.1 * bulge)),
            (1.0, corner_y),
        ]
    )
    inner_bottom = edge(
        [
            (-1.0, corner_y),
            (-0.6, corner_y + (down - corner_y) * (0.70 + 0.16 * bulge)),
            (0.0, down + bow * 0.6),
            (0.6, corner_y + (down - corner_y) * (0.70 + 0.16 * bulge)),
            (1.0, corner_y),
        ]
    )
    crest = up - upper
    shoulder = 0.66 + 0.16 * pucker
    dip = 1.0 - 0.75 * pucker
    top = edge(
        [
            (-1.06, corner_y - 0.2),
            (-0.62, corner_y + (crest - corner_y) * shoulder - 0.6),
            (-0.2, crest - 0.7 * dip),
            (0.0, crest + 1.3 * dip),
            (0.2, crest - 0.7 * dip),
            (0.62, corner_y + (crest - corner_y) * shoulder - 0.6),
            (1.06, corner_y - 0.2),
        ]
    )
    base = down + lower
    bottom = edge(
        [
            (-1.06, corner_y - 0.2),
            (-0.66, corner_y + (base - corner_y) * 0.76),
            (-0.25, corner_y + (base - corner_y) * 0.985),
            (0.25, corner_y + (base - corner_y) * 0.985),
            (0.66, corner_y + (base - corner_y) * 0.76),
            (1.06, corner_y - 0.2),
        ]
    )
    return Lips(top, inner_top, inner_bottom, bottom, gap)


def _ring(upper: list[Point], lower: list[Point]) -> str:
    """A closed shape between two edges that share their direction."""
    back = list(reversed(lower))
    return smooth(upper) + "L" + smooth(back)[1:] + "Z"


def _inside(face: Expression, shape: Lips, paint: Palette) -> str:
    """Cavity, teeth and tongue, clipped to the opening."""
    if shape.gap_px < 0.8:
        return ""
    pucker = max(0.0, -face.width)
    up, down = shape.inner_top[2][1], shape.inner_bottom[2][1]
    half = shape.inner_top[-1][0] - CENTRE_X
    teeth = min(1.0, max(0.0, 1.3 - 2.0 * pucker))
    tooth_px = min(7.8, 3.4 + 0.14 * shape.gap_px + 1.6 * max(0.0, face.width))
    opening = _ring(shape.inner_top, shape.inner_bottom)
    parts = [f'<path d="{opening}" fill="url(#cavity)"/>']
    rise = face.tongue * 0.42
    tongue_y = down + 5.0 - min(shape.gap_px * (0.42 + rise), 6.0 + shape.gap_px * 0.30)
    if shape.gap_px > 4.0:
        parts.append(
            f'<ellipse cx="256" cy="{number(tongue_y + 11)}" rx="{number(half * 0.68)}" '
            f'ry="{number(11.5)}" fill="url(#tongue)"/>'
        )
    if teeth > 0.05:
        parts.append(_teeth(up, half, tooth_px, teeth))
    parts.append(
        f'<path d="{smooth(shape.inner_top)}" fill="none" stroke="#3a0d12" stroke-opacity="0.5" '
        'stroke-width="5" filter="url(#soft2)"/>'
    )
    return (
        f'<clipPath id="opening"><path d="{opening}"/></clipPath>'
        f'<g clip-path="url(#opening)">{"".join(parts)}</g>'
    )


def _teeth(up_y: float, half_px: float, height_px: float, opacity: float) -> str:
    """The upper row: one soft band with faint gaps, since single teeth look hard at this size."""
    wide = half_px * 0.84
    low = up_y + height_px
    band = (
        f"M{number(256 - wide)},{number(up_y - 8)}L{number(256 + wide)},{number(up_y - 8)}"
        f"L{number(256 + wide)},{number(low - 4)}"
        f"Q{number(256 + wide * 0.9)},{number(low - 0.6)} {number(256 + wide * 0.5)},{number(low)}"
        f"Q256,{number(low + 1.2)} {number(256 - wide * 0.5)},{number(low)}"
        f"Q{number(256 - wide * 0.9)},{number(low - 0.6)} {number(256 - wide)},{number(low - 4)}Z"
    )
    gaps = "".join(
        f'<path d="M{number(256 + wide * x)},{number(up_y - 3)}V{number(low)}" stroke="#c9b3a8" '
        'stroke-opacity="0.4" stroke-width="0.7"/>'
        for x in (-0.56, -0.28, 0.0, 0.28, 0.56)
    )
    return f'<g opacity="{number(opacity)}"><path d="{band}" fill="url(#teeth)"/>{gaps}</g>'


def mouth(face: Expression, paint: Palette) -> str:
    """SVG of the mouth over bare skin."""
    shape = lips(face)
    pucker = max(0.0, -face.width)
    shadow_y = shape.bottom[2][1] + 4.5
    half = shape.top[-1][0] - CENTRE_X
    parts = [
        f'<ellipse cx="256" cy="{number(shadow_y)}" rx="{number(half * 0.5)}" ry="3.2" '
        f'fill="{paint.skin_shade}" fill-opacity="0.55" filter="url(#soft3)"/>',
        _inside(face, shape, paint),
        f'<path d="{_ring(shape.inner_bottom, shape.bottom)}" fill="url(#lowerlip)"/>',
        f'<path d="{_ring(shape.top, shape.inner_top)}" fill="url(#upperlip)"/>',
    ]
    shine_y = (shape.inner_bottom[2][1] + shape.bottom[2][1]) / 2 - 0.6
    if face.bite < 0.5:
        parts.append(
            f'<ellipse cx="251" cy="{number(shine_y)}" rx="{number(half * 0.34)}" ry="1.5" '
            f'fill="#fff" fill-opacity="{number(0.34 + 0.1 * pucker)}" filter="url(#soft1)"/>'
        )
    closed = max(0.0, 1.0 - shape.gap_px / 3.0)
    seam = smooth(shape.inner_top)
    parts.append(
        f'<path d="{seam}" fill="none" stroke="#7d2c2c" stroke-width="1.5" stroke-linecap="round" '
        f'stroke-opacity="{number(0.3 + 0.5 * closed)}"/>'
    )
    parts.append(_corners(shape, face))
    return "".join(parts)


def _corners(shape: Lips, face: Expression) -> str:
    """Small shadows where the lips meet, deeper when smiling."""
    y = shape.inner_top[0][1]
    left, right = shape.inner_top[0][0], shape.inner_top[-1][0]
    strength = number(0.15 + 0.5 * face.smile)
    lift = 2.2 * face.smile
    return (
        f'<g fill="none" stroke="#8a3b30" stroke-opacity="{strength}" stroke-width="1.8" '
        'stroke-linecap="round">'
        f'<path d="M{number(left - 1.6)},{number(y - lift)}Q{number(left - 1)},{number(y + 0.3)} '
        f'{number(left + 2)},{number(y + 0.4)}"/>'
        f'<path d="M{number(right + 1.6)},{number(y - lift)}Q{number(right + 1)},{number(y + 0.3)} '
        f'{number(right - 2)},{number(y + 0.4)}"/></g>'
    )


def mouth_defs(paint: Palette) -> str:
    """Gradients of the mouth."""
    return (
        '<linearGradient id="cavity" x1="0" y1="0" x2="0" y2="1">'
        '<stop offset="0" stop-color="#3c1014"/><stop offset="1" stop-color="#7a2a2b"/>'
        "</linearGradient>"
        '<linearGradient id="tongue" x1="0" y1="0" x2="0" y2="1">'
        '<stop offset="0" stop-color="#e0837d"/><stop offset="1" stop-color="#b75253"/>'
        "</linearGradient>"
        '<linearGradient id="teeth" x1="0" y1="0" x2="1" y2="0">'
        '<stop offset="0" stop-color="#d9cbc2"/><stop offset="0.25" stop-color="#fffaf4"/>'
        '<stop offset="0.75" stop-color="#fffaf4"/><stop offset="1" stop-color="#d9cbc2"/>'
        "</linearGradient>"
        '<linearGradient id="upperlip" x1="0" y1="0" x2="0" y2="1">'
        f'<stop offset="0" stop-color="{paint.lip}"/>'
        f'<stop offset="1" stop-color="{paint.lip_dark}"/>'
        "</linearGradient>"
        '<linearGradient id="lowerlip" x1="0" y1="0" x2="0" y2="1">'
        f'<stop offset="0" stop-color="{paint.lip}"/><stop offset="0.55" '
        f'stop-color="{paint.lip_light}"/><stop offset="1" stop-color="{paint.lip}"/>'
        "</linearGradient>"
    )
