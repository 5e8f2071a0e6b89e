"""A bundle's manifest, parsed into plain values and checked before any array is looked at."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.errors import AvatarError

Box = tuple[int, int, int, int]
Floats = NDArray[np.float32]
Json = Mapping[str, object]

VERSION = 2
GRID_PX = 4
MAX_SIDE_PX = 2048
MAX_CELLS = 1000
COLOUR = re.compile(r"#[0-9a-f]{6}")
KINDS = ("drawn", "photo", "video")
# Footage lies on a grid that is four times as coarse as the head's: its motion is smooth.
FOOTAGE_PX = 16
MIN_FOOTAGE, MAX_FOOTAGE = 25, 1000
# delta: cells are differences (modulo 256) from the base picture, which compress well.
# plain: cells are as they are shown, so that they can be used from the file where they lie.
PACKINGS = ("delta", "plain")
HEAD_FIELDS = ("yaw", "pitch", "roll", "breath")
BROW_FIELDS = ("brow", "skew")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the face that cells change: its box (x, y, width, height), the cells' vectors."""

    box: Box
    vectors: Floats


@dataclass(frozen=True, slots=True)
class Footage:
    """Idle motion that was filmed: a loop of ``frames`` fields, one for each frame shown.

    ``sway`` 0..1 is how much of the drawn sway is added to it.
    """

    frames: int
    sway: float


@dataclass(frozen=True, slots=True)
class Hand:
    """How the hand of a drawn character looks: colours as ``#rrggbb``."""

    flat: bool
    paw: bool
    skin: str
    sleeve: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle says about itself."""

    name: str
    width: int
    height: int
    fps: int
    sha256: str
    kind: str
    packing: str
    head: Box
    fields: int
    body_top: int
    mouth: Part
    eyes: Part
    brows: Part | None
    footage: Footage | None
    hand: Hand | None

    def parts(self) -> dict[str, Part]:
        """The parts that cells change, in the order in which they are painted."""
        named = {"mouth": self.mouth, "eyes": self.eyes, "brows": self.brows}
        return {name: part for name, part in named.items() if part is not None}

    def shapes(self) -> dict[str, tuple[str, tuple[int, ...]]]:
        """The dtype and shape that each array must have."""
        out: dict[str, tuple[str, tuple[int, ...]]] = {
            "base": ("uint8", (self.height * 3 // 2, self.width)),
            "head": ("float16", (self.fields, *_grid(self.head[2], self.head[3]), 2)),
            "body": ("float16", (*_grid(self.width, self.height - self.body_top), 2)),
        }
        for name, part in self.parts().items():
            wide, high = part.box[2:]
            count = len(part.vectors)
            out[f"{name}_y"] = ("uint8", (count, high, wide))
            out[f"{name}_uv"] = ("uint8", (count, 2, high // 2, wide // 2))
        if self.footage is not None:
            grid = footage_grid(self.head)
            out["footage"] = ("float16", (self.footage.frames, *grid, 2))
        return out


def _grid(width: int, height: int) -> tuple[int, int]:
    return height // GRID_PX + 2, width // GRID_PX + 2


def footage_grid(head: Box) -> tuple[int, int]:
    """Rows and columns of a footage field.

    Each place stands in the middle of 4 x 4 of the head's grid; the last ones may reach over it.
    """
    rows, columns = _grid(head[2], head[3])
    step = FOOTAGE_PX // GRID_PX
    return -(-rows // step), -(-columns // step)


def parse(data: bytes) -> Manifest:
    """Parse a manifest.

    Raises:
        AvatarError: It is no JSON object, a field is missing or out of bounds, or a box is odd or
            leaves the picture.
    """
    try:
        loaded = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise AvatarError("manifest.json is not JSON") from error
    top = _object(loaded, "manifest")
    if top.get("version") != VERSION:
        raise AvatarError(f"manifest version must be {VERSION}")
    if top.get("colour") != "bt601 limited":
        raise AvatarError('manifest colour must be "bt601 limited"')
    width = _integer(top, "width", 64, MAX_SIDE_PX, GRID_PX)
    height = _integer(top, "height", 64, MAX_SIDE_PX, GRID_PX)
    frame = (0, 0, width, height)
    head_source = _object(top.get("head"), "head")
    head = _box(head_source, frame, GRID_PX)
    return Manifest(
        name=_file_name(top, "name"),
        width=width,
        height=height,
        fps=_integer(top, "fps", 1, 60, 1),
        sha256=_text(top, "sha256"),
        kind=_one_of(top, "kind", KINDS),
        packing=_one_of(top, "packing", PACKINGS),
        head=head,
        fields=_fields(head_source),
        body_top=_integer(_object(top.get("body"), "body"), "top", 8, height - 8, GRID_PX),
        mouth=_part(top, "mouth", head, 6),
        eyes=_part(top, "eyes", head, 3),
        brows=None if top.get("brows") is None else _part(top, "brows", head, 2),
        footage=None if top.get("footage") is None else _footage(top),
        hand=None if top.get("hand") is None else _hand(_object(top["hand"], "hand")),
    )


def _object(value: object, name: str) -> Json:
    if not isinstance(value, dict):
        raise AvatarError(f"{name} must be an object")
    return value


def _text(source: Json, name: str) -> str:
    value = source.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 100:
        raise AvatarError(f"{name} must be a short text")
    return value


def _file_name(source: Json, name: str) -> str:
    """A text that files are called by."""
    value = _text(source, name)
    if value.startswith(".") or not value.isprintable() or set(value) & set("/\\:"):
        raise AvatarError(f"{name} must be a name that a file could have")
    return value


def _one_of(source: Json, name: str, choices: tuple[str, ...]) -> str:
    value = source.get(name)
    if not isinstance(value, str) or value not in choices:
        raise AvatarError(f"{name} must be one of {', '.join(choices)}")
    return value


def _footage(top: Json) -> Footage:
    source = _object(top.get("footage"), "footage")
    sway = source.get("sway")
    if isinstance(sway, bool) or not isinstance(sway, int | float) or not 0 <= sway <= 1:
        raise AvatarError("the footage's sway must be a number in 0..1")
    return Footage(_integer(source, "frames", MIN_FOOTAGE, MAX_FOOTAGE, 1), float(sway))


def _hand(source: Json) -> Hand:
    colours = [source.get(name) for name in ("skin", "sleeve")]
    flags = [source.get(name) for name in ("flat", "paw")]
    if not all(isinstance(c, str) and COLOUR.fullmatch(c) for c in colours):
        raise AvatarError("the hand's skin and sleeve must be colours such as #aabbcc")
    if not all(isinstance(flag, bool) for flag in flags):
        raise AvatarError("the hand's flat and paw must be true or false")
    return Hand(bool(flags[0]), bool(flags[1]), str(colours[0]), str(colours[1]))


def _fields(head: Json) -> int:
    """How many fields move the head's box; the names stand for the order."""
    names = head.get("fields")
    for known in (HEAD_FIELDS, HEAD_FIELDS + BROW_FIELDS):
        if names == list(known):
            return len(known)
    raise AvatarError(f"the head's fields must be {', '.join(HEAD_FIELDS + BROW_FIELDS)}")


