"""Renders a drawn character: every cell once, and the fields that move its head."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import resvg_py
from numpy.typing import NDArray

from avatar import colour, writer
from avatar.atlas import Atlas, trimmed
from avatar.drawing.fields import body_field, head_fields
from avatar.drawing.look import COLOURS, FURS, SKINS, Look
from avatar.drawing.portrait import STILL, Sheet, sheets
from avatar.drawing.pose import Expression
from avatar.drawing.stage import BODY_TOP, HEAD, PARTS, Box, Stage, stage

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Progress = Callable[[float, str], None]
"""Called with the share that is done (0..1) and with what is being done."""

JAWS = (
    0.0, 0.05, 0.1, 0.16, 0.22, 0.28, 0.34, 0.4, 0.46, 0.53, 0.6, 0.68, 0.76, 0.84, 0.92, 1.0,
)  # fmt: skip
WIDTHS = (-1.0, -0.67, -0.33, 0.0, 0.33, 0.67, 1.0)
SPEAKING_SMILE = 0.5
LAUGHS = (0.12, 0.2, 0.28, 0.36, 0.46)
GAZES = tuple(itertools.product((-1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0), (-0.8, 0.0, 0.6)))
LIDS = (0.0, 0.15, 0.35, 0.6, 0.85)
FIELDS = ("yaw", "pitch", "roll", "breath")
MARGIN_PX = 6
AT_REST = Expression()
POSTER = Expression(smile=0.75)


def mouth_cells() -> list[Expression]:
    """The mouths: jaw by width, then smiles, closures, bites and tongues."""
    cells = [
        Expression(jaw=jaw, width=width, smile=SPEAKING_SMILE) for jaw in JAWS for width in WIDTHS
    ]
    cells += [Expression(smile=i / 10) for i in range(11)]
    cells += [
        Expression(press=press, width=width, smile=SPEAKING_SMILE)
        for press in (0.5, 1.0)
        for width in (-0.5, 0.0, 0.5)
    ]
    cells += [
        Expression(bite=bite, jaw=0.12, width=width, smile=SPEAKING_SMILE)
        for bite in (0.5, 1.0)
        for width in (0.0, 0.5)
    ]
    cells += [
        Expression(tongue=1.0, jaw=jaw, width=width, smile=SPEAKING_SMILE)
        for jaw in (0.16, 0.28, 0.4)
        for width in (0.0, 0.33)
    ]
    cells += [Expression(jaw=jaw, width=0.3, smile=1.0) for jaw in LAUGHS]
    return cells


def eye_cells() -> list[Expression]:
    """The eyes: every gaze under every lid, and one shut pair."""
    cells = [Expression(lid=lid, gaze_x=x, gaze_y=y) for lid in LIDS for x, y in GAZES]
    return [*cells, Expression(lid=1.0)]


def brow_cells() -> list[Expression]:
    """The brows: lift by skew."""
    return [
        Expression(brow=lift, brow_skew=skew)
        for lift in np.linspace(-0.4, 1.0, 15).round(3).tolist()
        for skew in (0.0, 0.14, 0.28, 0.42)
    ]


CELLS: dict[str, tuple[Callable[[], list[Expression]], tuple[str, ...]]] = {
    "mouth": (mouth_cells, ("jaw", "width", "press", "bite", "tongue", "smile")),
    "eyes": (eye_cells, ("lid", "gaze_x", "gaze_y")),
    "brows": (brow_cells, ("brow", "brow_skew")),
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """A bundle's content: what its manifest says, its arrays, and the poster (BGR)."""

    manifest: dict[str, Any]
    arrays: dict[str, NDArray[Any]]
    poster: Bytes


def draw(look: Look, name: str, size: tuple[int, int], progress: Progress) -> Drawing:
    """Render everything of a character."""
    place = stage(size)
    frame = (0, 0, *size)
    progress(0.0, "drawing")
    base = colour.i420(picture(look, AT_REST, place, frame))
    head = place.box(HEAD, 4)
    top = place.row(BODY_TOP, 4)
    manifest = writer.head(name, "drawn", size, FIELDS)
    manifest["head"]["box"] = head
    manifest["body"] = {"top": top}
    manifest["hand"] = hand(look)
    arrays: dict[str, NDArray[Any]] = {"base": base}
    done = 0.05
    for part, (faces_of, channels) in CELLS.items():
        faces = faces_of()
        share = 0.9 * len(faces) / sum(len(make()) for make, _ in CELLS.values())
        atlas = cells(look, part, faces, place, _within(progress, done, share, part))
        done += share
        _lay(base, atlas, faces.index(AT_REST), size[1])
        atlas = trimmed(base, atlas.box, atlas.luma, atlas.chroma)
        arrays |= {f"{part}_y": atlas.luma, f"{part}_uv": atlas.chroma}
        vectors = [[getattr(face, channel) for channel in channels] for face in faces]
        manifest[part] = {"box": atlas.box, "cells": vectors}
    arrays["head"] = head_fields(_turning(look, place), head, place).astype(np.float16)
    body = (0, top, size[0], size[1] - top)
    arrays["body"] = body_field(body, place).astype(np.float16)
    return Drawing(manifest, arrays, picture(look, POSTER, place, frame))


