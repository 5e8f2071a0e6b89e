"""What a file is, by its content: the name is believed only where the content agrees."""

from typing import BinaryIO

import puremagic

from files import archives
from files.errors import BadFile, UnsupportedType
from files.kinds import KINDS, Content, Kind
from files.texts import is_svg, is_text

HEAD_BYTES = 16 * 1024
READ_BY_STRANGERS_BYTES = 1024
"""How far readers of PDF and of pages look for their beginning."""
MARKUP = (b"<!doctype html", b"<html", b"<script", b"<?php", b"<iframe", b"<body")
RIFF = {b"WEBP": "webp", b"AVI ": "avi", b"WAVE": "wav"}
EBML = bytes.fromhex("1a45dfa3")
BRANDS = {
    b"qt  ": "mov",
    b"M4A ": "m4a",
    b"M4B ": "m4a",
    **dict.fromkeys(
        (
            *(b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9"),
            *(b"mp41", b"mp42", b"mp71", b"avc1", b"M4V ", b"M4VH", b"M4VP", b"f4v ", b"dash"),
            *(b"MSNV", b"3gp4", b"3gp5", b"3gp6", b"mmp4", b"XAVC"),
        ),
        "mp4",
    ),
}


def recognise(content: BinaryIO, claimed: Kind | None) -> Kind:
    """The type of `content`: `claimed`, proved; without a claim, the first one that is proved.

    Raises:
        UnsupportedType: it is another type, none that is taken, or two at once.
        BadFile: it is one, and broken.
    """
    head = _head(content)
    if claimed is not None:
        if not _is(claimed, content, head):
            raise UnsupportedType(f"The content is not that of a .{claimed.extension} file")
        kind = claimed
    else:
        found = next((each for each in KINDS.values() if _is(each, content, head)), None)
        if found is None:
            raise UnsupportedType(f"The file is none of: {', '.join(KINDS)}")
        kind = found
    _refuse_second_type(kind, content, head)
    return kind


def _head(content: BinaryIO) -> bytes:
    content.seek(0)
    return content.read(HEAD_BYTES)


def _is(kind: Kind, content: BinaryIO, head: bytes) -> bool:
    match kind.content:
        case Content.SIGNATURE:
            return bool(kind.marks & _signs(head))
        case Content.MOVIE:
            return _brand(head) in kind.marks
        case Content.OFFICE:
            return head.startswith(archives.ZIP) and _is_office(kind, archives.members(content))
        case Content.OLE:
            return head.startswith(archives.OLE) and bool(archives.streams(content, kind.marks))
        case Content.SVG:
            return is_svg(content)
        case Content.TEXT:
            return not _is_markup(head) and not head.startswith(b"#!") and is_text(content)


def _signs(head: bytes) -> frozenset[str]:
    """The extensions that go with how the file begins."""
    if head.startswith(b"RIFF"):
        return frozenset({RIFF.get(head[8:12], "")})
    if head.startswith(EBML):
        return frozenset({"webm" if b"webm" in head[:64] else "mkv"})
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return frozenset()
    return frozenset(each.extension.removeprefix(".") for each in found)


def _brand(head: bytes) -> str:
    """`mp4`, `mov` or `m4a`; '' for another ISO media file, such as a picture, and for none."""
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "mov"
    return BRANDS.get(head[8:12], "") if head[4:8] == b"ftyp" else ""


def _is_office(kind: Kind, members: frozenset[str]) -> bool:
    """One with macros is another type, whatever its name says."""
    macros = any(name.lower().endswith("vbaproject.bin") for name in members)
    return "[Content_Types].xml" in members and bool(kind.marks & members) and not macros


def _is_markup(head: bytes) -> bool:
    beginning = head[:READ_BY_STRANGERS_BYTES].lower()
    return any(tag in beginning for tag in MARKUP)


def _refuse_second_type(kind: Kind, content: BinaryIO, head: bytes) -> None:
    """Refuse what another reader would take for something else.

    Raises:
        UnsupportedType: it would.
    """
    pdf = b"%PDF-" in head[:READ_BY_STRANGERS_BYTES] and kind.extension != "pdf"
    page = kind.content not in (Content.SVG, Content.TEXT) and _is_markup(head)
    try:
        archive = kind.content is not Content.OFFICE and archives.has_zip(content)
    except BadFile:
        archive = True
    if pdf or page or archive:
        second = "a PDF document" if pdf else "a web page" if page else "a zip archive"
        raise UnsupportedType(f"The .{kind.extension} file is {second} at the same time")