def _integer(source: Json, name: str, low: int, high: int, multiple: int) -> int:
    value = source.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise AvatarError(f"{name} must be a whole number")
    if not low <= value <= high or value % multiple:
        raise AvatarError(f"{name} must be a multiple of {multiple} in {low}..{high}")
    return value


def _box(source: Json, outer: Box, multiple: int) -> Box:
    value = source.get("box")
    if not isinstance(value, list) or len(value) != 4:
        raise AvatarError("a box must have four numbers")
    if not all(isinstance(n, int) and n >= 0 and n % 2 == 0 for n in value):
        raise AvatarError("a box must have even numbers")
    x, y, wide, high = value
    if wide < 8 or high < 8 or wide % multiple or high % multiple:
        raise AvatarError(f"a box's sides must be multiples of {multiple} and 8 or more")
    left, top, all_wide, all_high = outer
    if x < left or y < top or x + wide > left + all_wide or y + high > top + all_high:
        raise AvatarError("a box must lie inside the picture, and a part's inside the head's")
    return x, y, wide, high


def _part(top: Json, name: str, head: Box, channels: int) -> Part:
    source = _object(top.get(name), name)
    cells = source.get("cells")
    if not isinstance(cells, list) or not 0 < len(cells) <= MAX_CELLS:
        raise AvatarError(f"{name} must have 1..{MAX_CELLS} cells")
    try:
        vectors = np.array(cells, np.float32)
    except (ValueError, TypeError, OverflowError) as error:
        raise AvatarError(f"{name} has a cell that is no list of numbers") from error
    if vectors.shape != (len(cells), channels) or not np.all(np.abs(vectors) <= 1.0):
        raise AvatarError(f"{name} cells must have {channels} numbers in -1..1")
    return Part(_box(source, head, 2), vectors)
