"""Plain text and Markdown."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from knowledge.blocks import HEADING_CHARS, Block, tidy
from knowledge.readers import lines

_MARKED = re.compile(r"\s{0,3}#{1,6}\s+(?P<heading>.*)")
_UNDERLINE = re.compile(r"\s{0,3}(?:=+|-{3,})\s*")
_FENCE = re.compile(r"\s{0,3}(?:```|~~~)")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*(?:\([^()]*\)[^()]*)*\)")
_EMPHASIS = re.compile(r"(?<!\w)(\*\*|__|\*|_|`)(?=\S)(.{1,400}?)(?<=\S)\1(?!\w)")
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,3}[.)])\s+")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"),
         (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip


def decode(content: bytes) -> str:
    """The text, whatever usual encoding it is in."""
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def read_text(path: Path) -> Iterator[Block]:
    """Plain text; its headings are guessed."""
    return lines.blocks(decode(path.read_bytes()).splitlines())


def read_markdown(path: Path) -> Iterator[Block]:
    """Markdown, by its headings; of marks only the text stays."""
    heading, kept, fenced = "", list[str](), False
    for line in decode(path.read_bytes()).splitlines():
        marked = _MARKED.fullmatch(line)
        if _FENCE.match(line):
            fenced = not fenced
        elif marked and not fenced:
            yield Block(_paragraphs(kept), heading)
            title = marked["heading"].rstrip().rstrip("#")
            heading, kept = _plain(title)[:HEADING_CHARS], []
        elif _UNDERLINE.fullmatch(line) and kept and kept[-1].strip() and not fenced:
            title = kept.pop()
            yield Block(_paragraphs(kept), heading)
            heading, kept = _plain(title)[:HEADING_CHARS], []
        else:
            kept.append(line)
    yield Block(_paragraphs(kept), heading)


def _paragraphs(kept: list[str]) -> str:
    paragraphs = [""]
    for line in kept:
        if not line.strip() or _ITEM.match(line):
            paragraphs.append("")
        paragraphs[-1] = f"{paragraphs[-1]} {_plain(_ITEM.sub('', line, count=1))}".strip()
    return "\n".join(filter(None, paragraphs))


def _plain(line: str) -> str:
    return tidy(_EMPHASIS.sub(r"\2", _LINK.sub(r"\1", line)).lstrip("> "))
