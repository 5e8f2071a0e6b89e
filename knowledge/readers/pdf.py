"""PDF: the text of each page."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pypdf import PdfReader
from pypdf.errors import LimitReachedError, PyPdfError

from knowledge.blocks import MAX_CHARS, MAX_PAGES, Block, Unreadable, tidy
from knowledge.readers import lines

_REPEATED_SHARE = 0.5
_REPEATED_PAGES = 4
_EDGE_LINES = 2
_SWOLLEN = "The PDF unpacks to far more than a text has. Split it, or save it without images."
_DAMAGED = "The PDF is damaged. Open it and save it again."


def read_pdf(path: Path, on_page: Callable[[int, int], None]) -> tuple[int, Iterator[Block]]:
    """The number of pages and their blocks; `on_page` hears how many of how many are read.

    Raises:
        Unreadable: it is encrypted, damaged, or has too many pages.
    """
    try:
        reader = PdfReader(path, strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable("The PDF is protected by a password. Remove it.")
        _check_pages(reader)
        pages = _pages(reader, on_page)
    except LimitReachedError as error:
        raise Unreadable(_SWOLLEN) from error
    except (PyPdfError, RecursionError, ValueError, KeyError, TypeError, AttributeError,
            IndexError, NotImplementedError, OverflowError) as error:  # fmt: skip
        raise Unreadable(_DAMAGED) from error
    return len(pages), _blocks(pages)


def _check_pages(reader: PdfReader) -> None:
    count = len(reader.pages)
    if count > MAX_PAGES:
        raise Unreadable(f"The PDF has {count:,} pages. Split it at {MAX_PAGES:,}.")


def _pages(reader: PdfReader, on_page: Callable[[int, int], None]) -> list[list[str]]:
    """The lines of each page; of one that is damaged, none."""
    total, found, chars, broken = len(reader.pages), list[list[str]](), 0, 0
    for page in reader.pages:
        try:
            text = page.extract_text()
        except (MemoryError, LimitReachedError):
            raise
        except Exception:  # noqa: BLE001 one page in a thousand that pypdf stumbles over is none
            text, broken = "", broken + 1
        chars += len(text)
        if chars > MAX_CHARS:
            raise Unreadable(f"The PDF has more than {MAX_CHARS:,} characters of text. Split it.")
        found.append(text.splitlines())
        on_page(len(found), total)
    if broken == total:
        raise Unreadable(_DAMAGED)
    return found


def _blocks(pages: Sequence[Sequence[str]]) -> Iterator[Block]:
    heading, repeated = "", _repeated(pages)
    for number, page in enumerate(pages, 1):
        kept = [line for line in page if tidy(line) not in repeated and not tidy(line).isdigit()]
        for block in lines.blocks(kept, number, heading):
            heading = block.heading
            yield block


def _repeated(pages: Sequence[Sequence[str]]) -> frozenset[str]:
    """The lines at the edges of most pages: running heads and feet."""
    seen: Counter[str] = Counter()
    for page in pages:
        edges = [*page[:_EDGE_LINES], *page[-_EDGE_LINES:]]
        seen.update({tidy(line) for line in edges} - {""})
    enough = max(_REPEATED_PAGES, _REPEATED_SHARE * len(pages))
    return frozenset(line for line, count in seen.items() if count >= enough)
