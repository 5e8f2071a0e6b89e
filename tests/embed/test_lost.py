"""What a bad network, a quick hand or a second frame must not take from a visitor."""

import json
import re
import time

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect
from pytest_django.live_server_helper import LiveServer

from agents.models import Agent
from tests.embed.conftest import Open
from tests.embed.signalling import FakeServer

SLOW_MICROPHONE = """
window.opened = [];
const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await real(wanted);
  await new Promise((resolve) => setTimeout(resolve, 500));
  window.opened.push(stream);
  return stream;
};
"""
MICROPHONES = "window.opened.map((one) => one.getAudioTracks()[0].readyState)"


@pytest.fixture
def chat(embed: Open) -> Page:
    page = embed(microphone=False)
    page.get_by_test_id("start-text").click()
    expect(page.locator("html")).to_have_attribute("data-state", "live")
    return page


def until(page: Page, expression: str, value: object) -> None:
    """Wait until a script has this value; the page's policy forbids Playwright's own way."""
    deadline_s = time.monotonic() + 20
    while (found := page.evaluate(expression)) != value:
        assert time.monotonic() < deadline_s, found
        page.wait_for_timeout(20)


def type_words(page: Page, words: str) -> None:
    page.get_by_test_id("composer-input").fill(words)
    page.keyboard.press("Enter")


def test_words_that_a_dead_connection_took_are_sent_again(chat: Page, server: FakeServer) -> None:
    type_words(chat, "Heard")
    server.caption("Heard", turn="u1", role="user", source="text")
    type_words(chat, "Lost on the way")
    lost = server.wait_for("text", text="Lost on the way")
    heard = {"id": "u1", "role": "user", "text": "Heard", "interrupted": False}
    server.on_hello = lambda _: server.welcome(mode="text", resumed=True, transcript=[heard])
    server.close(1011)
    assert server.wait_for("text", text="Lost on the way", count=2) == lost
    server.caption("Lost on the way", turn=lost["id"], role="user", source="text")
    server.close(1011)
    server.wait_for("hello", count=3)
    type_words(chat, "And then")
    server.wait_for("text", text="And then")
    texts = [one["text"] for one in server.all("text")]
    assert texts == ["Heard", "Lost on the way", "Lost on the way", "And then"]
    assert chat.get_by_test_id("transcript").get_by_role("listitem").count() == 3


def test_words_typed_before_the_page_gave_up_go_with_the_next_try(
    page: Page, chat: Page, server: FakeServer
) -> None:
    welcome = server.on_hello
    server.on_hello = lambda _: server.refuse("NO_AVAILABLE_WORKERS", close=4503)
    server.close(1011)
    type_words(chat, "Where is my order?")
    expect(chat.locator("html")).to_have_attribute("data-state", "error")
    assert not server.all("text")
    server.on_hello = welcome
    chat.get_by_test_id("retry").click()
    server.wait_for("text", text="Where is my order?")


def test_words_that_are_too_many_stay_in_the_box(chat: Page, server: FakeServer) -> None:
    for number in range(20):
        type_words(chat, f"Question {number}")
    type_words(chat, "One more")
    expect(chat.get_by_test_id("composer-input")).to_have_value("One more")
    expect(chat.get_by_test_id("notices")).to_contain_text("send it again")
    server.caption("Question 0", turn="u0", role="user", source="text")
    chat.keyboard.press("Enter")
    server.wait_for("text", text="One more")
    expect(chat.get_by_test_id("composer-input")).to_have_value("")


def test_timers_that_come_once_a_minute_are_no_outage(
    page: Page, embed: Open, server: FakeServer
) -> None:
    page.clock.install()
    embed(microphone=False)
    page.get_by_test_id("start-text").click()
    expect(page.locator("html")).to_have_attribute("data-state", "live")
    for minute in range(1, 5):
        page.clock.fast_forward(60_000)
        server.wait_for("ping", count=minute)
    assert page.locator("html").get_attribute("data-state") == "live"
    assert len(server.all("hello")) == 1


