"""The documentation as language models read it."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

PAGES = sorted(path.name for path in (Path(settings.BASE_DIR) / "docs").glob("*.md"))


def test_the_index_names_every_page_and_its_links_work(client: Client) -> None:
    answer = client.get("/llms.txt")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "max-age" in answer.headers["Cache-Control"]
    text = answer.content.decode()
    assert text.startswith("# Parley\n\n> ")
    links = re.findall(r"^- \[.+\]\((\S+)\): .+$", text, re.MULTILINE)
    paths = [link.removeprefix(settings.PARLEY_PUBLIC_URL) for link in links]
    assert {path.removeprefix("/docs/") for path in paths[:-2]} == set(PAGES)
    for path in paths:
        assert client.get(path).status_code == 200, path


def test_all_of_it_is_there_at_once(client: Client) -> None:
    text = client.get("/llms-full.txt").content.decode()
    for name in PAGES:
        page = client.get(f"/docs/{name}")
        assert page.headers["Content-Type"] == "text/markdown; charset=utf-8"
        assert page.content == (Path(settings.BASE_DIR) / "docs" / name).read_bytes()
        assert page.content.decode().splitlines()[-1] in text or name == "index.md"
        assert f"Source: {settings.PARLEY_PUBLIC_URL}/docs/{name}\n" in text
    assert not re.search(r"\]\(\w+\.md", text), "a link that leads nowhere from here"


@pytest.mark.parametrize("path", ["/docs/nothing.md", "/docs/..%2fREADME.md", "/docs/index"])
def test_nothing_else_is_served(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404
    assert client.post("/llms.txt").status_code == 405
