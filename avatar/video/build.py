"""From a clip of one face to an .avatar file: its own mouth shapes and its own idle motion."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from avatar import writer
from avatar.errors import AvatarError
from avatar.photo import build as photo
from avatar.photo import framing, gates
from avatar.photo.build import Model, Progress
from avatar.photo.curves import Floats
from avatar.photo.landmarks import Landmarks
from avatar.photo.motion import Shape
from avatar.photo.mouth import Mouth
from avatar.video import choosing, looping, mining
from avatar.video.clip import Bgr, shots
from avatar.video.registering import Ground, ground, motion
from avatar.video.tracking import Follower, Seen, track


def build(
    clip: Path,
    out: Path,
    *,
    models: Path,
    size: tuple[int, int],
    progress: Progress,
) -> int:
    """Build the file; its size in bytes.

    Raises:
        AvatarError: The clip cannot be used; the text says why and what to do.
    """
    cv2.setNumThreads(1)
    written = made(Landmarks(models), clip, out, size=size, progress=progress)
    progress(1.0, "done")
    return written


def made(
    landmarks: Follower, clip: Path, out: Path, *, size: tuple[int, int], progress: Progress
) -> int:
    """As ``build``, with what finds faces."""
    progress(0.0, "looking for the face")
    followed = track(
        landmarks, shots(clip), lambda share: progress(0.25 * share, "following the face")
    )
    seen = choosing.usable(followed)
    measures, still = choosing.rest(seen)
    base = choosing.neutral(still, measures)
    stage = _stage(landmarks, clip, base, size, smiling=measures.smiling)
    model = stage.model
    progress(0.28, "checking that it can speak")
    photo.check(landmarks, model, stage.renderer)
    cells = model.cells()
    mouths = {
        one.index: Mined(number, one, measures.shape(one, cells[number]))
        for number, one in choosing.mouths(seen, measures, base, cells).items()
    }
    resting = {one.index: one for one in choosing.idle(seen, base)}
    found = _gathered(clip, stage, mouths, resting, progress)
    manifest, arrays = photo.render(
        model,
        stage.renderer,
        out.stem[:40] or "avatar",
        lambda share, what: progress(0.5 + 0.48 * share, what),
        mined=mining.coherent(found.mouths, cells),
    )
    manifest["kind"] = "video"
    film = looping.looped(found.times_s, found.fields, size[1])
    if film is not None:
        manifest["footage"] = {"frames": len(film), "sway": looping.sway(film, size[1])}
        arrays["footage"] = film.astype(np.float16)
    progress(0.98, "writing")
    return writer.write(out, manifest, arrays, writer.poster(model.base()))


@dataclass(frozen=True, slots=True)
class Stage:
    """The face at rest, as a photo's model and as what other pictures are laid over."""

    model: Model
    ground: Ground
    renderer: Mouth


@dataclass(frozen=True, slots=True)
class Mined:
    """A picture that was chosen for a mouth cell, and the shape that it shows."""

    number: int
    seen: Seen
    shape: Shape


@dataclass(frozen=True, slots=True)
class Found:
    """What one look through the clip gives: mouth cells by number, idle motion with its times."""

    mouths: dict[int, Bgr]
    times_s: list[float]
    fields: list[Floats]


def _stage(
    landmarks: Follower, clip: Path, base: Seen, size: tuple[int, int], *, smiling: bool
) -> Stage:
    for index, shot in enumerate(shots(clip)):
        if index == base.index:
            mesh = gates.one_face(landmarks, shot.picture, otherwise="")
            model = photo.fitted(mesh, shot.picture, size, opened=smiling)
            turn = framing.frame(shot.picture, mesh.points, size).turn
            under = ground(model.face, model.mouth, shot.picture, turn)
            return Stage(model, under, model.renderer())
    raise AvatarError(f"{clip.name} changed while it was read")


def _gathered(
    clip: Path,
    stage: Stage,
    mouths: Mapping[int, Mined],
    resting: Mapping[int, Seen],
    progress: Progress,
) -> Found:
    """Go through the clip once more, for the pictures that were chosen (by their index)."""
    miner = mining.Miner(stage.ground, stage.model, stage.renderer)
    area = photo.head_box(stage.model)
    found = Found({}, [], [])
    last = max([*mouths, *resting], default=0)
    for index, shot in enumerate(shots(clip)):
        progress(0.3 + 0.2 * index / max(1, last), "taking mouth and motion from the video")
        if (mouth := mouths.get(index)) is not None:
            cell = miner.cell(shot.picture, mouth.seen.points, mouth.shape)
            if cell is not None:
                found.mouths[mouth.number] = cell
        if (one := resting.get(index)) is not None:
            field = motion(stage.ground, shot.picture, one.points)
            found.times_s.append(shot.time_s)
            found.fields.append(looping.sampled(stage.model, field, area))
        if index >= last:
            break
    return found
