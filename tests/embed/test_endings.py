"""Refusals, lost connections and ends: each with its sentence and its way on."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.embed.conftest import Open, Shoot
from tests.embed.signalling import FakeServer


def start(page: Page) -> None:
    page.get_by_test_id("start-text").click()


def pass_time(page: Page, seconds: int) -> None:
    """Second by second, so that sockets get their say between the page's timers."""
    for _ in range(seconds):
        page.clock.run_for(1_000)
        page.wait_for_timeout(15)


def token_of(fingerprint: str) -> str:
    """What the page can read of a token; only a server could check it."""
    claims = json.dumps({"fingerprint": fingerprint}).encode()
    return f"x.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.y"


@pytest.fixture
def chat(embed: Open, server: FakeServer) -> Page:
    page = embed(microphone=False)
    start(page)
    expect(page.locator("html")).to_have_attribute("data-state", "live")
    return page


@pytest.mark.parametrize(
    ("code", "close", "words"),
    [
        ("agent_unavailable", 4404, "not available"),
        ("token_missing", 4401, "invited visitors only"),
        ("token_invalid", 4401, "is not valid"),
        ("token_expired", 4401, "has expired"),
        ("SESSION_LIMIT", 4429, "All places are taken"),
        ("NO_AVAILABLE_WORKERS", 4503, "as many conversations as it can"),
        ("RATE_LIMITED", 4429, "in a short time"),
        ("quota", 4429, "no talking time left"),
        ("shutdown", 4503, "is restarting"),
        ("internal", 4400, "on our side"),
        ("something_new", 4400, "on our side"),
    ],
)
def test_every_refusal_has_its_own_sentence(
    embed: Open, server: FakeServer, code: str, close: int, words: str
) -> None:
    server.on_hello = lambda _: server.refuse(code, close=close)
    page = embed(microphone=False)
    start(page)
    expect(page.locator("html")).to_have_attribute("data-state", "error")
    expect(page.locator("html")).to_have_attribute("data-error", code)
    expect(page.get_by_role("alert")).to_contain_text(words)
    assert len(server.all("hello")) == 1


@pytest.mark.parametrize(
    ("close", "code"),
    [(4401, "token_invalid"), (4404, "agent_unavailable"), (4429, "RATE_LIMITED")],
)
def test_a_close_without_a_word_is_understood(
    embed: Open, server: FakeServer, close: int, code: str
) -> None:
    server.on_hello = lambda _: server.close(close)
    page = embed(microphone=False)
    start(page)
    expect(page.locator("html")).to_have_attribute("data-error", code)


def test_a_full_house_counts_down_and_tries_again(
    embed: Open, page: Page, server: FakeServer, shoot: Shoot
) -> None:
    page.clock.install()
    server.on_hello = lambda _: server.refuse("SESSION_LIMIT", close=4429, retry_after=20)
    embed(microphone=False)
    start(page)
    expect(page.get_by_test_id("error-wait")).to_contain_text("Trying again in 20 s")
    shoot("busy")
    page.clock.run_for(5_000)
    expect(page.get_by_test_id("error-wait")).to_contain_text("Trying again in 15 s")
    server.on_hello = lambda _: server.welcome(mode="text")
    page.clock.run_for(16_000)
    expect(page.locator("html")).to_have_attribute("data-state", "live")


def test_it_does_not_knock_for_ever(embed: Open, page: Page, server: FakeServer) -> None:
    page.clock.install()
    server.on_hello = lambda _: server.refuse("SESSION_LIMIT", close=4429, retry_after=1)
    embed(microphone=False)
    start(page)
    for count in range(1, 7):
        server.wait_for("hello", count=count)
        expect(page.get_by_test_id("error")).to_be_visible()
        page.clock.run_for(1_100)
    page.clock.run_for(60_000)
    assert len(server.all("hello")) == 6
    expect(page.get_by_test_id("error-wait")).to_be_hidden()
    page.get_by_test_id("retry").click()
    server.wait_for("hello", count=7)


def test_a_server_that_cannot_be_reached_is_told_and_can_be_retried(
    embed: Open, page: Page, server: FakeServer
) -> None:
    page.clock.install()
    server.on_hello = lambda _: server.close(1011)
    embed(microphone=False)
    start(page)
    pass_time(page, 30)
    expect(page.locator("html")).to_have_attribute("data-error", "network_lost")
    tries = len(server.all("hello"))
    assert 4 <= tries <= 9
    server.on_hello = lambda _: server.welcome(mode="text")
    page.get_by_test_id("retry").click()
    expect(page.locator("html")).to_have_attribute("data-state", "live")


def test_a_long_outage_keeps_the_transcript_and_the_way_back(
    embed: Open, page: Page, server: FakeServer, shoot: Shoot
) -> None:
    page.clock.install()
    embed(microphone=False)
    start(page)
    expect(page.locator("html")).to_have_attribute("data-state", "live")
    server.caption("Remember me.", turn="1")
    expect(page.get_by_test_id("transcript")).to_contain_text("Remember me.")
    server.on_hello = lambda _: server.close(1011)
    server.close(1011)
    expect(page.locator("html")).to_have_attribute("data-state", "reconnecting")
    expect(page.get_by_test_id("status")).to_have_text("Reconnecting")
    expect(page.get_by_test_id("notices")).to_contain_text("your conversation is kept")
    shoot("reconnecting")
    pass_time(page, 75)
    expect(page.get_by_test_id("error-body")).to_contain_text("kept for a short while")
    server.on_hello = lambda _: server.welcome(mode="text", resumed=True)
    page.get_by_test_id("retry").click()
    expect(page.get_by_test_id("transcript")).to_contain_text("Remember me.")
    assert server.all("hello")[-1]["resume"] == "secret"


