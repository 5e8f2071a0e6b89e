"""Documents for tests: sound ones, and those that are made to bring a reader down."""

import io
import zipfile
import zlib
from collections.abc import Sequence

import docx


def pdf(pages: Sequence[Sequence[str]]) -> bytes:
    """A PDF with those lines on its pages."""
    streams = [_text(lines) for lines in pages]
    first = 4
    kids = " ".join(f"{first + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, stream in enumerate(streams):
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]"
            b" /Resources << /Font << /F1 3 0 R >> >>"
            + f" /Contents {first + 2 * number + 1} 0 R >>".encode()
        )
        objects.append(_stream(stream))
    return assembled(objects)


def assembled(objects: Sequence[bytes]) -> bytes:
    """The objects, numbered from 1, as a PDF whose first object is its catalog."""
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(f"{number} 0 obj\n".encode() + body + b"\nendobj\n")
    start = out.tell()
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    out.write(b"".join(f"{place:010d} 00000 n \n".encode() for place in places))
    trailer = f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    out.write(trailer.encode())
    return out.getvalue()


def _text(lines: Sequence[str]) -> bytes:
    escaped = (line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") for line in lines)
    said = "\n".join(f"({line}) Tj T*" for line in escaped)
    return f"BT /F1 11 Tf 14 TL 50 800 Td\n{said}\nET".encode("latin-1")


def _stream(content: bytes, extra: bytes = b"") -> bytes:
    head = b"<< /Length " + str(len(content)).encode() + extra + b" >>"
    return head + b"\nstream\n" + content + b"\nendstream"


def scanned_pdf() -> bytes:
    """A page with a rectangle and no text."""
    return assembled(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
            _stream(b"0 0 100 100 re f"),
        ]
    )


def bomb_pdf() -> bytes:
    """A page whose content unpacks to far more memory than a reader has."""
    packer = zlib.compressobj(9)
    million = b"(bomb) Tj " * 100_000
    packed = b"".join(packer.compress(million) for _ in range(1500)) + packer.flush()
    return assembled(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
            b" /Resources << /Font << /F1 5 0 R >> >> >>",
            _stream(packed, b" /Filter /FlateDecode"),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        ]
    )


def cyclic_pdf() -> bytes:
    """Pages that are their own children."""
    return assembled(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count 2 /Kids [2 0 R 2 0 R] >>",
        ]
    )


def endless_pdf() -> bytes:
    """A million pages: a thousand times a thousand times the same."""
    branches = range(4, 1004)
    kids = b"".join(b"%d 0 R " % branch for branch in branches)
    branch = b"<< /Type /Pages /Parent 2 0 R /Count 1000 /Kids [" + b"3 0 R " * 1000 + b"] >>"
    return assembled(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count 1000000 /Kids [" + kids + b"] >>",
            b"<< /Type /Page /Parent 4 0 R /MediaBox [0 0 595 842] >>",
            *[branch] * 1000,
        ]
    )


def encrypted_pdf() -> bytes:
    """A PDF that opens with a password alone."""
    from pypdf import PdfWriter

    writer = PdfWriter(clone_from=io.BytesIO(pdf([["secret"]])))
    writer.encrypt("swordfish", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def word() -> bytes:
    """A DOCX with headings and a table."""
    document = docx.Document()
    document.add_heading("Bicycle rental", 1)
    document.add_paragraph("Bicycles are handed out at the harbour office.")
    document.add_heading("Prices", 2)
    table = document.add_table(rows=2, cols=2)
    for row, cells in zip(table.rows, [("Tandem", "21 euros"), ("Cargo", "35 euros")], strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def word_with(xml: bytes, compressed: bool = True) -> bytes:
    """A DOCX whose text is `xml`."""
    out = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(io.BytesIO(word())) as sound, zipfile.ZipFile(out, "w", method) as made:
        for part in sound.infolist():
            own = part.filename == "word/document.xml"
            made.writestr(part.filename, xml if own else sound.read(part.filename))
    return out.getvalue()


def laughing_word() -> bytes:
    """Entities that name each other until there are ten to the ninth of them."""
    entities = '<!ENTITY a0 "ha">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)
    )
    return word_with(
        f'<?xml version="1.0"?><!DOCTYPE d [{entities}]>'
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        "<w:body><w:p><w:r><w:t>&a9;</w:t></w:r></w:p></w:body></w:document>".encode()
    )


def swollen_word() -> bytes:
    """A part that unpacks to 200 MB."""
    return word_with(b" " * 200_000_000)


def deep_html() -> bytes:
    """A page of elements within elements within elements."""
    return b"<html><body>" + b"<div>" * 200_000 + b"deep" + b"</div>" * 200_000
