"""The whole picture: background, hair, body, head, and the features on it."""

from avatar.drawing.curves import Point, mirror, number, smooth
from avatar.drawing.eyes import brows, eye_defs, eyes
from avatar.drawing.hair import back_hair, front_hair
from avatar.drawing.mouth import chin_drop_px, mouth, mouth_defs
from avatar.drawing.pose import Expression, Palette

SIZE_PX = 512
Box = tuple[int, int, int, int]


def _defs(paint: Palette) -> str:
    """Blurs and gradients that several parts share."""
    blurs = "".join(
        f'<filter id="soft{i}" x="-60%" y="-60%" width="220%" height="220%">'
        f'<feGaussianBlur stdDeviation="{sigma}"/></filter>'
        for i, sigma in ((1, 0.9), (2, 2.0), (3, 3.2), (8, 8.0), (14, 14.0))
    )
    return (
        f"<defs>{blurs}{mouth_defs(paint)}{eye_defs(paint)}"
        '<linearGradient id="back" x1="0" y1="0" x2="0.35" y2="1">'
        f'<stop offset="0" stop-color="{paint.back_top}"/>'
        f'<stop offset="1" stop-color="{paint.back_bottom}"/></linearGradient>'
        '<radialGradient id="halo"><stop offset="0" '
        f'stop-color="{paint.halo}" stop-opacity="0.85"/><stop offset="1" '
        f'stop-color="{paint.halo}" stop-opacity="0"/></radialGradient>'
        '<linearGradient id="skin" x1="0.1" y1="0" x2="0.9" y2="1">'
        f'<stop offset="0" stop-color="{paint.skin_light}"/>'
        f'<stop offset="0.5" stop-color="{paint.skin}"/>'
        f'<stop offset="1" stop-color="{paint.skin_shade}" stop-opacity="1"/></linearGradient>'
        '<linearGradient id="neck" x1="0" y1="0" x2="1" y2="0.3">'
        f'<stop offset="0" stop-color="{paint.skin}"/>'
        f'<stop offset="1" stop-color="{paint.skin_shade}"/></linearGradient>'
        '<linearGradient id="hair" x1="0" y1="0" x2="0.3" y2="1">'
        f'<stop offset="0" stop-color="{paint.hair}"/>'
        f'<stop offset="0.5" stop-color="{paint.hair}"/>'
        f'<stop offset="1" stop-color="{paint.hair_dark}"/></linearGradient>'
        '<linearGradient id="top" x1="0" y1="0" x2="1" y2="1">'
        f'<stop offset="0" stop-color="{paint.top_light}"/>'
        f'<stop offset="0.45" stop-color="{paint.top}"/>'
        f'<stop offset="1" stop-color="{paint.top_dark}"/></linearGradient></defs>'
    )


def _background() -> str:
    return (
        '<rect width="512" height="512" fill="url(#back)"/>'
        '<circle cx="240" cy="190" r="250" fill="url(#halo)"/>'
    )


def _body(paint: Palette) -> str:
    left: list[Point] = [
        (224, 334), (206, 349), (160, 364), (122, 382), (100, 414), (90, 462), (84, 540),
    ]  # fmt: skip
    shoulders = smooth(left) + "L" + smooth(mirror(left, 256))[1:] + "Z"
    knit = "".join(
        f'<path d="M{x},340C{x - 6 * side},400 {x - 4 * side},460 {x - 8 * side},540" fill="none" '
        f'stroke="{paint.top_dark}" stroke-opacity="0.13" stroke-width="2"/>'
        for side, first in ((1, 100), (-1, 412))
        for x in range(first, first + side * 110, side * 9)
    )
    return (
        f'<clipPath id="bodyclip"><path d="{shoulders}"/></clipPath>'
        f'<g clip-path="url(#bodyclip)"><path d="{shoulders}" fill="url(#top)"/>{knit}'
        f'<path d="M128,470C150,430 150,420 146,384" fill="none" stroke="{paint.top_dark}" '
        'stroke-opacity="0.35" stroke-width="10" filter="url(#soft8)"/>'
        f'<path d="M384,480C362,430 362,420 368,384" fill="none" stroke="{paint.top_dark}" '
        'stroke-opacity="0.6" stroke-width="14" filter="url(#soft8)"/>'
        f"{_shirt(paint)}</g>"
    )


def _shirt(paint: Palette) -> str:
    """The light shirt between the two halves of the cardigan, and their bands."""
    left: list[Point] = [(208, 344), (210, 372), (222, 430), (233, 530)]
    right: list[Point] = [(304, 344), (302, 372), (290, 430), (279, 530)]
    band_left = [(x - 15, y + 1) for x, y in left]
    band_right = [(x + 15, y + 1) for x, y in right]
    parts = [
        f'<path d="{smooth(left)}L{smooth(right[::-1])[1:]}Z" fill="{paint.shirt}"/>',
        f'<path d="M214,340C222,392 290,392 298,340" fill="none" stroke="{paint.shirt_dark}" '
        'stroke-width="6"/>',
        f'<path d="M214,338C222,389 290,389 298,338" fill="none" stroke="{paint.shirt}" '
        'stroke-width="4"/>',
        f'<path d="{smooth([(x + 4, y) for x, y in left])}" fill="none" '
        f'stroke="{paint.shirt_dark}" stroke-width="9" filter="url(#soft3)"/>',
        f'<path d="{smooth([(x - 3, y) for x, y in right])}" fill="none" '
        f'stroke="{paint.shirt_dark}" stroke-width="7" filter="url(#soft3)"/>',
    ]
    for inner, outer in ((left, band_left), (right, band_right)):
        parts.append(
            f'<path d="{smooth(inner)}L{smooth(outer[::-1])[1:]}Z" fill="{paint.top}"/>'
            f'<path d="{smooth(inner)}" fill="none" stroke="{paint.top_light}" '
            'stroke-opacity="0.9" stroke-width="1.6"/>'
            f'<path d="{smooth(outer)}" fill="none" stroke="{paint.top_dark}" '
            'stroke-opacity="0.55" stroke-width="1.6"/>'
        )
    return "".join(parts)


