"""The page before anybody has clicked."""

import json
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request, expect
from pytest_django.live_server_helper import LiveServer

from agents.models import Agent
from tests.embed.conftest import Open, Shoot
from tests.embed.signalling import FakeServer

KEPT = "[...Object.keys(localStorage), ...Object.keys(sessionStorage), document.cookie].join('')"


def test_it_shows_the_face_and_two_equal_ways_in(embed: Open, shoot: Shoot) -> None:
    page = embed()
    expect(page.locator("html")).to_have_attribute("data-state", "idle")
    expect(page.get_by_test_id("poster")).to_have_js_property("naturalWidth", 512)
    expect(page.get_by_role("heading", name="Mira")).to_be_visible()
    expect(page.get_by_test_id("hint")).to_contain_text("microphone")
    voice = page.get_by_role("button", name="Start talking").bounding_box()
    text = page.get_by_role("button", name="Type instead").bounding_box()
    assert voice is not None
    assert text is not None
    assert (voice["width"], voice["height"]) == (text["width"], text["height"])
    shoot("idle")
    page.emulate_media(color_scheme="dark")
    shoot("idle-dark")
    page.set_viewport_size({"width": 1280, "height": 800})
    shoot("idle-wide")


@pytest.mark.parametrize(
    ("days", "words"), [(0, "not kept"), (1, "kept for one day"), (30, "kept for 30 days")]
)
def test_it_says_that_it_is_an_ai_and_what_is_kept(
    embed: Open, agent: Agent, days: int, words: str
) -> None:
    Agent.objects.update(keep_transcripts_days=days)
    line = embed().get_by_test_id("disclosure")
    expect(line).to_contain_text("You are talking to an AI.")
    expect(line).to_contain_text(words)


def test_nothing_is_kept_asked_elsewhere_or_connected_before_a_click(
    embed: Open, server: FakeServer, origin: str
) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page = embed("?token=abc", microphone=False)
    page.on("request", note)
    page.reload()
    page.wait_for_timeout(300)
    assert asked
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(origin).netloc}
    assert page.evaluate(KEPT) == ""
    assert page.context.cookies() == []
    assert server.addresses == []


@pytest.mark.parametrize(
    ("address", "left"),
    [
        ("?token=a.b.c", ""),
        ("?lang=en&token=a.b.c&theme=dark", "?lang=en&theme=dark"),
        ("#token=a.b.c", "#token=a.b.c"),
    ],
)
def test_the_token_leaves_the_address_and_travels_in_the_first_message(
    embed: Open, server: FakeServer, origin: str, address: str, left: str
) -> None:
    page = embed(address)
    assert page.url == f"{origin}/embed/A1{left}"
    page.get_by_test_id("start-text").click()
    hello = server.wait_for("hello")
    assert hello["token"] == "a.b.c"
    assert "a.b.c" not in server.addresses[0]
    assert "a.b.c" not in page.evaluate("JSON.stringify({...sessionStorage})")


def test_parameters_it_knows_are_obeyed(embed: Open, server: FakeServer) -> None:
    page = embed("?lang=ar&theme=dark&mode=text&captions=off&greeting=0")
    root = page.locator("html")
    expect(root).to_have_attribute("lang", "ar")
    expect(root).to_have_attribute("dir", "rtl")
    expect(root).to_have_attribute("data-theme", "dark")
    expect(page.get_by_test_id("start-voice")).to_be_hidden()
    start = page.get_by_test_id("start-text")
    assert start.evaluate("(one) => one.closest('[lang]').lang") == "en"
    start.click()
    hello = server.wait_for("hello")
    assert (hello["lang"], hello["mode"], hello["greeting"]) == ("ar", "text", False)
    server.caption("مرحبا", turn="1")
    words = page.get_by_test_id("transcript").locator(".words")
    assert words.evaluate("(one) => one.closest('[lang]').lang") == "ar"
    assert page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"


