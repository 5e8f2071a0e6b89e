"""From one portrait to an .avatar file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar import colour, writer
from avatar.atlas import trimmed
from avatar.errors import AvatarError
from avatar.photo import closing, eyes, framing, gates, geometry, head, marks
from avatar.photo.geometry import Face
from avatar.photo.inside import Tone
from avatar.photo.landmarks import Bgr, Finder, Landmarks, Mesh
from avatar.photo.lips import OPEN_GAP, Lips, at_depth, lips, seamed
from avatar.photo.marks import Marks
from avatar.photo.motion import JAW_MAX, Shape
from avatar.photo.mouth import Cell, Mouth, cells
from avatar.photo.warp import Box

Progress = Callable[[float, str], None]
"""Called with the share that is done (0..1) and with what is being done."""

MOUTH_BESIDE, MOUTH_ABOVE, MOUTH_BELOW = 0.76, 0.08, 0.56
CHECK_JAWS = (0.0, 0.5, 1.0)
MIN_GROWTH = 0.05
# The folds of a smile stay in the cheeks of its photo, and look odd when they are pulled together.
PUCKER_OVER_FOLDS = 0.68
JAW_ANIMAL = 0.17


@dataclass(frozen=True, slots=True)
class Model:
    """A photo ready to be shaped: its crop (``fine``, twice the frame) has shut lips."""

    face: Face
    mouth: Lips
    fine: Bgr
    tone: Tone
    box: Box
    pucker_max: float
    animal: bool = False

    def renderer(self) -> Mouth:
        """What shapes the mouth; an animal's shows no teeth."""
        return Mouth(self.face, self.mouth, self.fine, self.box, self.tone, teeth=not self.animal)

    def cells(self) -> list[Cell]:
        """The mouth's cells, as this face can be shaped."""
        return cells(self.pucker_max, JAW_ANIMAL if self.animal else JAW_MAX)

    def eye_box(self) -> Box:
        """The box of both eyes."""
        return eyes.box(self.face, self.box[1], animal=self.animal)

    def base(self) -> Bgr:
        """The frame at rest."""
        return cv2.resize(self.fine, self.face.size, interpolation=cv2.INTER_AREA).astype(np.uint8)


def build(
    photo: Path,
    out: Path,
    *,
    models: Path,
    size: tuple[int, int],
    progress: Progress,
    marked: Marks | None = None,
) -> int:
    """Build the file; its size in bytes. With marks, no models are needed and none is asked.

    Raises:
        AvatarError: The photo cannot be used; the text says why and what to do.
    """
    cv2.setNumThreads(1)
    progress(0.0, "looking for the face")
    picture = framing.read(photo)
    if marked is None:
        landmarks = Landmarks(models)
        model = prepare(landmarks, picture, size)
        renderer = model.renderer()
        progress(0.06, "checking that it can speak")
        check(landmarks, model, renderer)
    else:
        model = prepare_marked(marked, picture, size)
        renderer = model.renderer()
    manifest, arrays = render(model, renderer, out.stem[:40] or "avatar", progress)
    progress(0.98, "writing")
    written = writer.write(out, manifest, arrays, writer.poster(model.base()))
    progress(1.0, "done")
    return written


def prepare_marked(marked: Marks, picture: Bgr, size: tuple[int, int]) -> Model:
    """Lay a mesh over the marks, crop, and find the line of the mouth.

    Raises:
        AvatarError: The face is too small, or the marks lie beside the picture.
    """
    marked.check_inside(picture.shape[1], picture.shape[0])
    mesh = marks.mesh(marked)
    gates.points(mesh)
    crop = framing.frame_marked(picture, mesh.points, size, marked.bounds)
    face = geometry.face(crop.place(mesh.points), crop.place(mesh.irises), size)
    height = (marked.mouth[3] - marked.mouth[1]) * crop.scale / face.unit
    mouth = marks.line_of(face, lips(face), crop.fine, height)
    tone = framing.tone(face, mouth, crop.fine, crop.scale)
    return Model(face, mouth, crop.fine, tone, mouth_box(face, mouth), 1.0, animal=True)


def prepare(landmarks: Finder, picture: Bgr, size: tuple[int, int]) -> Model:
    """Find the face, pass the gates, crop, and shut the mouth.

    Raises:
        AvatarError: See ``build``.
    """
    return fitted(gates.one_face(landmarks, picture), picture, size)


def fitted(mesh: Mesh, picture: Bgr, size: tuple[int, int], *, opened: bool | None = None) -> Model:
    """Crop around a face whose points are known, and shut its mouth.

    ``opened`` says whether the lips are apart; without it their points decide.

    Raises:
        AvatarError: See ``build``.
    """
    gates.points(mesh)
    crop = framing.frame(picture, mesh.points, size)
    face = geometry.face(crop.place(mesh.points), crop.place(mesh.irises), size)
    mouth = lips(face)
    gates.pose(face, mouth)
    tone = framing.tone(face, mouth, crop.fine, crop.scale)
    gates.light(tone)
    box = mouth_box(face, mouth)
    if mouth.gap > OPEN_GAP if opened is None else opened:
        pucker_max = PUCKER_OVER_FOLDS
        fine, mouth = closing.closed(face, mouth, crop.fine, box, tone)
    else:
        pucker_max, fine = 1.0, crop.fine
        mouth, seam_grey = seamed(face, mouth, fine)
        gates.uncovered(tone, seam_grey)
    return Model(face, mouth, fine, tone, box, pucker_max)


