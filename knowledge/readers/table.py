"""CSV: each row a line that names its columns."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from knowledge.blocks import Block, Unreadable, tidy
from knowledge.readers.text import decode

_ROWS_A_BLOCK = 100
_SNIFFED_CHARS = 16_384


def read_csv(path: Path) -> Iterator[Block]:
    """The rows; the first one is the head where it looks like one."""
    text = decode(path.read_bytes())
    try:
        rows = csv.reader(io.StringIO(text, newline=""), _dialect(text))
        head: Sequence[str] = ()
        said: list[str] = []
        for number, row in enumerate(rows):
            cells = [tidy(cell) for cell in row]
            if number == 0 and _is_head(cells):
                head = cells
            elif any(cells):
                said.append(_sentence(head, cells))
            if len(said) == _ROWS_A_BLOCK:
                yield Block("\n".join(said))
                said = []
        yield Block("\n".join(said))
    except csv.Error as error:
        raise Unreadable(f"The table cannot be read: {error}.") from error


def _dialect(text: str) -> type[csv.Dialect]:
    try:
        return csv.Sniffer().sniff(text[:_SNIFFED_CHARS], ",;\t|")
    except csv.Error:
        return csv.excel


def _is_head(cells: Sequence[str]) -> bool:
    return bool(cells) and all(cells) and not any(cell[0].isdigit() for cell in cells)


def _sentence(head: Sequence[str], cells: Sequence[str]) -> str:
    """Such as `Name: Croissant; Price: 2 euros.`, which reads well aloud."""
    if not head:
        return ", ".join(filter(None, cells)) + "."
    names = [*head, *[""] * max(0, len(cells) - len(head))]
    pairs = zip(names, cells, strict=False)
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in pairs if cell) + "."
