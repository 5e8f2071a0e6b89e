"""What each kind of document says, and what hostile ones do: an error in words, nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest

from confined import Exhausted, Refused, run
from knowledge.errors import TypeUnsupported
from knowledge.intake import BOUNDS
from knowledge.kinds import Kind, kind_of
from tests.knowledge import papers

HANDBOOK = papers.pdf(
    [
        [
            "Warranty",
            "Every kettle that we sell is guaranteed for seven years from the day",
            "of purchase. The guaran-",
            "tee covers the heating element and the lid.",
        ],
        [
            "Descaling",
            "Fill the kettle with equal parts of vinegar and water, and let it stand",
            "for an hour. Rinse it twice.",
        ],
    ]
)


def read(content: bytes, name: str, tmp_path: Path) -> list[dict[str, Any]]:
    kind = kind_of(name, content)
    path, out = tmp_path / "document", tmp_path / "blocks"
    path.write_bytes(content)
    run("knowledge.reading", {"kind": kind, "path": str(path), "out": str(out)}, BOUNDS)
    blocks: list[dict[str, Any]] = json.loads(out.read_text())
    return blocks


def test_a_pdf_tells_headings_and_pages(tmp_path: Path) -> None:
    assert read(HANDBOOK, "handbook.pdf", tmp_path) == [
        {
            "heading": "Warranty",
            "page": 1,
            "text": "Every kettle that we sell is guaranteed for seven years from the day of "
            "purchase. The guarantee covers the heating element and the lid.",
        },
        {
            "heading": "Descaling",
            "page": 2,
            "text": "Fill the kettle with equal parts of vinegar and water, and let it stand for "
            "an hour. Rinse it twice.",
        },
    ]


def test_running_heads_and_page_numbers_are_no_text(tmp_path: Path) -> None:
    pages = [["ACME Manual 2024", f"Sentence number {n} is here.", str(n)] for n in range(1, 9)]
    texts = [block["text"] for block in read(papers.pdf(pages), "m.pdf", tmp_path)]
    assert texts == [f"Sentence number {n} is here." for n in range(1, 9)]


def test_word_tells_headings_and_tables(tmp_path: Path) -> None:
    assert read(papers.word(), "rental.docx", tmp_path) == [
        {
            "heading": "Bicycle rental",
            "page": None,
            "text": "Bicycles are handed out at the harbour office.",
        },
        {"heading": "Prices", "page": None, "text": "Tandem | 21 euros\nCargo | 35 euros"},
    ]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (
            "a.md",
            b"# Opening *hours*\n\nWe open at\n**nine**, see [here](https://x.example).\n\n"
            b"Garden\n------\n- roses\n- ferns\n",
            [
                ("Opening hours", "We open at nine, see here."),
                ("Garden", "roses\nferns"),
            ],
        ),
        (
            "a.txt",
            "Café\nThe café serves cake from eight o'clock until noon every day.\n\n"
            "Parking\nThere are forty places behind the house, free of charge.\n".encode("cp1252"),
            [
                ("Café", "The café serves cake from eight o'clock until noon every day."),
                ("Parking", "There are forty places behind the house, free of charge."),
            ],
        ),
        (
            "a.csv",
            "Pastry;Price\nCroissant;2 €\nBrioche;3 €\n".encode(),
            [("", "Pastry: Croissant; Price: 2 €.\nPastry: Brioche; Price: 3 €.")],
        ),
        (
            "a.html",
            b"<!doctype html><title>T</title><nav>Home</nav><main><h1>Rooms</h1><p>All rooms face"
            b" the <b>sea</b>.<script>alert(1)</script><p>Dogs<br>sleep free.</main>",
            [("Rooms", "All rooms face the sea.\nDogs sleep free.")],
        ),
    ],
)
def test_texts_tell_headings(
    tmp_path: Path, name: str, content: bytes, told: list[tuple[str, str]]
) -> None:
    assert [(b["heading"], b["text"]) for b in read(content, name, tmp_path)] == told


@pytest.mark.parametrize(
    ("name", "make", "error"),
    [
        ("encrypted", papers.encrypted_pdf, "protected by a password"),
        ("cyclic", papers.cyclic_pdf, "damaged"),
        ("endless", papers.endless_pdf, "far more than"),
        ("bomb", papers.bomb_pdf, "far more than|too much"),
        ("cut", lambda: HANDBOOK[:200], "damaged"),
        ("junk", lambda: b"%PDF-1.7" + bytes(range(256)) * 4000, "damaged"),
        ("laughs", papers.laughing_word, "damaged"),
        ("swollen", papers.swollen_word, "far more than"),
        ("no archive", lambda: b"PK\x03\x04 word/document.xml", "damaged"),
        ("long", lambda: b"word. " * 600_000, "Split it"),
    ],
)
def test_what_is_hostile_is_an_error_in_words(
    tmp_path: Path, name: str, make: Any, error: str
) -> None:
    with pytest.raises((Refused, Exhausted), match=error):
        read(make(), name, tmp_path)


def test_a_page_may_be_nested_as_deeply_as_it_likes(tmp_path: Path) -> None:
    assert [block["text"] for block in read(papers.deep_html(), "a.html", tmp_path)] == ["deep"]


def test_a_scan_has_no_text(tmp_path: Path) -> None:
    assert read(papers.scanned_pdf(), "scan.pdf", tmp_path) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("notes.txt", b"\x7fELF\x02\x01\x01" + bytes(200)),
        ("book.pdf", b"MZ\x90\x00\x03\x00"),
        ("table.xlsx", b"PK\x03\x04 xl/workbook.xml"),
        ("letter.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("picture.html", b"\x89PNG\r\n\x1a\n\x00\x00"),
    ],
)
def test_what_is_no_document_is_refused_by_what_it_holds(name: str, content: bytes) -> None:
    with pytest.raises(TypeUnsupported):
        kind_of(name, content)


def test_a_pdf_is_one_under_any_name() -> None:
    assert kind_of("report.txt", HANDBOOK) is Kind.PDF


@pytest.mark.parametrize(
    ("beginning", "kind"),
    [
        (b"<!---->" * 9_000 + b"x", Kind.TXT),
        (b"<!---->" * 9_000 + b"<html>", Kind.HTML),
        (b"<!----> " * 10_000 + b"<html>", Kind.TXT),
        (b"\n<?xml version='1.0'?>\n<!-- shop -->\n<!-- two --><!DOCTYPE  HTML>", Kind.HTML),
        (b"<!-- " * 10_000, Kind.TXT),
        (b"<!-- <html> -->x", Kind.TXT),
    ],
)
def test_comments_before_a_page_are_passed_over_in_no_time(beginning: bytes, kind: Kind) -> None:
    """Trying every way to divide them would hold up all calls for years."""
    assert kind_of("a.txt", beginning) == kind


def test_marks_without_an_end_are_read_like_other_text(tmp_path: Path) -> None:
    hostile = "[" * 300_000 + "\n\n# Kettle" + " " * 300_000 + "x\n\nIt is " + "*red " * 20_000
    blocks = read(hostile.encode(), "a.md", tmp_path)
    assert [block["heading"] for block in blocks] == ["", "Kettle x"]
