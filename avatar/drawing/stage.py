"""Where the character stands in a picture of any size, and where its moving parts lie."""

from dataclasses import dataclass

Box = tuple[int, int, int, int]
UnitBox = tuple[float, float, float, float]

SQUARE = 512.0
NARROW, WIDE_OF_NARROW = 1.73, 436.0
EYES_AT = 0.385
EYE_LEVEL = 204.0

HEAD: UnitBox = (-140.0, -16.0, 280.0, 404.0)
BODY_TOP = 344.0
# As large as any look needs; what never changes at their edges is cut off.
PARTS: dict[str, UnitBox] = {
    "mouth": (-100.0, 236.0, 200.0, 136.0),
    "eyes": (-88.0, 176.0, 176.0, 60.0),
    "brows": (-88.0, 136.0, 176.0, 40.0),
}


@dataclass(frozen=True, slots=True)
class Stage:
    """A picture's size in px, its scale in px a unit, and the unit place of its left top corner."""

    width: int
    height: int
    scale: float
    left: float
    top: float

    def box(self, units: UnitBox, multiple: int) -> Box:
        """The px box around a box in units, on even places, its sides multiples, in the picture."""
        x, y, wide, high = units
        x0 = max(0, _down((x - self.left) * self.scale, multiple))
        y0 = max(0, _down((y - self.top) * self.scale, multiple))
        x1 = min(self.width, -_down(-(x + wide - self.left) * self.scale, multiple))
        y1 = min(self.height, -_down(-(y + high - self.top) * self.scale, multiple))
        return x0, y0, x1 - x0, y1 - y0

    def row(self, units: float, multiple: int) -> int:
        """A height in px, on a multiple."""
        return _down((units - self.top) * self.scale, multiple)

    def view(self, box: Box) -> UnitBox:
        """The box in units that a box in px shows."""
        x, y, wide, high = box
        s = self.scale
        return self.left + x / s, self.top + y / s, wide / s, high / s


def stage(size: tuple[int, int]) -> Stage:
    """Frame the character for a picture of this size."""
    width, height = size
    if width >= height:
        scale = height / SQUARE
        return Stage(width, height, scale, -width / scale / 2.0, 0.0)
    share = min(1.0, (height / width - 1.0) / (NARROW - 1.0))
    wide = SQUARE + (WIDE_OF_NARROW - SQUARE) * share
    scale = width / wide
    high = height / scale
    return Stage(width, height, scale, -wide / 2.0, EYE_LEVEL - EYES_AT * high - 6.0 * (1 - share))


def _down(value: float, multiple: int) -> int:
    return int(value // multiple) * multiple
