"""A conversation by keyboard."""

import pytest
from playwright.sync_api import Page, expect

from tests.embed.conftest import Open, Shoot
from tests.embed.signalling import FakeServer


@pytest.fixture
def chat(embed: Open, server: FakeServer) -> Page:
    page = embed(microphone=False)
    page.get_by_test_id("start-text").click()
    expect(page.locator("html")).to_have_attribute("data-state", "live")
    return page


def turns(page: Page) -> list[str]:
    return page.get_by_test_id("transcript").locator(".words").all_text_contents()


def test_typed_words_and_answers_become_a_transcript(
    chat: Page, server: FakeServer, shoot: Shoot
) -> None:
    server.caption("Hello, I'm Mira. Ask me about our tea.", turn="g", source="greeting")
    box = chat.get_by_test_id("composer-input")
    expect(box).to_be_focused()
    box.fill("When do you open on Sunday?")
    chat.get_by_test_id("send").click()
    assert server.wait_for("text")["text"] == "When do you open on Sunday?"
    server.caption("When do you open on Sunday?", turn="u1", role="user", source="text")
    server.send("agent", state="speaking")
    server.caption("On Sunday", turn="a1", final=False)
    expect(chat.get_by_test_id("pending")).to_contain_text("On Sunday")
    expect(chat.get_by_test_id("transcript").get_by_role("listitem")).to_have_count(2)
    shoot("text")
    server.caption("On Sunday we are closed.", turn="a1")
    expect(chat.get_by_test_id("transcript").get_by_role("listitem")).to_have_count(3)
    expect(chat.get_by_test_id("pending")).to_be_empty()
    assert turns(chat)[1:] == ["When do you open on Sunday?", "On Sunday we are closed."]
    chat.emulate_media(color_scheme="dark")
    shoot("text-dark")


def test_the_log_is_announced_and_the_growing_turn_is_not(chat: Page, server: FakeServer) -> None:
    log = chat.get_by_role("log", name="Transcript")
    expect(log).to_have_count(1)
    server.caption("Half a sen", turn="a1", final=False)
    expect(chat.get_by_test_id("pending")).to_have_text("MiraHalf a sen")
    expect(log).to_be_empty()
    assert chat.get_by_test_id("pending").evaluate(
        "(one) => one.closest('[role=log], [aria-live]') === null"
    )


def test_script_in_words_stays_words(chat: Page, server: FakeServer) -> None:
    hostile = "<img src=x onerror=\"document.title='owned'\"><b>bold</b>"
    chat.get_by_test_id("composer-input").fill(hostile)
    chat.keyboard.press("Enter")
    server.caption(hostile, turn="a1")
    server.caption(hostile, turn="a2", final=False)
    server.send("warning", code="provider", message=hostile)
    expect(chat.get_by_test_id("notices")).to_contain_text("<b>bold</b>")
    assert turns(chat) == [hostile, hostile]
    assert chat.title() == "Mira – AI assistant"
    assert chat.locator("#transcript b, #pending img, #notices b").count() == 0


def test_enter_sends_shift_enter_breaks_and_an_input_method_keeps_its_enter(
    chat: Page, server: FakeServer
) -> None:
    box = chat.get_by_test_id("composer-input")
    box.press_sequentially("one")
    box.press("Shift+Enter")
    box.press_sequentially("two")
    box.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    assert server.all("text") == []
    box.press("Enter")
    assert server.wait_for("text")["text"] == "one\ntwo"
    expect(box).to_have_value("")
    box.press("Enter")
    assert len(server.all("text")) == 1


def test_equal_words_twice_are_two_turns(chat: Page, server: FakeServer) -> None:
    for number in (1, 2):
        chat.get_by_test_id("composer-input").fill("Hello")
        chat.keyboard.press("Enter")
        server.caption("Hello", turn=f"u{number}", role="user", source="text")
        server.caption("Hello", turn=f"u{number}", role="user", source="text")
    server.caption("Yes?", turn="a1", interrupted=True)
    expect(chat.get_by_test_id("transcript")).to_contain_text("interrupted")
    assert turns(chat) == ["Hello", "Hello", "Yes?"]


