"""DOCX, which is XML in an archive."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import docx
from docx.opc.exceptions import PackageNotFoundError
from docx.table import Table

from knowledge.blocks import HEADING_CHARS, Block, Unreadable, tidy

_UNPACKED_BYTES = 64 * 1024 * 1024
_PARTS = 5_000
_BROKEN = "The DOCX document is damaged. Open it and save it again."


def read_docx(path: Path) -> Iterator[Block]:
    """Paragraphs and tables by their headings; it has no pages of its own."""
    try:
        _check_size(path)
        document = docx.Document(str(path))
    except (
        zipfile.BadZipFile, PackageNotFoundError, SyntaxError, KeyError, ValueError,
        NotImplementedError, OSError,
    ) as error:  # fmt: skip
        raise Unreadable(_BROKEN) from error
    heading, paragraphs = "", list[str]()
    for part in document.iter_inner_content():
        if isinstance(part, Table):
            paragraphs += _rows(part)
            continue
        style = str(part.style.name if part.style is not None else "")
        text = tidy(part.text)
        if text and style.startswith(("Heading", "Title")):
            yield Block("\n".join(paragraphs), heading)
            heading, paragraphs = text[:HEADING_CHARS], []
        elif text:
            paragraphs.append(text)
    yield Block("\n".join(paragraphs), heading)


def _check_size(path: Path) -> None:
    """Refuse what unpacks to far more than a document has; no reader goes beyond these sizes."""
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        if any(part.flag_bits & 1 for part in parts):
            raise Unreadable("The document is protected by a password. Remove it.")
        unpacked = sum(part.file_size for part in parts)
    if unpacked > _UNPACKED_BYTES or len(parts) > _PARTS:
        raise Unreadable(
            "The document unpacks to far more than a text has. Save it anew, without its images."
        )


def _rows(table: Table) -> Iterator[str]:
    """`A | B` for each row; a cell that spans several columns is said once."""
    for row in table.rows:
        cells = dict.fromkeys(tidy(cell.text) for cell in row.cells)
        if said := " | ".join(filter(None, cells)):
            yield said
