"""Where a bundle's bytes lie: a folder, or one uncompressed ``.avatar`` zip; read with distrust.

An array that is stored as it is gets mapped into memory, so that all visits and processes share
its pages. Nothing is unpickled, nothing is extracted, and no more is read than a caller allows.
"""

import hashlib
import io
import struct
import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from avatar.errors import AvatarError

Array = NDArray[Any]
Shape = tuple[int, ...]

SUFFIX = ".avatar"
PACKED = "planes.npz"
MAX_PACKED_BYTES = 32 * 1024 * 1024
MAX_FILE_BYTES = 192 * 1024 * 1024
MAX_MEMBERS = 32
MAX_HEADER_BYTES = 256
LOCAL_HEADER_BYTES = 30
# Of these alone zipfile unpacks no more at once than it is asked for.
METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
# What zipfile raises: NotImplementedError for methods it lacks, RuntimeError for encrypted members,
# ValueError and OverflowError for places that no file has.
BROKEN = (
    *(zipfile.BadZipFile, zlib.error, KeyError, EOFError, NotImplementedError, RuntimeError),
    *(OSError, ValueError, OverflowError),
)
# What numpy raises for a header that is no header.
NO_HEADER = (ValueError, TypeError, SyntaxError, tokenize.TokenError)


class Archive:
    """A zip whose members are files of a bundle; ``path`` is None for one held in memory."""

    def __init__(self, data: Path | bytes, allowed: frozenset[str]) -> None:
        self._path = data if isinstance(data, Path) else None
        self._source: Path | io.BytesIO = data if isinstance(data, Path) else io.BytesIO(data)
        try:
            with zipfile.ZipFile(self._source) as archive:
                members = archive.infolist()
        except BROKEN as error:
            raise AvatarError("the bundle is no zip file, or it is damaged") from error
        self._members = {member.filename: member for member in members}
        if len(members) > MAX_MEMBERS or len(self._members) != len(members):
            raise AvatarError("the bundle has too many files, or two of one name")
        strange = sorted(self._members.keys() - allowed)
        if strange:
            raise AvatarError(f"the bundle has a file that belongs to none: {strange[0][:60]!r}")
        if not {member.compress_type for member in members} <= METHODS:
            raise AvatarError("the bundle is packed in a way that is not allowed: use deflate")

    def read(self, name: str, limit_bytes: int) -> bytes:
        """One member whole.

        Raises:
            AvatarError: It is missing, damaged, or larger than the limit once unpacked.
        """
        try:
            with zipfile.ZipFile(self._source) as archive, archive.open(name) as member:
                data = member.read(limit_bytes + 1)
        except BROKEN as error:
            raise AvatarError(f"{name} is missing or damaged") from error
        if len(data) > limit_bytes:
            raise AvatarError(f"{name} is larger than {limit_bytes} bytes")
        return data

    def array(self, name: str, dtype: np.dtype[Any], shape: Shape) -> Array:
        """One array, mapped where it is stored as it is; the header must say what is expected.

        Raises:
            AvatarError: It is missing, damaged, or has another dtype or shape.
        """
        member = self._members.get(f"{name}.npy")
        if member is None:
            raise AvatarError(f"array {name} is missing")
        if self._path is not None and member.compress_type == zipfile.ZIP_STORED:
            start = _data_start(self._path, member)
            return _mapped(self._path, (start, start + member.file_size), name, dtype, shape)
        try:
            with zipfile.ZipFile(self._source) as archive, archive.open(member) as file:
                return _copied(file, name, dtype, shape)
        except AvatarError:
            raise
        except BROKEN as error:
            raise AvatarError(f"array {name} is damaged") from error

    def damaged(self) -> str | None:
        """The first member whose checksum is wrong; reads everything."""
        try:
            with zipfile.ZipFile(self._source) as archive:
                return archive.testzip()
        except BROKEN:
            return "the file"