def test_a_server_that_answers_no_ping_is_left(page: Page, embed: Open, server: FakeServer) -> None:
    page.clock.install()
    embed(microphone=False)
    page.get_by_test_id("start-text").click()
    expect(page.locator("html")).to_have_attribute("data-state", "live")
    server.send = lambda kind, **fields: None  # type: ignore[method-assign] # it hears, and is mute
    for _ in range(4):
        page.clock.run_for(10_000)
    expect(page.locator("html")).to_have_attribute("data-state", "reconnecting")


def test_the_next_call_shows_its_face_whatever_became_of_the_last(
    embed: Open, server: FakeServer
) -> None:
    page = embed()
    page.get_by_test_id("start-voice").click()
    server.connect()
    offers = len(server.all("offer"))
    page.evaluate(
        "window.farEnd.getSenders().find((one) => one.track?.kind === 'video').replaceTrack(null)"
    )
    expect(page.get_by_test_id("notices")).to_contain_text("stuck")
    server.cut_media()
    server.wait_for("media", event="lost")
    server.wait_for("offer", count=offers + 1)
    server.connect()
    expect(page.locator("html")).to_have_class(re.compile("showing"))
    expect(page.get_by_test_id("notices")).to_be_empty()


def test_a_microphone_that_comes_after_the_end_is_closed(
    page: Page, embed: Open, server: FakeServer
) -> None:
    page.add_init_script(SLOW_MICROPHONE)
    embed()
    page.get_by_test_id("start-voice").click()
    server.connect()
    page.evaluate(
        "window.opened[0].getAudioTracks()[0].dispatchEvent(new Event('ended'))"
    )  # as when its device is unplugged
    page.get_by_test_id("end").click()
    until(page, MICROPHONES, ["ended", "ended"])


def test_a_double_click_on_talk_asks_once(page: Page, embed: Open, server: FakeServer) -> None:
    page.add_init_script(SLOW_MICROPHONE)
    embed("?start=muted")
    server.connect()
    offers = len(server.all("offer"))
    page.get_by_test_id("talk").dblclick()
    assert "a=sendrecv" in server.wait_for("offer", count=offers + 1)["sdp"]
    server.answer(count=offers + 1)
    expect(page.get_by_test_id("mute")).to_be_visible()
    assert page.evaluate(MICROPHONES) == ["live"]
    assert len(server.all("hello")) == 1
    assert not server.all("media")[1:] or server.all("media")[-1]["event"] == "first_frame"


def test_the_microphone_is_not_asked_for_while_nobody_is_there(
    page: Page, embed: Open, server: FakeServer
) -> None:
    page.add_init_script(SLOW_MICROPHONE)
    embed("?start=muted")
    server.connect()
    page.get_by_test_id("talk").click()  # the connection drops while the browser asks
    server.on_hello = lambda _: None
    server.close(1011)
    expect(page.locator("html")).to_have_attribute("data-state", "reconnecting")
    expect(page.get_by_test_id("talk")).to_be_disabled()
    until(page, MICROPHONES, ["ended"])
    server.on_hello = lambda hello: server.welcome(mode=hello["mode"], resumed=True)
    server.close(1011)
    expect(page.locator("html")).to_have_attribute("data-state", "live")
    expect(page.get_by_test_id("talk")).to_be_enabled()
    expect(page.get_by_test_id("mute")).to_be_hidden()
    expect(page.get_by_test_id("status")).not_to_have_text("Listening")


def test_talking_instead_to_a_server_out_of_reach_says_so(embed: Open, server: FakeServer) -> None:
    page = embed()
    page.get_by_test_id("start-text").click()
    expect(page.locator("html")).to_have_attribute("data-state", "live")
    server.on_hello = lambda _: server.close(1011)
    page.get_by_test_id("talk").click()
    expect(page.locator("html")).to_have_attribute("data-state", "reconnecting")