def test_an_answer_can_be_stopped(chat: Page, server: FakeServer) -> None:
    server.send("agent", state="speaking")
    stop = chat.get_by_role("button", name="Stop Mira")
    stop.click()
    server.wait_for("interrupt")
    server.send("agent", state="listening")
    expect(stop).to_be_hidden()
    expect(chat.get_by_test_id("send")).to_be_visible()


def test_words_typed_while_the_connection_is_gone_are_sent_after_it(
    chat: Page, server: FakeServer
) -> None:
    server.close(1011)
    expect(chat.locator("html")).to_have_attribute("data-state", "reconnecting")
    chat.get_by_test_id("composer-input").fill("Still there?")
    chat.keyboard.press("Enter")
    assert server.wait_for("text")["text"] == "Still there?"
    second = server.wait_for("hello", count=2)
    assert (second["sid"], second["resume"]) == ("ses_test", "secret")
    assert server.addresses[1].endswith("?sid=ses_test")
    expect(chat.locator("html")).to_have_attribute("data-state", "live")


def test_a_restarted_server_doubles_no_line(chat: Page, server: FakeServer) -> None:
    server.caption("Hello, I'm Mira.", turn="g")
    server.caption("Hi", turn="u1", role="user")
    lines = [
        {"id": "line-1", "role": "assistant", "text": "Hello, I'm Mira.", "interrupted": False},
        {"id": "line-2", "role": "user", "text": "Hi", "interrupted": False},
        {"id": "line-3", "role": "assistant", "text": "Good day.", "interrupted": False},
    ]
    server.on_hello = lambda _: server.welcome(mode="text", resumed=True, transcript=lines)
    server.close(1012)
    expect(chat.get_by_test_id("transcript")).to_contain_text("Good day.")
    assert turns(chat) == ["Hello, I'm Mira.", "Hi", "Good day."]


def test_a_reload_brings_the_conversation_back(chat: Page, server: FakeServer) -> None:
    line = {"id": "1", "role": "assistant", "text": "Earlier words", "interrupted": False}
    server.on_hello = lambda _: server.welcome(mode="text", resumed=True, transcript=[line])
    chat.reload()
    expect(chat.get_by_test_id("transcript")).to_contain_text("Earlier words")
    assert server.wait_for("hello", count=2)["resume"] == "secret"


def test_from_typing_to_talking(chat: Page, server: FakeServer) -> None:
    server.caption("Hello", turn="g")
    chat.context.grant_permissions(["microphone"])
    chat.get_by_role("button", name="Talk instead").click()
    hello = server.wait_for("hello", count=2)
    assert (hello["mode"], hello["sid"]) == ("voice", "ses_test")
    server.connect()
    expect(chat.get_by_test_id("mute")).to_be_visible()
    assert chat.get_by_test_id("transcript").locator("li").count() == 1


def test_talking_that_fails_leaves_the_typed_visit_alone(chat: Page, server: FakeServer) -> None:
    chat.get_by_role("button", name="Talk instead").click()
    expect(chat.get_by_test_id("notices")).to_contain_text("Microphone blocked")
    expect(chat.locator("html")).to_have_attribute("data-state", "live")


def test_the_whole_conversation_by_keyboard(embed: Open, page: Page, server: FakeServer) -> None:
    embed(microphone=False)
    page.keyboard.press("Tab")
    expect(page.get_by_test_id("start-voice")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_test_id("start-text")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("composer-input")).to_be_focused()
    page.keyboard.type("Hello")
    page.keyboard.press("Enter")
    server.wait_for("text")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_test_id("end")).to_be_focused()
    page.keyboard.press("Enter")
    server.wait_for("end")
    expect(page.get_by_test_id("ended-reason")).to_have_text("You ended the conversation.")
    expect(page.get_by_test_id("ended-title")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_test_id("restart")).to_be_focused()