def test_an_end_before_the_welcome_reaches_the_server(embed: Open, server: FakeServer) -> None:
    server.on_hello = lambda _: None
    page = embed(microphone=False)
    start(page)
    server.wait_for("hello")
    page.get_by_test_id("cancel").click()
    server.wait_for("end")
    expect(page.locator("html")).to_have_attribute("data-state", "idle")


def test_an_end_while_the_connection_is_gone_reaches_the_server(
    embed: Open, page: Page, server: FakeServer
) -> None:
    """Else the place would be held until the server's patience ends."""
    page.clock.install()
    embed(microphone=False)
    start(page)
    expect(page.locator("html")).to_have_attribute("data-state", "live")
    server.on_hello = lambda _: server.close(1011)
    server.close(1011)
    expect(page.locator("html")).to_have_attribute("data-state", "reconnecting")
    page.get_by_test_id("end").click()
    expect(page.locator("html")).to_have_attribute("data-state", "ended")
    assert not server.all("end")
    server.on_hello = lambda _: server.welcome(mode="text", resumed=True)
    pass_time(page, 20)
    server.wait_for("end")
    last = server.all("hello")[-1]
    assert (last["sid"], last["resume"]) == ("ses_test", "secret")
    hellos = len(server.all("hello"))
    pass_time(page, 20)
    assert (len(server.all("hello")), len(server.all("end"))) == (hellos, 1)
    expect(page.locator("html")).to_have_attribute("data-state", "ended")


def test_a_wrong_process_sends_the_page_on(embed: Open, server: FakeServer) -> None:
    steps: list[Callable[[], None]] = [
        lambda: server.send("moved"),
        lambda: server.welcome(mode="text"),
    ]
    answers = iter(steps)
    server.on_hello = lambda _: next(answers)()
    page = embed(microphone=False)
    start(page)
    expect(page.locator("html")).to_have_attribute("data-state", "live")


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("idle", "quiet for a while"),
        ("max_length", "longest time"),
        ("operator", "operator of this service"),
        ("shutdown", "is restarting"),
        ("error", "on our side"),
        ("unheard_of", "on our side"),
    ],
)
def test_every_end_says_why(chat: Page, server: FakeServer, reason: str, words: str) -> None:
    server.send("state", state="ended", reason=reason)
    server.close(4000)
    expect(chat.locator("html")).to_have_attribute("data-state", "ended")
    expect(chat.get_by_test_id("ended-reason")).to_contain_text(words)
    assert chat.evaluate("sessionStorage.length") == 0
    chat.get_by_test_id("restart").click()
    assert "resume" not in server.wait_for("hello", count=2)


def test_the_transcript_outlives_the_conversation(
    chat: Page, server: FakeServer, shoot: Shoot
) -> None:
    server.caption("Remember me.", turn="1")
    chat.get_by_test_id("end").click()
    chat.get_by_test_id("ended-transcript").click()
    expect(chat.get_by_test_id("transcript")).to_contain_text("Remember me.")
    shoot("ended")
    chat.keyboard.press("Escape")
    expect(chat.get_by_test_id("ended-transcript")).to_be_focused()


@pytest.mark.parametrize("fields", [{"code": "taken_over", "close": 4409}, None])
def test_another_tab_takes_over_and_gives_back(
    chat: Page, server: FakeServer, fields: dict[str, Any] | None, shoot: Shoot
) -> None:
    if fields is None:
        server.close(4409)
    else:
        server.refuse(**fields)
    expect(chat.get_by_test_id("ended-title")).to_have_text("Continued elsewhere")
    shoot("taken-over")
    chat.wait_for_timeout(800)
    assert len(server.all("hello")) == 1
    chat.get_by_test_id("here").click()
    assert server.wait_for("hello", count=2)["resume"] == "secret"


def test_an_operators_end_shows_the_operators_words(chat: Page, server: FakeServer) -> None:
    server.send("state", state="ended", reason="operator", message="The shop closes <now>.")
    expect(chat.get_by_test_id("ended-reason")).to_have_text("The shop closes <now>.")


def test_a_visit_that_an_operator_ended_stays_ended(chat: Page, server: FakeServer) -> None:
    server.on_hello = lambda _: server.refuse("ended_by_operator", close=4000)
    chat.reload()
    expect(chat.locator("html")).to_have_attribute("data-reason", "operator")
    assert chat.evaluate("sessionStorage.length") == 0


def test_a_visit_that_is_over_cannot_be_continued_but_a_new_one_can(
    chat: Page, server: FakeServer
) -> None:
    server.on_hello = lambda _: server.refuse("session_over", close=4000)
    chat.reload()
    expect(chat.get_by_test_id("start-note")).to_contain_text("earlier conversation is over")
    expect(chat.get_by_test_id("start-text")).to_be_visible()
    assert chat.evaluate("sessionStorage.length") == 0


def test_somebody_elses_token_forgets_the_earlier_visit(
    embed: Open, page: Page, server: FakeServer
) -> None:
    ada, bob = token_of("ada"), token_of("bob")
    embed(f"?token={ada}", microphone=False)
    start(page)
    server.wait_for("hello")
    expect(page.locator("html")).to_have_attribute("data-state", "live")
    embed(f"?token={ada}", microphone=False)
    assert server.wait_for("hello", count=2)["resume"] == "secret"
    expect(page.locator("html")).to_have_attribute("data-state", "live")
    embed(f"?token={bob}", microphone=False)
    expect(page.get_by_test_id("start-voice")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0


def test_small_refusals_do_not_end_the_visit(chat: Page, server: FakeServer) -> None:
    server.send("error", code="too_many", message="", fatal=False)
    expect(chat.get_by_test_id("notices")).to_contain_text("a little fast")
    expect(chat.locator("html")).to_have_attribute("data-state", "live")
