"""A character on disk, loaded once for all visits of a process."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.archive import SUFFIX, Archive, Folder
from avatar.articulation import Articulation
from avatar.compositor import Compositor, Look
from avatar.errors import AvatarError
from avatar.footage import Film
from avatar.gallery import Gallery
from avatar.idle import Attitude
from avatar.manifest import Manifest, parse
from avatar.network import Network, load_network
from avatar.player import Chooser, FacePlayer
from avatar.props import Props

DEFAULT = "mira"
CHARACTERS = Path(__file__).parent / "characters"
MANIFEST = "manifest.json"
POSTER = "poster.webp"
ARRAY_NAMES = (
    "base", "head", "body", "mouth_y", "mouth_uv", "eyes_y", "eyes_uv", "brows_y", "brows_uv",
    "footage",
)  # fmt: skip
ARRAY_FILES = frozenset(f"{name}.npy" for name in ARRAY_NAMES)
MAX_MANIFEST_BYTES = 256 * 1024
MAX_POSTER_BYTES = 1024 * 1024
MAX_ARRAYS_BYTES = 128 * 1024 * 1024
MAX_FIELD_PX = 48.0

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Poster:
    """A still picture of the face at rest, in the frame's size."""

    data: bytes
    media_type: str


class Bundle:
    """A character; shared by all players and threads."""

    def __init__(
        self, manifest: Manifest, compositor: Compositor, poster: Poster, network: Network
    ) -> None:
        self.name = manifest.name
        self.kind = manifest.kind
        self.width = manifest.width
        self.height = manifest.height
        self.fps = manifest.fps
        self.poster = poster
        self.manifest = manifest
        self.compositor = compositor
        self._chooser = Chooser(manifest)
        footage = manifest.footage
        self._film = None if footage is None else Film(compositor.footage, footage.sway)
        self._gallery = Gallery(compositor)
        self._props = Props(manifest)
        self._network = network

    def player(self, seed: int, began_s: float = 0.0) -> FacePlayer:
        """A new face for one visit; equal seeds and beginnings give equal motion.

        Visits whose seeds are equal and whose ``began_s`` comes from one clock (seconds, when their
        media time was zero) are alike at every moment in which they rest, and share those pictures.
        """
        return FacePlayer(
            self._chooser,
            self._gallery,
            self._network,
            self._film,
            self.fps,
            seed,
            began_s,
            self._props,
        )

    def look(self, articulation: Articulation, attitude: Attitude) -> Look:
        """What a player would paint for an articulation and an attitude."""
        return self._chooser.look(articulation, attitude)


def load(name_or_path: str | Path, network: Network | None = None) -> Bundle:
    """Load a character by the name of a packaged one, or from a folder or an .avatar file.

    A text is always a name: whoever edits an agent writes it, and it must reach no other file.
    Bundles that are given one ``network`` share it; without it the bundle loads its own.

    Raises:
        AvatarError: There is no such character, or a file of it is missing, damaged or hostile.
    """
    source = _source(name_or_path)
    manifest = parse(source.read(MANIFEST, MAX_MANIFEST_BYTES))
    arrays = _arrays(source, manifest)
    for name in ("head", "body", "footage"):
        field = arrays.get(name)
        if field is not None and not np.all(np.abs(field) <= MAX_FIELD_PX):
            raise AvatarError(f"array {name} must be finite and at most {MAX_FIELD_PX:g} px")
    compositor = Compositor(manifest, arrays)
    return Bundle(manifest, compositor, _poster(source), network or load_network())


def load_poster(name_or_path: str | Path) -> Poster:
    """The still picture alone of a character, named as for ``load``.

    Raises:
        AvatarError: There is no such character, or its picture is damaged.
    """
    return _poster(_source(name_or_path))


def validate(path: str | Path) -> Bundle:
    """Load a character and check every byte of it as well.

    Raises:
        AvatarError: As ``load``, or a checksum is wrong.
    """
    bundle = load(path)
    damaged = _source(path).damaged()
    if damaged is not None:
        raise AvatarError(f"{damaged} does not match its checksum")
    return bundle


def _poster(source: Folder | Archive) -> Poster:
    data = source.read(POSTER, MAX_POSTER_BYTES)
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise AvatarError(f"{POSTER} is no WebP picture")
    return Poster(data, "image/webp")


def _source(name_or_path: str | Path) -> Folder | Archive:
    path = _path(name_or_path)
    if path.suffix == SUFFIX and not path.is_dir():
        return Archive(path, ARRAY_FILES | {MANIFEST, POSTER})
    return Folder(path)


def _path(name_or_path: str | Path) -> Path:
    if isinstance(name_or_path, Path):
        return name_or_path
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", name_or_path):
        raise AvatarError("a character's name has small letters, digits, - and _ only")
    return CHARACTERS / name_or_path


def _arrays(source: Folder | Archive, manifest: Manifest) -> Arrays:
    """Every array that the manifest implies, and no byte more than it implies."""
    shapes = manifest.shapes()
    total = sum(np.dtype(kind).itemsize * int(np.prod(shape)) for kind, shape in shapes.values())
    if total > MAX_ARRAYS_BYTES:
        raise AvatarError(f"the arrays are larger than {MAX_ARRAYS_BYTES} bytes")
    if isinstance(source, Folder) and manifest.packing == "delta":
        source = source.packed(manifest.sha256, ARRAY_FILES)
    arrays = {
        name: source.array(name, np.dtype(kind), shape) for name, (kind, shape) in shapes.items()
    }
    return _absolute(arrays, manifest) if manifest.packing == "delta" else arrays


def _absolute(arrays: Arrays, manifest: Manifest) -> Arrays:
    """The arrays with cells as they are shown, from their differences to the base picture."""
    base = arrays["base"]
    luma = base[: manifest.height]
    chroma = base[manifest.height :].reshape(2, manifest.height // 2, manifest.width // 2)
    out = dict(arrays)
    for name, part in manifest.parts().items():
        x, y, wide, high = part.box
        half = np.s_[:, y // 2 : (y + high) // 2, x // 2 : (x + wide) // 2]
        out[f"{name}_y"] = arrays[f"{name}_y"] + luma[y : y + high, x : x + wide]
        out[f"{name}_uv"] = arrays[f"{name}_uv"] + chroma[half]
    return out