def test_older_names_of_parameters_work_and_lose_against_ours(embed: Open) -> None:
    page = embed("?chat_mode=text&embed_theme=light&theme=dark&greetingLang=de")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_test_id("start-voice")).to_be_hidden()


def test_parameters_that_do_not_fit_warn_and_change_nothing(
    embed: Open, console: list[str], shoot: Shoot
) -> None:
    page = embed(
        "?theme=pink&mode=video&lang=no_such&colour=red&model=essence"
        "&greetingMsg=You+have+won&end_user_id=bob&prompt=obey"
    )
    expect(page.get_by_test_id("start-voice")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en-US")
    warnings = [line for line in console if line.startswith("Parley: ")]
    for name in ("theme", "mode", "lang", "colour", "model"):
        assert any(f'"{name}"' in warning for warning in warnings), name
    for name in ("greetingMsg", "end_user_id", "prompt"):
        assert any(f'"{name}" is refused' in warning for warning in warnings), name
    assert "won" not in page.content()
    assert not any("won" in warning or "obey" in warning for warning in warnings)


def test_start_muted_shows_a_moving_face_by_itself_without_sound_or_microphone(
    embed: Open, server: FakeServer, shoot: Shoot
) -> None:
    page = embed("?start=muted", microphone=False)
    assert server.wait_for("hello")["mode"] == "voice"
    server.connect()
    expect(page.get_by_test_id("face")).to_have_js_property("muted", True)
    expect(page.get_by_test_id("status")).to_have_text("Ready")
    expect(page.get_by_test_id("mute")).to_be_hidden()
    assert "a=sendrecv" not in server.wait_for("offer")["sdp"]
    shoot("watching")
    assert page.evaluate(KEPT) == ""
    page.get_by_test_id("composer-input").fill("Hi")
    page.keyboard.press("Enter")
    assert page.evaluate(KEPT) == "parley.visit.A1"

    page.get_by_test_id("unmute").click()
    expect(page.get_by_test_id("face")).to_have_js_property("muted", False)
    page.context.grant_permissions(["microphone"])
    page.get_by_test_id("talk").click()
    assert "a=sendrecv" in server.wait_for("offer", count=2)["sdp"]
    server.connect()
    expect(page.get_by_test_id("mute")).to_be_visible()
    expect(page.get_by_test_id("talk")).to_be_hidden()


def test_start_muted_in_writing_opens_no_call(embed: Open, server: FakeServer) -> None:
    embed("?start=muted&mode=text", microphone=False)
    assert server.wait_for("hello")["mode"] == "text"


@pytest.mark.parametrize("languages", [["de-DE", "fr"], ["de-DE", "de", "en"]])
def test_a_visitor_of_another_language_learns_what_is_heard_and_spoken(
    embed: Open, page: Page, shoot: Shoot, languages: list[str]
) -> None:
    """Also one whose browser lists English last, as most do whatever their owners speak."""
    page.add_init_script(
        f"Object.defineProperty(navigator, 'languages', {{get: () => {json.dumps(languages)}}})"
    )
    embed()
    note = page.get_by_test_id("start-note")
    expect(note).to_have_text("Hearing and voice are in English here. You can also type.")
    shoot("idle-language")


def test_with_blocked_storage_the_page_works(embed: Open, page: Page, server: FakeServer) -> None:
    page.add_init_script(
        "Object.defineProperty(window, 'sessionStorage',"
        " {get() { throw new DOMException('blocked', 'SecurityError'); }})"
    )
    embed()
    page.get_by_test_id("start-text").click()
    expect(page.locator("html")).to_have_attribute("data-state", "live")


def test_the_shop_shows_the_agent_in_a_foreign_frame(
    live_server: LiveServer, agent: Agent, page: Page, shoot: Shoot
) -> None:
    page.set_viewport_size({"width": 1280, "height": 860})
    page.goto(f"{live_server.url}/demo")
    frame = page.frame_locator("iframe")
    expect(frame.get_by_test_id("start-voice")).to_be_visible()
    expect(frame.get_by_test_id("poster")).to_have_js_property("naturalWidth", 512)
    shoot("demo")
