"""A browser for the embed page, against Django's live server and a played signalling server."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from agents.models import Agent
from tests.embed.signalling import FakeServer
from tests.factories import make_tenant

SCREENSHOTS = Path(__file__).parents[2] / "artifacts" / "screenshots"
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Host pages are played by the test, without an address that could pass for local.
    "--disable-features=LocalNetworkAccessChecks",
    "--use-fake-device-for-media-stream",
]

PATIENCE_MS = 30_000

Shoot = Callable[[str], None]
Open = Callable[..., Page]


@pytest.fixture(autouse=True)
def no_slow_callbacks() -> None:
    """The loop of these tests is Playwright's: the test's own code runs inside its callbacks."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Playwright's loop runs in this thread, where Django then suspects asynchronous code.
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        with sync_playwright() as playwright:
            expect.set_options(timeout=PATIENCE_MS)
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
            yield browser
            browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 400, "height": 700}, locale="en-US")
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def agent(browser: Browser, transactional_db: None) -> Agent:
    return make_tenant(code="A1").agent


@pytest.fixture
def origin(live_server: LiveServer) -> str:
    """Where the frame is served; the host pages of tests are on `localhost`."""
    return live_server.url.replace("localhost", "127.0.0.1")


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def server(page: Page) -> FakeServer:
    return FakeServer(page)


@pytest.fixture
def console(page: Page) -> list[str]:
    """What the page writes to the console, in order."""
    lines: list[str] = []
    page.on("console", lambda message: lines.append(message.text))
    page.on("pageerror", lambda error: lines.append(f"pageerror: {error}"))
    return lines


@pytest.fixture
def embed(
    page: Page, server: FakeServer, agent: Agent, origin: str, console: list[str]
) -> Iterator[Open]:
    """Opens the embed page with a query; the test fails on a script error or a CSP violation."""

    def opened(query: str = "", *, microphone: bool = True) -> Page:
        if microphone:
            page.context.grant_permissions(["microphone"])
        page.goto(f"{origin}/embed/{agent.code}{query}")
        return page

    yield opened
    broken = [line for line in console if "pageerror" in line or "Content Security" in line]
    assert not broken


@pytest.fixture
def shoot(page: Page) -> Shoot:
    """Keeps a picture of the page for people to look at."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)

    def take(name: str) -> None:
        page.screenshot(path=SCREENSHOTS / f"embed-{name}.png")

    return take
