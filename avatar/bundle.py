"""A character on disk, loaded once for all visits of a process."""

import hashlib
import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatar.compositor import Compositor
from avatar.errors import AvatarError
from avatar.manifest import Manifest, parse
from avatar.network import Network, load_network
from avatar.player import FacePlayer
from avatar.port import Player

DEFAULT = "mira"
CHARACTERS = Path(__file__).parent / "characters"
MAX_MANIFEST_BYTES = 256 * 1024
MAX_POSTER_BYTES = 1024 * 1024
MAX_PACKED_BYTES = 32 * 1024 * 1024
MAX_ARRAYS_BYTES = 128 * 1024 * 1024
MAX_FIELD_PX = 32.0


@dataclass(frozen=True, slots=True)
class Poster:
    """A still picture of the face at rest, in the frame's size."""

    data: bytes
    media_type: str


class Bundle:
    """A character; immutable, and shared by all players and threads."""

    def __init__(
        self, manifest: Manifest, compositor: Compositor, poster: Poster, network: Network
    ) -> None:
        self.name = manifest.name
        self.width = manifest.width
        self.height = manifest.height
        self.fps = manifest.fps
        self.poster = poster
        self._manifest = manifest
        self._compositor = compositor
        self._network = network

    def player(self, seed: int) -> Player:
        """A new face for one visit; equal seeds give equal motion."""
        return FacePlayer(self._manifest, self._compositor, self._network, seed)


def load(name_or_path: str | Path, network: Network | None = None) -> Bundle:
    """Load a character by the name of a packaged one, or from a folder.

    A text without a path separator is always a name. Bundles that are given one ``network`` share
    it; without it the bundle loads its own.

    Raises:
        AvatarError: There is no such character, or a file of it is missing, damaged or hostile.
    """
    folder = _folder(name_or_path)
    manifest = parse(_read(folder / "manifest.json", MAX_MANIFEST_BYTES))
    packed = _read(folder / "planes.npz", MAX_PACKED_BYTES)
    if hashlib.sha256(packed).hexdigest() != manifest.sha256:
        raise AvatarError("planes.npz does not match the manifest's sha256")
    arrays = _unpack(packed, manifest)
    for name in ("head", "body"):
        field = arrays[name]
        if not np.all(np.abs(field.astype(np.float32)) <= MAX_FIELD_PX):
            raise AvatarError(f"array {name} must be finite and at most {MAX_FIELD_PX:g} px")
    poster = _read(folder / "poster.webp", MAX_POSTER_BYTES)
    if poster[:4] != b"RIFF" or poster[8:12] != b"WEBP":
        raise AvatarError("poster.webp is no WebP picture")
    compositor = Compositor(manifest, arrays)
    return Bundle(manifest, compositor, Poster(poster, "image/webp"), network or load_network())


def _folder(name_or_path: str | Path) -> Path:
    if isinstance(name_or_path, Path) or "/" in name_or_path or "\\" in name_or_path:
        return Path(name_or_path)
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", name_or_path):
        raise AvatarError("a character's name has small letters, digits, - and _ only")
    return CHARACTERS / name_or_path


def _read(path: Path, limit_bytes: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(limit_bytes + 1)
    except OSError as error:
        raise AvatarError(f"{path.name} of the character cannot be read") from error
    if len(data) > limit_bytes:
        raise AvatarError(f"{path.name} is larger than {limit_bytes} bytes")
    return data


def _unpack(packed: bytes, manifest: Manifest) -> dict[str, NDArray[np.generic]]:
    """Every array that the manifest implies, and no byte more than it implies."""
    shapes = manifest.shapes()
    total = sum(np.dtype(kind).itemsize * int(np.prod(shape)) for kind, shape in shapes.values())
    if total > MAX_ARRAYS_BYTES:
        raise AvatarError(f"the arrays are larger than {MAX_ARRAYS_BYTES} bytes")
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            return {
                name: _array(archive, name, np.dtype(kind), shape)
                for name, (kind, shape) in shapes.items()
            }
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, NotImplementedError) as error:
        raise AvatarError("planes.npz is damaged or lacks an array") from error


def _array(
    archive: zipfile.ZipFile, name: str, dtype: np.dtype[np.generic], shape: tuple[int, ...]
) -> NDArray[np.generic]:
    """One array, read by its declared shape, so that a false header can ask for no memory."""
    with archive.open(f"{name}.npy") as member:
        try:
            np.lib.format.read_magic(member)
            found, by_columns, kind = np.lib.format.read_array_header_1_0(member)
        except ValueError as error:
            raise AvatarError(f"array {name} has no valid header") from error
        if found != shape or kind != dtype or by_columns:
            raise AvatarError(f"array {name} must be {dtype} of shape {shape}, not {kind} {found}")
        size = dtype.itemsize * int(np.prod(shape))
        data = member.read(size)
    if len(data) != size:
        raise AvatarError(f"array {name} is cut off")
    return np.frombuffer(data, dtype).reshape(shape)
