"""Reading a document in a process of its own; see `confined`. Imports no Django.

The request names the `path`, the `kind`, and the file `out` that the blocks are written to as
JSON: an answer through the pipe has a bound that a long text exceeds.
"""

import contextlib
import json
import threading
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from confined import Report
from knowledge.blocks import Block, Unreadable, bounded
from knowledge.kinds import Kind

REFUSALS = (Unreadable,)
_TICK_S = 2.0


class _Progress:
    """How far the reading is, told every few seconds, however long a page takes."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._share = 0.0
        self._over = threading.Event()

    def on_page(self, number: int, total: int) -> None:
        self._share = number / total

    @contextlib.contextmanager
    def told(self) -> Iterator[None]:
        self._report(0.0, "reading")
        ticking = threading.Thread(target=self._tick, daemon=True)
        ticking.start()
        try:
            yield
        finally:
            self._over.set()
            ticking.join()

    def _tick(self) -> None:
        while not self._over.wait(_TICK_S):
            self._report(self._share, "reading")


def work(request: dict[str, Any], report: Report) -> dict[str, Any]:
    """Read the document; returns the number of its pages, 0 where it has none.

    Raises:
        Unreadable: with a sentence for its owner.
    """
    progress = _Progress(report)
    with progress.told():
        try:
            pages, blocks = _read(Kind(request["kind"]), Path(request["path"]), progress)
            kept = [asdict(block) for block in bounded(blocks)]
        except RecursionError as error:
            raise Unreadable("The document is nested too deeply. Save it again.") from error
    Path(request["out"]).write_text(json.dumps(kept))
    return {"pages": pages}


def _read(kind: Kind, path: Path, progress: _Progress) -> tuple[int, Iterable[Block]]:
    # each reader is imported where it is needed: together their libraries take a second
    match kind:
        case Kind.PDF:
            from knowledge.readers.pdf import read_pdf

            return read_pdf(path, progress.on_page)
        case Kind.DOCX:
            from knowledge.readers.word import read_docx

            return 0, read_docx(path)
        case Kind.HTML:
            from knowledge.readers.web import read_html

            return 0, read_html(path)
        case Kind.CSV:
            from knowledge.readers.table import read_csv

            return 0, read_csv(path)
        case Kind.MARKDOWN:
            from knowledge.readers.text import read_markdown

            return 0, read_markdown(path)
        case Kind.TXT:
            from knowledge.readers.text import read_text

            return 0, read_text(path)
