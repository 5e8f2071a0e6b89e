"""Real Chromium with a microphone of our choice, and a watch over what it says and asks for."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Playwright, Request

EXECUTABLE = "/usr/bin/chromium"
PROBE = Path(__file__).with_name("probe.js")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # In place of Playwright's own list, which switches off the partitioned storage that frames
    # on other people's sites have in every ordinary browser.
    "--disable-features=MediaRouter,OptimizationHints,Translate",
)
ASKS_NOBODY = "--use-fake-ui-for-media-stream"
HAS_DEVICE = "--use-fake-device-for-media-stream"


@contextmanager
def chromium(
    playwright: Playwright, *flags: str, microphone: Path | None = None, loop: bool = False
) -> Iterator[Browser]:
    """A browser whose microphone plays `microphone` from the moment that a page opens it.

    Without a file there is no device, and unless `flags` say so nobody grants one either.
    """
    if microphone is not None:
        tail = "" if loop else "%noloop"
        flags = (HAS_DEVICE, f"--use-file-for-fake-audio-capture={microphone}{tail}", *flags)
    browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=[*QUIET, *flags])
    try:
        yield browser
    finally:
        browser.close()


@dataclass
class Watch:
    """Collects what no page of ours may do: complain in the console, or ask anybody else.

    `expected` are patterns of console errors that a test brings about on purpose.
    """

    hosts: set[str]
    expected: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self.errors.append(f"uncaught {error.error}"))
        context.on("request", self._on_request)
        context.on("page", lambda page: page.on("websocket", lambda ws: self._note(ws.url)))

    @property
    def unexpected(self) -> list[str]:
        return [
            error
            for error in self.errors
            if not any(re.search(pattern, error) for pattern in self.expected)
        ]

    def _on_console(self, message: ConsoleMessage) -> None:
        text = f"{message.text} ({message.location.get('url', '')})"
        if message.type == "error":
            self.errors.append(text)
        elif message.type == "warning":
            self.warnings.append(text)

    def _on_request(self, request: Request) -> None:
        self._note(request.url)

    def _note(self, url: str) -> None:
        self.addresses.append(url)
        parts = urlsplit(url)
        if parts.scheme not in {"data", "blob"} and parts.netloc not in self.hosts:
            self.strangers.append(url)


@contextmanager
def visitor(
    browser: Browser, hosts: set[str], *, granted: bool = True, locale: str = "en-GB"
) -> Iterator[tuple[BrowserContext, Watch]]:
    """One person's browser profile, empty at first, whose pages carry the probe."""
    context = browser.new_context(
        locale=locale,
        viewport={"width": 1000, "height": 900},
        permissions=["microphone"] if granted else [],
    )
    watch = Watch(hosts)
    watch.over(context)
    context.add_init_script(path=PROBE)
    try:
        yield context, watch
    finally:
        context.close()