def _neck(face: Expression, paint: Palette) -> str:
    drop = chin_drop_px(face)
    left: list[Point] = [(230, 262), (231, 300), (228, 326), (210, 342), (224, 366), (256, 378)]
    skin = smooth(left) + "L" + smooth(mirror(left, 256))[1:] + "Z"
    return (
        f'<clipPath id="neckclip"><path d="{skin}"/></clipPath>'
        f'<path d="{skin}" fill="url(#neck)"/>'
        f'<g clip-path="url(#neckclip)"><ellipse cx="262" cy="{number(292 + drop)}" rx="52" '
        f'ry="31" fill="{paint.skin_deep}" fill-opacity="0.66" filter="url(#soft8)"/>'
        f'<path d="M238,366Q247,360 252,367M274,366Q265,360 260,367" fill="none" '
        f'stroke="{paint.skin_shade}" stroke-opacity="0.7" stroke-width="2.4" '
        'stroke-linecap="round" filter="url(#soft1)"/></g>'
        '<path d="M224,338C230,366 246,378 256,379C266,378 282,366 288,338" fill="none" '
        'stroke="#8a5a2a" stroke-opacity="0.35" stroke-width="1.6" transform="translate(0.6,1.2)"/>'
        '<path d="M224,338C230,366 246,378 256,379C266,378 282,366 288,338" fill="none" '
        'stroke="#edc05e" stroke-width="1.4"/><circle cx="256" cy="382" r="3.4" fill="#e2b04e"/>'
        '<circle cx="255" cy="381" r="1.2" fill="#fff3cf"/>'
    )


def _face_outline(face: Expression) -> str:
    drop = chin_drop_px(face)
    left: list[Point] = [
        (256, 84), (206, 96), (181, 140), (177, 190), (181, 226), (192, 256 + 0.35 * drop),
        (213, 283 + 0.85 * drop), (238, 298 + drop),
    ]  # fmt: skip
    points = [*left, (256, 301 + drop), *mirror(left[1:], 256)]
    return smooth(points, closed=True)


def _head(face: Expression, paint: Palette) -> str:
    outline = _face_outline(face)
    return (
        f'<clipPath id="faceclip"><path d="{outline}"/></clipPath>'
        f'<path d="{outline}" fill="url(#skin)"/>'
        '<g clip-path="url(#faceclip)">'
        f'<ellipse cx="340" cy="220" rx="34" ry="110" fill="{paint.skin_shade}" '
        'fill-opacity="0.55" filter="url(#soft14)"/>'
        f'<ellipse cx="205" cy="226" rx="23" ry="14" fill="{paint.blush}" fill-opacity="0.34" '
        'filter="url(#soft8)"/>'
        f'<ellipse cx="307" cy="226" rx="23" ry="14" fill="{paint.blush}" fill-opacity="0.36" '
        'filter="url(#soft8)"/></g>'
    )


def _nose(paint: Palette) -> str:
    return (
        f'<path d="M263,196C265,208 270,216 269,224C268,231 260,233 255,233" fill="none" '
        f'stroke="{paint.skin_deep}" stroke-opacity="0.28" stroke-width="5" filter="url(#soft2)"/>'
        f'<path d="M246,230Q250,234.5 256,234.5Q262,234.5 266,230" fill="none" '
        f'stroke="{paint.skin_deep}" stroke-opacity="0.75" stroke-width="1.9" '
        'stroke-linecap="round"/>'
        '<ellipse cx="254" cy="222" rx="4" ry="5" fill="#fff" fill-opacity="0.5" '
        'filter="url(#soft2)"/>' + _freckles(paint)
    )


def _freckles(paint: Palette) -> str:
    """A few faint dots over nose and cheeks."""
    dots = (
        (214, 218, 0.9), (221, 224, 1.1), (207, 225, 0.8), (228, 218, 0.8), (216, 231, 0.7),
        (290, 219, 0.9), (298, 225, 1.1), (306, 219, 0.8), (283, 225, 0.8), (300, 232, 0.7),
        (247, 214, 0.7), (262, 211, 0.7),
    )  # fmt: skip
    return "".join(
        f'<circle cx="{x}" cy="{y}" r="{r}" fill="{paint.skin_deep}" fill-opacity="0.42"/>'
        for x, y, r in dots
    )


def portrait(face: Expression, paint: Palette, *, box: Box | None = None) -> str:
    """The SVG of one expression.

    ``box`` (x, y, width, height in px) draws only that part of the 512 x 512 picture.
    """
    x, y, wide, high = box or (0, 0, SIZE_PX, SIZE_PX)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" '
        f'viewBox="{x} {y} {wide} {high}">'
        f"{_defs(paint)}{_background()}{back_hair(paint)}{_body(paint)}{_neck(face, paint)}"
        f"{_head(face, paint)}{_nose(paint)}{mouth(face, paint)}{eyes(face, paint)}"
        f"{brows(face, paint)}{front_hair(paint)}</svg>"
    )
