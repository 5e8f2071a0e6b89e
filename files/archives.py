"""Zip archives and compound files: what lies in them, read with distrust and never unpacked."""

import re
import struct
import zipfile
from typing import BinaryIO

from files.errors import BadFile

ZIP = b"PK\x03\x04"
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
MAX_DIRECTORY_BYTES = 1_000_000
MAX_UNPACKED_BYTES = 200_000_000
_END = struct.Struct("<4s4H2LH")
_LONGEST_COMMENT_BYTES = 65_535
_LOCATOR_BYTES = 20
"""Of a zip64 archive's end."""
_ENTRY_BYTES, _NAME_BYTES = 128, 64


def members(content: BinaryIO) -> frozenset[str]:
    """The names in a zip archive that begins with the file; none where it is no such archive.

    Raises:
        BadFile: it would unpack to more than anybody wants.
    """
    if not has_zip(content):
        return frozenset()
    try:
        content.seek(0)
        with zipfile.ZipFile(content) as archive:
            listed = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, struct.error):
        return frozenset()
    if sum(each.file_size for each in listed) > MAX_UNPACKED_BYTES:
        raise BadFile(f"The file unpacks to more than {MAX_UNPACKED_BYTES // 1_000_000} MB")
    return frozenset(each.filename for each in listed)


def has_zip(content: BinaryIO) -> bool:
    """Whether the end of the file reads as that of a zip archive, wherever it may begin.

    Raises:
        BadFile: its list of members is too long to be read.
    """
    size_bytes = content.seek(0, 2)
    tail_bytes = min(size_bytes, _END.size + _LONGEST_COMMENT_BYTES)
    content.seek(size_bytes - tail_bytes)
    tail = content.read(tail_bytes)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        return False
    *_, directory_bytes, _start, comment_bytes = _END.unpack_from(tail, at)
    if at + _END.size + comment_bytes > len(tail):
        return False
    begins_at = size_bytes - tail_bytes + at - directory_bytes
    huge = tail[max(0, at - _LOCATOR_BYTES) :].startswith(b"PK\x06\x07")
    if not huge and not _is_directory(content, begins_at, directory_bytes):
        return False
    if huge or directory_bytes > MAX_DIRECTORY_BYTES:
        raise BadFile("The file has a zip archive in it with too many members")
    return True


def _is_directory(content: BinaryIO, begins_at: int, length_bytes: int) -> bool:
    content.seek(max(0, begins_at))
    return length_bytes == 0 or (begins_at >= 0 and content.read(4) == b"PK\x01\x02")


def streams(content: BinaryIO, names: frozenset[str]) -> frozenset[str]:
    """Which of `names` are streams of a compound file (OLE 2), by the entries of its directory."""
    content.seek(0)
    data = content.read()
    if not data.startswith(OLE):
        return frozenset()
    return frozenset(name for name in names if _has_entry(data, name))


def _has_entry(data: bytes, name: str) -> bool:
    spelt = name.encode("utf-16-le") + b"\0\0"
    field = spelt.ljust(_NAME_BYTES, b"\0") + struct.pack("<HB", len(spelt), 2)
    return any(it.start() % _ENTRY_BYTES == 0 for it in re.finditer(re.escape(field), data))
