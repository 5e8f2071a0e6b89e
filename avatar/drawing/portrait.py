"""The whole picture as a stack of layers, each still or moved by one part of the face."""

from dataclasses import dataclass

from avatar.drawing import animals, clothes, eyes, hair, head, mouth, scenery, worn
from avatar.drawing.brush import placed
from avatar.drawing.locks import hair_defs
from avatar.drawing.look import Look
from avatar.drawing.palette import Palette, palette
from avatar.drawing.pose import Expression
from avatar.drawing.shape import outline, shape_of

STILL = ""
EARLESS = ("long", "waves", "bob", "headscarf")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One layer: SVG around x = 0, the part that changes it, and whether it turns with the head.

    The part is mouth, eyes, brows or none.
    """

    part: str
    svg: str
    turns: bool


def sheets(look: Look, face: Expression) -> list[Sheet]:
    """The layers of one expression, from the background to the front."""
    paint = palette(look)
    if look.kind != "person":
        return [Sheet(*layer) for layer in animals.sheets(look, paint, face)]
    return _person(look, paint, face)


def _person(look: Look, paint: Palette, face: Expression) -> list[Sheet]:
    shape = shape_of(look)
    rear, front = hair.hair(shape, paint, look)
    covered = look.hair in EARLESS or (look.hair == "curls" and look.form == "woman")
    raised = (0.0, -shape.raised)
    speech = mouth.mouth(face, shape, paint, look) + worn.moustache(face, shape, paint, look)
    return [
        Sheet(
            STILL,
            scenery.scenery(paint, look) + placed(clothes.behind(shape, paint, look), raised),
            turns=False,
        ),
        Sheet(STILL, hair_defs(paint) + rear, turns=True),
        Sheet(
            STILL,
            placed(head.neck(shape, paint, look) + clothes.garment(shape, paint, look), raised),
            turns=False,
        ),
        Sheet(STILL, "" if covered else head.ears(shape, paint, look), turns=True),
        Sheet(
            "mouth",
            head.head(face, shape, paint) + worn.beard(face, shape, paint, look),
            turns=True,
        ),
        Sheet("mouth", speech, turns=True),
        Sheet(STILL, head.nose(shape, paint, look), turns=True),
        Sheet("eyes", eyes.eyes(face, shape, paint, look), turns=True),
        Sheet("brows", eyes.brows(face, shape, paint, look), turns=True),
        Sheet(STILL, _clip(look) + worn.glasses(shape, paint, look) + front, turns=True),
    ]


def _clip(look: Look) -> str:
    """The resting face as a clip path, for shadows that fall on it."""
    return f'<clipPath id="faceclip"><path d="{outline(shape_of(look), 0.0)}"/></clipPath>'