class Folder:
    """A folder with a bundle's small files, and its arrays as .npy files or in planes.npz."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, name: str, limit_bytes: int) -> bytes:
        """One file whole; see ``Archive.read``."""
        return read_file(self._path / name, limit_bytes)

    def array(self, name: str, dtype: np.dtype[Any], shape: Shape) -> Array:
        """One array from a file of its own; see ``Archive.array``."""
        path = self._path / f"{name}.npy"
        return _mapped(path, (0, MAX_FILE_BYTES), name, dtype, shape)

    def damaged(self) -> str | None:
        """Files of a folder have no checksum."""
        return None

    def packed(self, sha256: str, allowed: frozenset[str]) -> Archive:
        """The archive of compressed arrays, which must have this checksum."""
        data = self.read(PACKED, MAX_PACKED_BYTES)
        if hashlib.sha256(data).hexdigest() != sha256:
            raise AvatarError(f"{PACKED} does not match the manifest's sha256")
        return Archive(data, allowed)


def read_file(path: Path, limit_bytes: int) -> bytes:
    """A file whole.

    Raises:
        AvatarError: It cannot be read or is larger than the limit.
    """
    try:
        with path.open("rb") as file:
            data = file.read(limit_bytes + 1)
    except (OSError, ValueError) as error:
        raise AvatarError(f"{path.name} of the character cannot be read") from error
    if len(data) > limit_bytes:
        raise AvatarError(f"{path.name} is larger than {limit_bytes} bytes")
    return data


def _data_start(path: Path, member: zipfile.ZipInfo) -> int:
    """Where a stored member's bytes begin: behind its local header, whose length varies."""
    if member.flag_bits & 0x1:
        raise AvatarError(f"{member.filename} is encrypted")
    try:
        with path.open("rb") as file:
            file.seek(member.header_offset)
            header = file.read(LOCAL_HEADER_BYTES)
    except (OSError, ValueError, OverflowError) as error:
        raise AvatarError(f"{member.filename} is not where the zip says") from error
    if len(header) != LOCAL_HEADER_BYTES or header[:4] != b"PK\x03\x04":
        raise AvatarError(f"{member.filename} is not where the zip says")
    name_bytes, extra_bytes = struct.unpack("<HH", header[26:30])
    return int(member.header_offset + LOCAL_HEADER_BYTES + name_bytes + extra_bytes)


def _mapped(
    path: Path, span: tuple[int, int], name: str, dtype: np.dtype[Any], shape: Shape
) -> Array:
    """An array that lies in a span of the file, from its header on."""
    try:
        with path.open("rb") as file:
            file.seek(span[0])
            _check_header(file, name, dtype, shape)
            offset = file.tell()
            size = file.seek(0, io.SEEK_END)
        if size > MAX_FILE_BYTES or offset + _size(dtype, shape) > min(size, span[1]):
            raise AvatarError(f"array {name} is cut off")
        return np.asarray(np.memmap(path, dtype, "r", offset, shape))
    except AvatarError:
        raise
    except (OSError, ValueError, OverflowError) as error:
        raise AvatarError(f"array {name} cannot be read") from error


def _copied(file: IO[bytes], name: str, dtype: np.dtype[Any], shape: Shape) -> Array:
    _check_header(file, name, dtype, shape)
    data = file.read(_size(dtype, shape))
    if len(data) != _size(dtype, shape):
        raise AvatarError(f"array {name} is cut off")
    return np.frombuffer(data, dtype).reshape(shape)


def _check_header(file: IO[bytes], name: str, dtype: np.dtype[Any], shape: Shape) -> None:
    """Read an array's header, which must not ask for anything but what the manifest implies."""
    try:
        version = np.lib.format.read_magic(file)
        header = np.lib.format.read_array_header_1_0(file, MAX_HEADER_BYTES)
    except NO_HEADER as error:
        raise AvatarError(f"array {name} has no valid header") from error
    if version != (1, 0):
        raise AvatarError(f"array {name} must be in version 1.0 of the format")
    found, by_columns, kind = header
    if found != shape or kind != dtype or by_columns:
        raise AvatarError(f"array {name} must be {dtype} of shape {shape}, not {kind} {found}")


def _size(dtype: np.dtype[Any], shape: Shape) -> int:
    return int(dtype.itemsize * np.prod(shape, dtype=np.int64))
