"""The types of files that are taken: their extensions, categories, limits and media types."""

from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath

from files.models import Category

MB = 1_000_000
MAX_BYTES = {
    Category.IMAGE: 10 * MB,
    Category.VIDEO: 100 * MB,
    Category.AUDIO: 50 * MB,
    Category.DOCS: 10 * MB,
}
"""The most that an upload of a category may have."""
LARGEST_BYTES = max(MAX_BYTES.values())
MAX_PIXELS = 50_000_000
"""The most that an image may have; what decodes it needs four bytes for each."""


class Content(Enum):
    """How it is told what a file is."""

    SIGNATURE = "by the bytes that it begins with"
    MOVIE = "by the brand of an ISO media file"
    OFFICE = "by what lies in its zip archive"
    OLE = "by the streams of its compound file"
    TEXT = "by being text"
    SVG = "by its root element"


@dataclass(frozen=True, slots=True)
class Kind:
    """`marks` are what proves it: puremagic's extensions, a brand, a member or a stream."""

    extension: str
    category: Category
    mime_type: str
    content: Content
    marks: frozenset[str]


def _kind(
    extension: str, category: Category, mime_type: str, content: Content, *marks: str
) -> Kind:
    return Kind(extension, category, mime_type, content, frozenset(marks or (extension,)))


_OFFICE = "application/vnd.openxmlformats-officedocument"
_I, _V, _A, _D = Category.IMAGE, Category.VIDEO, Category.AUDIO, Category.DOCS
_SIGN, _MOVIE = Content.SIGNATURE, Content.MOVIE

KINDS = {
    kind.extension: kind
    for kind in (
        _kind("jpg", _I, "image/jpeg", _SIGN),
        _kind("jpeg", _I, "image/jpeg", _SIGN),
        _kind("png", _I, "image/png", _SIGN),
        _kind("gif", _I, "image/gif", _SIGN),
        _kind("webp", _I, "image/webp", _SIGN),
        _kind("bmp", _I, "image/bmp", _SIGN),
        _kind("svg", _I, "image/svg+xml", Content.SVG),
        _kind("mp4", _V, "video/mp4", _MOVIE, "mp4"),
        _kind("avi", _V, "video/x-msvideo", _SIGN),
        _kind("mov", _V, "video/quicktime", _MOVIE, "mov", "mp4"),
        _kind("wmv", _V, "video/x-ms-wmv", _SIGN),
        _kind("flv", _V, "video/x-flv", _SIGN),
        _kind("webm", _V, "video/webm", _SIGN),
        _kind("mkv", _V, "video/x-matroska", _SIGN, "mkv", "webm"),
        _kind("mp3", _A, "audio/mpeg", _SIGN, "mp3", "mpga"),
        _kind("wav", _A, "audio/wav", _SIGN),
        _kind("flac", _A, "audio/flac", _SIGN),
        _kind("aac", _A, "audio/aac", _SIGN),
        _kind("ogg", _A, "audio/ogg", _SIGN, "ogg", "opus"),
        _kind("m4a", _A, "audio/mp4", _MOVIE, "m4a", "mp4"),
        _kind("pdf", _D, "application/pdf", _SIGN),
        _kind("doc", _D, "application/msword", Content.OLE, "WordDocument"),
        _kind(
            "docx",
            _D,
            f"{_OFFICE}.wordprocessingml.document",
            Content.OFFICE,
            "word/document.xml",
        ),
        _kind("txt", _D, "text/plain", Content.TEXT),
        _kind("ppt", _D, "application/vnd.ms-powerpoint", Content.OLE, "PowerPoint Document"),
        _kind(
            "pptx",
            _D,
            f"{_OFFICE}.presentationml.presentation",
            Content.OFFICE,
            "ppt/presentation.xml",
        ),
        _kind("xls", _D, "application/vnd.ms-excel", Content.OLE, "Workbook", "Book"),
        _kind("xlsx", _D, f"{_OFFICE}.spreadsheetml.sheet", Content.OFFICE, "xl/workbook.xml"),
        _kind("csv", _D, "text/csv", Content.TEXT),
    )
}
OWN = {
    "avatar": Kind("avatar", Category.MODELS, "application/zip", _SIGN, frozenset()),
    **KINDS,
}
"""What builders make besides."""


def extension_of(name: str) -> str:
    """The extension of a file's name in lower case, without the dot; '' where there is none."""
    return PurePosixPath(name.replace("\\", "/")).suffix.lower().removeprefix(".")


def of_name(name: str) -> Kind | None:
    """The type that the name's extension says; None where there is none that is taken."""
    return KINDS.get(extension_of(name))


def of_media_type(media_type: str) -> Kind | None:
    """The type of a Content-Type; None where there is none that is taken."""
    bare = media_type.partition(";")[0].strip().lower()
    return next((kind for kind in KINDS.values() if kind.mime_type == bare), None)
