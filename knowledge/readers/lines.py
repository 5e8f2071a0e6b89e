"""Plain lines: which are headings, and which belong together."""

import re
from collections.abc import Iterator, Sequence

from knowledge.blocks import HEADING_CHARS, Block, tidy

_NUMBERED = re.compile(r"(?:\d+\.)*\d+\.?\s+[^\W\d_].{1,70}")
_ITEM = re.compile(r"\s*(?:[-*•–▪◦‣·]|\(?\d{1,3}[.)]|[a-z]\))\s+")
_ENDED = tuple(".!?:;…。！？")
_HEADING_CHARS, _HEADING_WORDS = 60, 8
_LONG_LINE_CHARS = 40


def blocks(lines: Sequence[str], page: int | None = None, heading: str = "") -> Iterator[Block]:
    """The lines as blocks, the first under `heading`; blank lines end a paragraph."""
    paragraphs: list[str] = []
    current = ""
    for before, line, after in _with_neighbours(lines):
        if _is_heading(before, line, after):
            yield Block("\n".join([*paragraphs, current]).strip(), heading, page)
            paragraphs, current, heading = [], "", tidy(line)[:HEADING_CHARS]
        elif not line.strip() or _ITEM.match(line):
            paragraphs.append(current)
            current = tidy(line)
        else:
            current = _joined(current, tidy(line))
    yield Block("\n".join(filter(None, [*paragraphs, current])), heading, page)


def _with_neighbours(lines: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    yield from zip(["", *lines], lines, [*lines[1:], ""], strict=False)


def _joined(start: str, line: str) -> str:
    """Go on with a line; a word that a hyphen divides at the end of a line is one word."""
    if len(start) > 1 and start[-1] == "-" and start[-2].isalpha() and line[:1].islower():
        return start[:-1] + line
    return f"{start} {line}".strip()


def _is_heading(before: str, line: str, after: str) -> bool:
    """A short line that begins like a title, ends like none, and stands before text."""
    text = line.strip()
    if not (3 <= len(text) <= _HEADING_CHARS) or text.endswith((*_ENDED, ",")):
        return False
    if not after.strip() and not _NUMBERED.fullmatch(text):
        return False
    if before.strip() and not before.rstrip().endswith(_ENDED):
        return False
    if _ITEM.match(line) and not _NUMBERED.fullmatch(text):
        return False
    words = text.split()
    if len(words) > _HEADING_WORDS:
        return False
    starts_well = text[0].isupper() or text[0].isdigit() or not text[0].isascii()
    stands_out = len(after.strip()) > len(text) or len(after) > _LONG_LINE_CHARS
    return starts_well and (stands_out or bool(_NUMBERED.fullmatch(text)) or text.isupper())