def hand(look: Look) -> dict[str, Any]:
    """What the manifest says of the character's hand."""
    person = look.kind == "person"
    white = look.clothes == "coat" or (look.clothes == "overalls")
    return {
        "flat": look.art == "poster",
        "paw": not person,
        "skin": SKINS[look.skin] if person else FURS[look.fur],
        "sleeve": "#f3f1ee" if white else COLOURS[look.clothes_colour],
    }


def _turning(look: Look, place: Stage) -> Floats:
    """Where the picture shows what turns with the head: float32, 0..1."""
    layers = [sheet.svg for sheet in sheets(look, AT_REST) if sheet.turns]
    layer = rendered(layers, place, (0, 0, place.width, place.height))
    return np.ascontiguousarray(layer[..., 3] / np.float32(255.0))


def _within(progress: Progress, start: float, share: float, part: str) -> Progress:
    return lambda done, _: progress(start + share * done, f"drawing the {part}")


def cells(
    look: Look, part: str, faces: Sequence[Expression], place: Stage, progress: Progress
) -> Atlas:
    """The cells of one part. What the part does not move is drawn once, below and above it."""
    box = place.box(PARTS[part], 2)
    stack = _stack(look, part, place, box)
    lumas, chromas = [], []
    for index, face in enumerate(faces):
        progress(index / len(faces), "")
        moving = iter(_runs(sheets(look, face), part))
        shown = np.zeros((box[3], box[2], 4), np.float32)
        for still in stack:
            layer = still if still is not None else rendered(next(moving), place, box)
            shown = over(shown, layer)
        luma, chroma = colour.planes(_bgr(shown))
        lumas.append(luma)
        chromas.append(chroma)
    return Atlas(box, np.stack(lumas), np.stack(chromas))


def _lay(base: Bytes, atlas: Atlas, cell: int, height: int) -> None:
    """Put a cell into the picture at rest.

    The renderer rounds edges a little differently in pieces, so the picture is made of them too.
    """
    x, y, wide, high = atlas.box
    base[y : y + high, x : x + wide] = atlas.luma[cell]
    chroma = base[height:].reshape(2, height // 2, -1)
    chroma[:, y // 2 : (y + high) // 2, x // 2 : (x + wide) // 2] = atlas.chroma[cell]


def _stack(look: Look, part: str, place: Stage, box: Box) -> list[Floats | None]:
    """The layers at rest, those of a part that moves left open."""
    out: list[Floats | None] = []
    for moving, group in itertools.groupby(sheets(look, AT_REST), lambda sheet: sheet.part == part):
        out.append(None if moving else rendered([sheet.svg for sheet in group], place, box))
    return out


def _runs(stack: Sequence[Sheet], part: str) -> list[list[str]]:
    """The layers of a part that lie upon each other without others in between."""
    groups = itertools.groupby(stack, lambda sheet: sheet.part == part)
    return [[sheet.svg for sheet in group] for moving, group in groups if moving]


def picture(look: Look, face: Expression, place: Stage, box: Box) -> Bytes:
    """One expression as BGR: uint8, shape (height, width, 3)."""
    return _bgr(rendered([sheet.svg for sheet in sheets(look, face)], place, box))


def rendered(layers: Sequence[str], place: Stage, box: Box) -> Floats:
    """Layers as premultiplied BGRA: float32, shape (height, width, 4), 0..255."""
    margin = MARGIN_PX
    shown = (box[0] - margin, box[1] - margin, box[2] + 2 * margin, box[3] + 2 * margin)
    x, y, wide, high = place.view(shown)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{shown[2]}" height="{shown[3]}" '
        f'viewBox="{x:.6f} {y:.6f} {wide:.6f} {high:.6f}">{"".join(layers)}</svg>'
    )
    data = bytes(resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True))
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise RuntimeError("the SVG renderer gave no picture")
    # What the picture's edge cuts is drawn a little differently, so it is drawn a little larger.
    out = image[margin:-margin, margin:-margin].astype(np.float32)
    if out.shape[2] == 3:
        return np.dstack([out, np.full(out.shape[:2], 255.0, np.float32)])
    out[..., :3] *= out[..., 3:] / 255.0
    return out


def over(below: Floats, above: Floats) -> Floats:
    """Premultiplied layers upon each other."""
    out: Floats = above + below * (1.0 - above[..., 3:] / 255.0)
    return out


def _bgr(layer: Floats) -> Bytes:
    return np.clip(np.rint(layer[..., :3]), 0, 255).astype(np.uint8)


__all__ = ["STILL", "Drawing", "draw", "picture", "rendered"]
