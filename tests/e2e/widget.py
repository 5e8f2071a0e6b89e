"""The widget as a visitor handles it: by what is on the screen, through a frame or alone."""

import json
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import FrameLocator, Locator, Page

SOON_S = 10.0
CALL_WITHIN_S = 25.0
REPLY_WITHIN_S = 30.0


class Widget:
    """The embed page inside a host page (`framed`) or as the page itself."""

    def __init__(self, page: Page, *, framed: bool = True) -> None:
        self.page = page
        self._inside: Page | FrameLocator = page.frame_locator("iframe") if framed else page

    def at(self, testid: str) -> Locator:
        return self._inside.get_by_test_id(testid)

    def find(self, selector: str) -> Locator:
        return self._inside.locator(selector)

    def evaluate(self, script: str, argument: object = None) -> Any:
        return self.find("html").evaluate(f"(_, argument) => {script}", argument)

    # What the visitor does

    def talk(self) -> None:
        """Start talking and wait for the picture."""
        self.at("start-voice").click()
        self.wait(CALL_WITHIN_S, state="live", media="live")

    def type_instead(self) -> None:
        """Start in writing."""
        self.at("start-text").click()
        self.wait(state="live")

    def say(self, words: str) -> None:
        self.at("composer-input").fill(words)
        self.at("composer-input").press("Enter")

    def end(self) -> None:
        self.at("end").click()
        self.wait(state="ended")

    # What the visitor sees

    def wait(self, within_s: float = SOON_S, /, **data: str) -> None:
        """Wait until the page is in a state, by the `data-` attributes of its root."""
        marks = "".join(f'[data-{name.replace("_", "-")}="{data[name]}"]' for name in data)
        self.find(f"html{marks}").wait_for(state="attached", timeout=within_s * 1000)

    def wait_for_notice(self, name: str, within_s: float = SOON_S) -> str:
        notice = self.find(f'[data-notice="{name}"]')
        notice.wait_for(timeout=within_s * 1000)
        return notice.inner_text()

    def refusal(self, within_s: float = SOON_S) -> tuple[str, str]:
        """The code and the sentences of the error card."""
        self.wait(within_s, state="error")
        code: str = self.evaluate("document.documentElement.dataset.error")
        return code, f"{self.at('error-title').inner_text()} {self.at('error-body').inner_text()}"

    def lines(self, role: str) -> list[str]:
        """The finished turns of "user" or "assistant" in the transcript."""
        return self.find(f"#transcript .{role} .words").all_text_contents()

    def wait_for_line(
        self, role: str, meets: Callable[[str], bool], within_s: float = REPLY_WITHIN_S
    ) -> str:
        """The first finished turn of one side that meets a condition.

        Raises:
            AssertionError: none came in time; it shows those that did.
        """
        deadline_s = time.monotonic() + within_s
        while time.monotonic() < deadline_s:
            for line in self.lines(role):
                if meets(line):
                    return line
            self.page.wait_for_timeout(100)
        raise AssertionError(f"no such line from {role} among {self.lines(role)}")

    @property
    def kept(self) -> dict[str, str]:
        """What the frame keeps for a reload: sid, resume secret, mode."""
        raw = self.evaluate(
            "Object.entries(sessionStorage).find(([key]) => key.startsWith('parley.visit'))?.[1]"
        )
        found: dict[str, str] = json.loads(raw) if raw else {}
        return found

    @property
    def sid(self) -> str:
        return self.kept["sid"]
