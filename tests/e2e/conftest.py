"""The whole of Parley as a visitor meets it: a served Parley, real Chromium, sound and picture.

One server and one Playwright serve the folder; a test that needs other settings or another
microphone starts its own.
"""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from tests.e2e import agents, speech
from tests.e2e.chromium import Watch, chromium, visitor
from tests.e2e.parley import Parley
from tests.e2e.widget import Widget
from tests.served import ROOT
from voice.errors import SynthesisError


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show beside a failure what the server printed last."""
    report = yield
    server = getattr(item, "funcargs", {}).get("parley")
    if report.failed and isinstance(server, Parley):
        report.sections.append(("Parley's log", server.log[-4000:]))
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    folder = Path(__file__).parent
    for item in items:
        if folder in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(autouse=True)
def no_slow_callbacks() -> None:
    """The loop of these tests is Playwright's: the test's own code runs inside its callbacks."""


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    # Not for the whole run: while it is started, no asynchronous test can have a loop here.
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def parley(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parley]:
    server = Parley(tmp_path_factory.mktemp("parley"))
    server.start()
    server.make_agents(agents.ALL)
    yield server
    server.stop()


@pytest.fixture(scope="package")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sounds")


@dataclass
class Visitors:
    """Opens pages for people with a profile of their own, in one browser."""

    browser: Browser
    parley: Parley
    stack: ExitStack

    def __post_init__(self) -> None:
        self.watches: list[Watch] = []

    def person(
        self, *hosts: str, granted: bool = True, locale: str = "en-GB"
    ) -> tuple[BrowserContext, Watch]:
        own = {f"localhost:{self.parley.port}", f"127.0.0.1:{self.parley.port}"}
        context, watch = self.stack.enter_context(
            visitor(self.browser, own | set(hosts), granted=granted, locale=locale)
        )
        self.watches.append(watch)
        return context, watch

    def demo(self, code: str = "", *, context: BrowserContext | None = None) -> Widget:
        """The demo page with an agent, the first one by default."""
        page = self.page(context)
        page.goto(f"{self.parley.host_url}/demo" + (f"?agent={code}" if code else ""))
        return Widget(page)

    def alone(self, address: str, *, context: BrowserContext | None = None) -> Widget:
        """A page of the frame's origin without a host page around it."""
        page = self.page(context)
        page.goto(self.parley.frame_url + address)
        return Widget(page, framed=False)

    def page(self, context: BrowserContext | None = None) -> Page:
        return (context or self.person()[0]).new_page()

    def expect_errors(self, *patterns: str) -> None:
        """Name the console errors that a test brings about on purpose."""
        for watch in self.watches:
            watch.expected.extend(patterns)

    def check(self) -> None:
        for watch in self.watches:
            assert not watch.unexpected, "console errors"
            assert not watch.strangers, "requests to strangers"


Meet = Callable[..., AbstractContextManager[Visitors]]


@pytest.fixture(scope="package")
def meet(playwright: Playwright, parley: Parley) -> Meet:
    """Visitors in a browser of their own; see `chromium` for its arguments."""

    @contextmanager
    def meeting(
        *flags: str, microphone: Path | None = None, loop: bool = False, server: Parley = parley
    ) -> Iterator[Visitors]:
        with (
            chromium(playwright, *flags, microphone=microphone, loop=loop) as browser,
            ExitStack() as stack,
        ):
            visitors = Visitors(browser, server, stack)
            yield visitors
            visitors.check()

    return meeting


@pytest.fixture(scope="package")
def quiet_browser(playwright: Playwright, sounds: Path) -> Iterator[Browser]:
    """A browser whose microphone hears nothing."""
    file = speech.write(sounds / "quiet.wav", speech.silence(2))
    with chromium(playwright, microphone=file, loop=True) as browser:
        yield browser


@pytest.fixture
def visitors(quiet_browser: Browser, parley: Parley) -> Iterator[Visitors]:
    """People who say nothing: they type, click and watch."""
    with ExitStack() as stack:
        visitors = Visitors(quiet_browser, parley, stack)
        yield visitors
        visitors.check()


@pytest.fixture(scope="package")
def question(sounds: Path) -> Path:
    """Somebody asks for the opening hours, two seconds after the microphone opens."""
    return speech.write(
        sounds / "question.wav",
        speech.silence(2),
        say("what are your opening hours"),
        speech.silence(6),
    )


def say(words: str) -> speech.Samples:
    try:
        return speech.spoken(words)
    except SynthesisError as missing:
        pytest.skip(f"nobody can ask aloud: {missing}")


@pytest.fixture(scope="session")
def human() -> Path:
    """The folder of human recordings, which is no part of the repository."""
    folder = Path(os.environ.get("HUMAN", ROOT.parent / "shared" / "data" / "human"))
    if not folder.is_dir():
        pytest.skip(f"no human recordings in {folder}; the variable HUMAN names their folder")
    return folder
