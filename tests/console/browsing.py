"""A real browser that is signed in to the console."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from tests.e2e.chromium import EXECUTABLE, QUIET


@contextmanager
def launched() -> Iterator[Browser]:
    # Playwright's loop runs in this thread, where Django then suspects asynchronous code.
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=[*QUIET])
            yield browser
            browser.close()


@contextmanager
def signed_in(browser: Browser, address: str, name: str, **options: Any) -> Iterator[Page]:
    """The page at `address`; what it complains of or asks elsewhere fails the test."""
    context = browser.new_context(**options)
    page = context.new_page()
    broken: list[str] = []
    site = "/".join(address.split("/")[:3])
    page.on("pageerror", lambda error: broken.append(error.stack or str(error)))
    page.on("console", lambda said: broken.append(said.text) if said.type == "error" else None)
    page.on(
        "request",
        lambda asked: None if asked.url.startswith(f"{site}/") else broken.append(asked.url),
    )
    page.goto(address)
    page.fill("#id_username", name)
    page.fill("#id_password", name)
    page.press("#id_password", "Enter")
    page.wait_for_url(address)
    yield page
    assert not broken, broken
    context.close()


def drop(page: Page, on: Locator, *files: Path) -> None:
    """Drag files from outside of the browser onto something, and let go."""
    on.scroll_into_view_if_needed()
    box = on.bounding_box()
    assert box is not None
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    data = {"items": [], "files": [str(file) for file in files], "dragOperationsMask": 1}
    session = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, **place, "data": data})
    session.detach()
