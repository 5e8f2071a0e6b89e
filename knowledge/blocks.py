"""What readers make of a document: its text in pieces that know where they stand."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MAX_PAGES = 3_000
MAX_CHARS = 3_000_000
HEADING_CHARS = 200


class Unreadable(Exception):
    """The document cannot be read; the message is made for its owner."""


@dataclass(frozen=True, slots=True)
class Block:
    """Text under one heading of one page; its lines are paragraphs or items of a list.

    `page` counts from 1; None where a kind of document has no pages.
    """

    text: str
    heading: str = ""
    page: int | None = None


def bounded(blocks: Iterable[Block]) -> Iterator[Block]:
    """Pass blocks on until there is more text than a document may have.

    Raises:
        Unreadable: there is.
    """
    chars = 0
    for block in blocks:
        chars += len(block.text)
        if chars > MAX_CHARS:
            raise Unreadable(
                f"The document has more than {MAX_CHARS:,} characters of text. Split it."
            )
        if block.text.strip():
            yield block


def tidy(text: str) -> str:
    """One line, with single spaces, without what no database takes."""
    cleaned = text.replace("\0", "").encode("utf-8", "ignore").decode()
    return " ".join(cleaned.split())