def test_a_screen_reader_is_told_what_nobody_hears(embed: Open, server: FakeServer) -> None:
    page = embed("?start=muted", microphone=False)
    server.connect()
    announced = page.get_by_test_id("announced")
    expect(announced).to_have_role("log")
    type_words(page, "When do you open?")
    server.caption("When do you open?", turn="u", role="user", source="text")
    server.caption("At", turn="a", final=False)
    server.caption("At eight.", turn="a")
    expect(announced).to_have_text("At eight.")
    page.get_by_test_id("transcript-toggle").click()
    server.caption("Until ten.", turn="b")  # the open transcript says it by itself
    expect(page.get_by_test_id("transcript")).to_contain_text("Until ten.")
    assert announced.inner_text() == "At eight."


def test_an_agent_without_a_voice_is_always_captioned(embed: Open, server: FakeServer) -> None:
    server.on_hello = lambda hello: server.welcome(mode=hello["mode"], speaks=False)
    page = embed("?captions=off")
    page.get_by_test_id("start-voice").click()
    server.connect()
    server.caption("We open at eight.", turn="a")
    expect(page.get_by_test_id("captions")).to_contain_text("We open at eight.")
    expect(page.get_by_test_id("announced")).to_have_text("We open at eight.")


def test_the_agents_words_are_marked_with_its_language(chat: Page, server: FakeServer) -> None:
    chat.evaluate("document.documentElement.lang = 'ar'")
    server.caption("Hello, I'm Mira.", turn="a")
    server.caption("مرحبا", turn="u", role="user")
    words = chat.get_by_test_id("transcript").locator(".words")
    expect(words).to_have_count(2)
    assert [one.get_attribute("lang") for one in words.all()] == ["en", "ar"]


def test_two_frames_of_one_agent_keep_a_visit_each(
    page: Page, agent: Agent, origin: str, live_server: LiveServer
) -> None:
    hellos: list[dict[str, str]] = []

    def accept(socket: WebSocketRoute) -> None:
        def receive(data: str | bytes) -> None:
            message = json.loads(data)
            if message["type"] != "hello":
                return
            hellos.append(message)
            sid = message.get("sid", f"ses_{len(hellos)}")
            welcome = {"sid": sid, "resume": sid, "mode": "text", "resumed": "sid" in message}
            rest = {"transcript": [], "hears": True, "speaks": True, "keep_days": 30}
            socket.send(json.dumps({"type": "welcome", **welcome, **rest}))

        socket.on_message(receive)

    page.route_web_socket(re.compile("/ws/embed/"), accept)
    frames = "".join(f'<iframe id={name} src="{origin}/embed/A1"></iframe>' for name in "ab")
    page.route("**/host", lambda route: route.fulfill(content_type="text/html", body=frames))
    page.goto(f"{live_server.url}/host")
    first, second = page.frame_locator("#a"), page.frame_locator("#b")
    for frame in (first, second):
        frame.get_by_test_id("start-text").click()
        expect(frame.locator("html")).to_have_attribute("data-state", "live")
    page.reload()
    for frame in (first, second):
        expect(frame.locator("html")).to_have_attribute("data-state", "live")
    assert [one.get("sid") for one in hellos[:2]] == [None, None]
    assert {one.get("sid") for one in hellos[2:]} == {"ses_1", "ses_2"}
    second.get_by_test_id("end").click()
    expect(second.locator("html")).to_have_attribute("data-state", "ended")
    page.reload()

    def states() -> set[str | None]:
        return {one.locator("html").get_attribute("data-state") for one in (first, second)}

    deadline_s = time.monotonic() + 20
    while states() != {"idle", "live"}:
        assert time.monotonic() < deadline_s, states()
        page.wait_for_timeout(50)
    assert len(hellos) == 5
