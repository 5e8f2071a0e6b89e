"""A cloth around head and neck."""

from avatar.drawing.brush import fill, gradient, line, smear
from avatar.drawing.curves import Point, mirror, smooth
from avatar.drawing.locks import INK_PX, Pair, on_face
from avatar.drawing.look import Look
from avatar.drawing.palette import Palette
from avatar.drawing.shape import Shape


def headscarf(shape: Shape, paint: Palette, look: Look) -> Pair:
    """A cloth around face and neck."""
    w, tone = shape.wide, paint.scarf
    contour: list[Point] = [
        (0.0, 52.0),
        (-58.0, 64.0),
        (-w - 16, 118.0),
        (-w - 20, 190.0),
        (-w - 14, 262.0),
        (-w - 22, 330.0),
        (-w - 44, 372.0),
        (-70.0, 412.0),
        (0.0, 430.0),
    ]
    face: list[Point] = [
        (0.0, 106.0),
        (-40.0, 114.0),
        (-w + 13, 152.0),
        (-w + 9, 206.0),
        (-shape.jaw + 2, 268.0),
        (-shape.chin - 5, 303.0),
        (0.0, shape.chin_y - 1.5),
    ]
    outside = smooth([*contour, *mirror(contour)[1:-1]], closed=True)
    hole = smooth([*face, *mirror(face)[1:-1]], closed=True)
    colour = tone.base if paint.flat else "url(#scarf)"
    cloth = f'<path fill-rule="evenodd" d="{outside}{hole}" fill="{colour}"/>'
    folds = (
        "M-92,150C-86,250 -60,330 20,372", "M-88,220C-80,300 -30,370 60,392",
        "M84,260C70,320 20,360 -50,372", "M92,300C84,350 40,392 -20,410",
        "M-62,84C-86,120 -92,160 -90,200", "M40,74C72,96 88,140 90,190",
    )  # fmt: skip
    cast = (
        line(hole, paint.skin.shade, 12.0)
        if paint.flat
        else smear(hole, paint.skin.deep, 18.0, 0.5)
    )
    cast = on_face(cast)
    if paint.flat:
        marks = "".join(line(d, tone.shade, 2.6) for d in folds)
        rear = fill(outside, tone.shade)
        return rear, cast + cloth + marks + line(outside, paint.ink, INK_PX) + line(
            hole, paint.ink, INK_PX
        )
    marks = "".join(smear(d, tone.deep, 12.0, 0.12) + line(d, tone.deep, 1.5, 0.34) for d in folds)
    light = smear("M-70,104C-50,80 -20,70 12,70", tone.light, 16.0, 0.6)
    rim = line(hole, tone.light, 2.2, 0.5)
    stops = [(0, tone.light), (0.4, tone.base), (1, tone.shade)]
    rear = fill(outside, tone.deep)
    return rear, gradient("scarf", stops, (0.1, 0, 0.7, 1)) + cast + cloth + marks + light + rim
