"""Which kind of document some bytes are, by what they hold first and by their name second."""

import re
from enum import StrEnum
from pathlib import PurePosixPath

from knowledge.errors import TypeUnsupported

LOOKED_AT_BYTES = 64 * 1024
_SUFFIXES = {
    ".md": "md",
    ".markdown": "md",
    ".csv": "csv",
    ".tsv": "csv",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".txt": "txt",
}
_TYPES = {"text/html": "html", "application/xhtml+xml": "html", "text/csv": "csv",
          "text/markdown": "md"}  # fmt: skip
_HTML = re.compile(rb"<(?:!doctype\s+html|html)\b", re.I)
_SPACE = re.compile(rb"\s*")
_BEFORE_HTML = ((b"<!--", b"-->"), (b"<?xml", b">"))
_CONTROL = frozenset(range(32)) - frozenset(b"\t\n\r\f\x1b")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_SUPPORTED = "Send a PDF, DOCX, TXT, Markdown, CSV or HTML document"


class Kind(StrEnum):
    PDF = "pdf"
    DOCX = "docx"
    TXT = "txt"
    MARKDOWN = "md"
    CSV = "csv"
    HTML = "html"


def kind_of(name: str, content: bytes, media_type: str = "") -> Kind:
    """The kind of a document called `name`; `media_type` is what its server calls it.

    Raises:
        TypeUnsupported: it is none that can be read.
    """
    if b"%PDF-" in content[:1024]:
        return Kind.PDF
    if content.startswith(b"PK\x03\x04"):
        if b"word/document.xml" in content:
            return Kind.DOCX
        raise TypeUnsupported(f"It is an archive and no DOCX document. {_SUPPORTED}.")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise TypeUnsupported("It is an old Office document. Save it as DOCX or PDF.")
    if not _is_text(content[:LOOKED_AT_BYTES]):
        raise TypeUnsupported(f"It is neither text nor a document. {_SUPPORTED}.")
    if _is_html(content[:LOOKED_AT_BYTES]):
        return Kind.HTML
    suffix = _SUFFIXES.get(PurePosixPath(name.lower()).suffix)
    return Kind(suffix or _TYPES.get(media_type.partition(";")[0].strip().lower(), Kind.TXT))


def _is_text(beginning: bytes) -> bool:
    if beginning.startswith(_UTF16):
        return True
    return not any(byte in _CONTROL for byte in beginning)


def _is_html(beginning: bytes) -> bool:
    """Whether a page begins there, behind comments: each is passed over once, however many."""
    at: int | None = 0
    while at is not None:
        here = _end_of_space(beginning, at)
        if _HTML.match(beginning, here):
            return True
        at = _passed_over(beginning, here)
    return False


def _end_of_space(beginning: bytes, at: int) -> int:
    found = _SPACE.match(beginning, at)
    return found.end() if found else at


def _passed_over(beginning: bytes, at: int) -> int | None:
    """Where the comment that begins at `at` ends; None where none does."""
    for opening, closing in _BEFORE_HTML:
        if beginning.startswith(opening, at):
            end = beginning.find(closing, at + len(opening))
            return end + len(closing) if end >= 0 else None
    return None
