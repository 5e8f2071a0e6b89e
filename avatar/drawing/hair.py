"""Long hair with a side parting: what falls behind the neck, and the two locks in front."""

from avatar.drawing.curves import Point, at, mirror, smooth, strands
from avatar.drawing.pose import Palette

BACK_LEFT: list[Point] = [
    (262, 37), (204, 48), (163, 98), (152, 166), (149, 232), (140, 292), (148, 336), (178, 360),
]  # fmt: skip
BACK_RIGHT: list[Point] = [
    (262, 37), (318, 47), (354, 98), (363, 168), (366, 234), (375, 294), (368, 338), (338, 362),
]  # fmt: skip


def back_hair(paint: Palette) -> str:
    """SVG of the hair behind everything."""
    outline = [*BACK_LEFT, (215, 374), (297, 374), *reversed(BACK_RIGHT[1:])]
    inner_left: list[Point] = [
        (256, 60), (222, 80), (196, 120), (190, 175), (190, 232), (186, 288), (190, 322),
        (205, 340),
    ]  # fmt: skip
    inner_right = mirror(inner_left, 256)[::-1]
    light, dark = paint.hair_light, paint.hair_dark
    strokes = [
        (0.10, 3.0, light, 0.30), (0.22, 2.0, dark, 0.45), (0.34, 5.0, light, 0.30),
        (0.46, 2.0, dark, 0.35), (0.60, 3.0, light, 0.16), (0.75, 3.0, dark, 0.5),
        (0.92, 6.0, dark, 0.5),
    ]  # fmt: skip
    return (
        f'<path d="{smooth(outline, closed=True)}" fill="url(#hair)"/>'
        + strands(BACK_LEFT, inner_left, strokes)
        + strands(BACK_RIGHT, inner_right, strokes)
    )


FRINGE_OUTER: list[Point] = [
    (293, 42), (244, 40), (192, 66), (161, 120), (152, 182), (150, 240), (141, 290), (147, 334),
    (178, 361),
]  # fmt: skip
FRINGE_INNER: list[Point] = [
    (295, 54), (281, 90), (246, 121), (208, 142), (187, 176), (181, 222), (187, 266), (197, 306),
    (204, 352),
]  # fmt: skip
SIDE_OUTER: list[Point] = [
    (289, 42), (322, 50), (350, 88), (362, 138), (364, 190), (367, 240), (376, 292), (369, 336),
    (338, 363),
]  # fmt: skip
SIDE_INNER: list[Point] = [
    (291, 54), (307, 82), (326, 110), (335, 146), (335, 190), (331, 230), (327, 270), (317, 308),
    (311, 353),
]  # fmt: skip


def _lock(outer: list[Point], inner: list[Point], paint: Palette) -> str:
    """A swept lock between two outlines, with its shadow on the face."""
    low = (outer[-1][0] * 0.45 + inner[-1][0] * 0.55, outer[-1][1] + 3.0)
    shape = f"{smooth(outer)}Q{at(low)} {at(inner[-1])}L{smooth(inner[::-1])[1:]}Z"
    light, dark = paint.hair_light, paint.hair_dark
    fine = [
        (
            0.04 + 0.92 * i / 25,
            1.0 + (i * 7 % 4) * 0.8,
            light if i % 3 else dark,
            0.10 + (i * 5 % 4) * 0.07,
        )
        for i in range(26)
    ]
    return (
        f'<path d="{smooth(inner)}" fill="none" stroke="{paint.skin_deep}" stroke-opacity="0.5" '
        'stroke-width="9" filter="url(#soft3)" clip-path="url(#faceclip)"/>'
        f'<path d="{shape}" fill="url(#hair)"/>{strands(outer, inner, fine)}'
        f'<path d="{smooth(inner)}" fill="none" stroke="{dark}" stroke-opacity="0.6" '
        'stroke-width="1.6"/>'
    )


def front_hair(paint: Palette) -> str:
    """SVG of the locks over the face; it uses the face's clip path ``faceclip``."""
    shine = (
        f'<path d="M172,158C184,112 212,84 262,72" fill="none" stroke="{paint.hair_shine}" '
        'stroke-opacity="0.6" stroke-width="11" stroke-linecap="round" filter="url(#soft8)"/>'
        f'<path d="M318,72C338,92 346,120 350,156" fill="none" stroke="{paint.hair_shine}" '
        'stroke-opacity="0.45" stroke-width="8" stroke-linecap="round" filter="url(#soft8)"/>'
    )
    return _lock(SIDE_OUTER, SIDE_INNER, paint) + _lock(FRINGE_OUTER, FRINGE_INNER, paint) + shine