def mouth_box(face: Face, mouth: Lips) -> Box:
    """The even box that holds all that the mouth can move."""
    beside = MOUTH_BESIDE * mouth.reach
    left, right = mouth.middle - beside, mouth.middle + beside
    top, low = mouth.nose_v - MOUTH_ABOVE, mouth.chin_v + MOUTH_BELOW * mouth.reach
    u = np.array([left, right, left, right], np.float32)
    v = np.array([top, top, low, low], np.float32)
    places = at_depth(face, u[None], v[None])[0]
    wide, high = face.size
    x0, y0 = (max(0, int(n // 2 * 2)) for n in places.min(axis=0))
    x1, y1 = (int(-(-n // 2) * 2) for n in places.max(axis=0))
    return x0, y0, min(x1, wide) - x0, min(y1, high) - y0


def check(landmarks: Finder, model: Model, renderer: Mouth) -> None:
    """Look at the result as a face tracker does: the lips must part as the jaw drops.

    Raises:
        AvatarError: They do not.
    """
    corners = model.face.points[:, :2]
    low, high = corners.min(axis=0), corners.max(axis=0)
    level = model.face.irises[:, :2]
    gaps = []
    for jaw in CHECK_JAWS:
        shown = pasted(model, renderer.render(Shape(jaw=jaw)), model.box)
        mesh = landmarks.mesh(shown, level, (*low.tolist(), *high.tolist()))
        seen = geometry.face(mesh.points, mesh.irises, model.face.size)
        gaps.append(lips(seen).gap)
    if gaps[1] - gaps[0] < MIN_GROWTH / 2 or gaps[2] - gaps[1] < MIN_GROWTH / 3:
        raise AvatarError(
            "the mouth does not open as it should in this photo: give one from the front, "
            "with closed lips and nothing before them"
        )


def pasted(model: Model, part: Bgr, box: Box) -> Bgr:
    """The frame at rest with a part replaced."""
    x, y, wide, high = box
    shown = model.base()
    shown[y : y + high, x : x + wide] = part
    return shown


def head_box(model: Model) -> Box:
    """The box that a turn of the head moves; mouth and eyes lie in it."""
    return head.box(model.face, model.mouth, [model.box, model.eye_box()])


def render(
    model: Model,
    renderer: Mouth,
    name: str,
    progress: Progress,
    mined: Mapping[int, Bgr] | None = None,
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Every cell and field of the bundle, and the manifest that explains them.

    ``mined``: pictures of the mouth's box that take the place of cells, by their number.
    """
    face, mouth = model.face, model.mouth
    mouths = model.cells()
    eye_box = model.eye_box()
    area = head_box(model)
    top = head.body_top(face, mouth)
    base = colour.i420(model.base())
    mouth_part = trimmed(base, model.box, *_mouths(renderer, mouths, mined or {}, progress))
    eyes_part = trimmed(base, eye_box, *_eyes(model, eye_box, progress))
    manifest = writer.head(name, "photo", face.size, head.FIELDS)
    manifest["head"]["box"] = area
    manifest["body"] = {"top": top}
    manifest["mouth"] = {"box": mouth_part.box, "cells": [cell.vector for cell in mouths]}
    manifest["eyes"] = {"box": eyes_part.box, "cells": eyes.vectors()}
    arrays: dict[str, NDArray[Any]] = {
        "base": base,
        "mouth_y": mouth_part.luma,
        "mouth_uv": mouth_part.chroma,
        "eyes_y": eyes_part.luma,
        "eyes_uv": eyes_part.chroma,
        "head": head.fields(face, mouth, area).astype(np.float16),
        "body": head.body(face, mouth, (0, top, face.size[0], face.size[1] - top)).astype(
            np.float16
        ),
    }
    return manifest, arrays


def _mouths(
    renderer: Mouth, mouths: list[Cell], mined: Mapping[int, Bgr], progress: Progress
) -> tuple[Bgr, Bgr]:
    pairs = []
    for index, cell in enumerate(mouths):
        progress(0.08 + 0.70 * index / len(mouths), "shaping the mouth")
        shown = mined[index] if index in mined else renderer.render(cell.shape)
        pairs.append(colour.planes(shown))
    return np.stack([y for y, _ in pairs]), np.stack([uv for _, uv in pairs])


def _eyes(model: Model, box: Box, progress: Progress) -> tuple[Bgr, Bgr]:
    renderer = eyes.Eyes(model.face, model.fine, box, animal=model.animal)
    pairs = []
    vectors = eyes.vectors()
    for index, vector in enumerate(vectors):
        progress(0.78 + 0.20 * index / len(vectors), "shaping the eyes")
        pairs.append(colour.planes(renderer.render(*vector)))
    return np.stack([y for y, _ in pairs]), np.stack([uv for _, uv in pairs])
