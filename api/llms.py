"""The documentation as language models read it: an index, all of it at once, and each page."""

import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

KEPT_S = 3600
PLAIN, MARKDOWN = "text/plain; charset=utf-8", "text/markdown; charset=utf-8"
SUMMARY = (
    "A self-hosted, embeddable talking avatar: one iframe, a real-time lip-synced face, on a CPU."
)
LINK = re.compile(r"\]\((\w+\.md)(#[\w-]+)?\)")
SENTENCES = re.compile(r"^(?!#|\||```|-|<)\S.*(?:\n(?!\n)\S.*)*", re.MULTILINE)


@require_safe
@cache_control(public=True, max_age=KEPT_S)
def index(request: HttpRequest) -> HttpResponse:
    """Every page's title, address and first paragraph."""
    lines = ["# Parley", "", f"> {SUMMARY}", "", "## Docs", ""]
    lines += [
        f"- [{_title(text)}]({_address(path.name)}): {_first_paragraph(text)}"
        for path, text in _pages()
    ]
    lines += ["", "## Optional", ""]
    lines += [
        f"- [OpenAPI of {version}]({settings.PARLEY_PUBLIC_URL}/{version}/openapi.json): "
        "every operation, with its fields and answers"
        for version in ("v1", "v2")
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type=PLAIN)


@require_safe
@cache_control(public=True, max_age=KEPT_S)
def everything(request: HttpRequest) -> HttpResponse:
    """All pages, one after the other."""
    parts = [f"# Parley\n\n> {SUMMARY}\n"]
    parts += [
        f"---\nSource: {_address(path.name)}\n\n{_with_addresses(text)}" for path, text in _pages()
    ]
    return HttpResponse("\n".join(parts), content_type=PLAIN)


@require_safe
@cache_control(public=True, max_age=KEPT_S)
def page(request: HttpRequest, name: str) -> HttpResponse:
    """One page as it is written."""
    for path, text in _pages():
        if path.stem == name:
            return HttpResponse(text, content_type=MARKDOWN)
    raise Http404


def _pages() -> Iterator[tuple[Path, str]]:
    """The pages with their texts: the index first, the others by name."""
    paths = (settings.BASE_DIR / "docs").glob("*.md")
    for path in sorted(paths, key=lambda path: (path.stem != "index", path.stem)):
        yield path, path.read_text(encoding="utf-8")


def _address(name: str) -> str:
    return f"{settings.PARLEY_PUBLIC_URL}/docs/{name}"


def _with_addresses(text: str) -> str:
    return LINK.sub(lambda link: f"]({_address(link[1])}{link[2] or ''})", text)


def _title(text: str) -> str:
    return text.partition("\n")[0].removeprefix("# ")


def _first_paragraph(text: str) -> str:
    found = SENTENCES.search(text)
    return " ".join(found[0].split()) if found else _title(text)
