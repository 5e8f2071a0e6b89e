"""Proportions of a person: one set of numbers per look, and the outline of the head."""

from dataclasses import dataclass

from avatar.drawing.curves import Point, mirror, smooth
from avatar.drawing.look import Look
from avatar.drawing.pose import Expression

LINE_Y = 276.0
EYE_Y = 204.0
BROW_Y = 168.0
JAW_PX = 30.0
CHIN_SHARE = 0.42


@dataclass(frozen=True, slots=True)
class Shape:
    """Half widths and heights in units of the drawing, 512 of which are a square picture's side."""

    wide: float
    jaw: float
    chin: float
    chin_y: float
    neck: float
    shoulder: float
    eye: float
    eye_dx: float
    brow: float
    nose: float
    lips: float
    mouth: float
    raised: float


FACE_SHAPES = {
    "oval": (0.0, 0.0, 0.0, 0.0),
    "round": (3.0, 5.0, 5.0, -5.0),
    "square": (1.0, 7.0, 8.0, 0.0),
    "heart": (2.0, -5.0, -6.0, 1.0),
}


def shape_of(look: Look) -> Shape:
    """The proportions of a look."""
    wide, jaw, chin, long = FACE_SHAPES[look.face]
    man = look.form == "man"
    young, senior = look.age == "young", look.age == "senior"
    return Shape(
        wide=(80.0 if man else 78.0) + wide,
        jaw=(66.0 if man else 58.0) + jaw + 2.0 * senior,
        chin=(36.0 if man else 28.0) + chin,
        chin_y=(326.0 if man else 321.0) + long - 3.0 * young,
        neck=46.0 if man else 34.0,
        shoulder=168.0 if man else 142.0,
        eye=(1.0 if man else 1.12) + 0.06 * young - 0.06 * senior,
        eye_dx=39.0 if man else 37.5,
        brow=1.25 if man else 0.9,
        nose=1.15 if man else 0.92,
        lips=0.78 if man else 1.04,
        mouth=31.0 if man else 30.0,
        raised=6.0 if man else 14.0,
    )


def chin_drop(face: Expression) -> float:
    """How far the chin sinks below its resting place."""
    return face.jaw * JAW_PX * CHIN_SHARE * (1.0 - face.press)


def outline_points(shape: Shape, drop: float, grow: float = 0.0) -> list[Point]:
    """The head from its top down its left side, around the chin and up again."""
    wide, jaw, chin = shape.wide + grow, shape.jaw + grow, shape.chin + 0.6 * grow
    left: list[Point] = [
        (-44.0, 91.0 - grow),
        (-72.0, 124.0),
        (-wide, 172.0),
        (-wide + 1.5, 216.0),
        (-(0.42 * wide + 0.58 * jaw), 256.0 + 0.2 * drop),
        (-jaw, 281.0 + 0.7 * drop),
        (-chin, 309.5 + (shape.chin_y - 322.0) + drop + 0.6 * grow),
    ]
    return [(0.0, 83.0 - grow), *left, (0.0, shape.chin_y + drop + grow), *mirror(left)]


def outline(shape: Shape, drop: float, grow: float = 0.0) -> str:
    """The head's outline as path data."""
    return smooth(outline_points(shape, drop, grow), closed=True)
