"""Telling text, and SVG, from what only pretends to be."""

import codecs
from collections.abc import Iterator
from typing import BinaryIO
from xml.parsers import expat

CHUNK_BYTES = 256 * 1024
WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
CONTROLS = bytes(number for number in range(32) if chr(number) not in "\t\n\f\r") + b"\x7f"


def is_text(content: BinaryIO) -> bool:
    """Whether all of it is text: in UTF-8, another 8-bit writing, or UTF-16 with its mark."""
    content.seek(0)
    if content.read(2) in WIDE:
        return _decodes(content)
    return not any(len(chunk.translate(None, CONTROLS)) < len(chunk) for chunk in chunks(content))


def is_svg(content: BinaryIO) -> bool:
    """Whether it is well-formed XML with the root `svg`, and declares no entities."""
    content.seek(0)
    if b"<" not in content.read(CHUNK_BYTES):
        return False
    reader = _SvgReader()
    try:
        for chunk in chunks(content):
            reader.parser.Parse(chunk, False)
        reader.parser.Parse(b"", True)
    except (expat.ExpatError, _NotSvg, ValueError, LookupError):
        return False
    return True


def chunks(content: BinaryIO) -> Iterator[bytes]:
    """All of `content`, from its beginning."""
    content.seek(0)
    while chunk := content.read(CHUNK_BYTES):
        yield chunk


class _NotSvg(Exception):
    pass


class _SvgReader:
    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._on_element
        self.parser.EntityDeclHandler = self._on_entity
        self._begun = False

    def _on_element(self, name: str, _attributes: object) -> None:
        if not self._begun and name.rpartition(" ")[2] != "svg":
            raise _NotSvg
        self._begun = True

    def _on_entity(self, *_declaration: object) -> None:
        raise _NotSvg


def _decodes(content: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-16")()
    try:
        for chunk in chunks(content):
            if "\0" in decoder.decode(chunk):
                return False
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True
