"""A conversation by voice: what the page does with picture, sound and their loss."""

import pytest
from playwright.sync_api import Page, expect

from tests.embed.conftest import Open, Shoot
from tests.embed.signalling import FakeServer

WORDS = "Hello, I'm Mira, from the Fern and Kettle. Ask me about our opening hours or our menu."


@pytest.fixture
def call(embed: Open, server: FakeServer) -> Page:
    page = embed()
    page.get_by_test_id("start-voice").click()
    server.connect()
    return page


def test_connecting_says_what_happens_and_can_be_cancelled(
    embed: Open, server: FakeServer, shoot: Shoot
) -> None:
    page = embed()
    page.get_by_test_id("start-voice").click()
    expect(page.get_by_test_id("progress")).to_have_text("Mira is coming on screen")
    expect(page.locator("html")).to_have_attribute("data-media", "connecting")
    shoot("connecting")
    page.get_by_test_id("cancel").click()
    server.wait_for("end")
    expect(page.locator("html")).to_have_attribute("data-state", "idle")
    expect(page.get_by_test_id("start-voice")).to_be_focused()


def test_the_face_shows_and_sound_plays_from_the_video(
    call: Page, server: FakeServer, shoot: Shoot
) -> None:
    server.send("agent", state="speaking")
    server.caption(WORDS[:40], turn="g", final=False)
    expect(call.locator("html")).to_have_attribute("data-state", "live")
    expect(call.get_by_role("status").first).to_have_text("Speaking")
    expect(call.get_by_test_id("captions")).to_contain_text(WORDS[:40])
    video = call.get_by_test_id("face")
    expect(video).to_have_js_property("muted", False)
    expect(video).to_have_js_property("paused", False)
    expect(video).to_have_js_property("playsInline", True)
    assert video.evaluate(
        "(one) => one.srcObject.getTracks().map((track) => track.kind).sort()"
    ) == [
        "audio",
        "video",
    ]
    server.wait_for("media", event="first_frame")
    for candidate in server.all("candidate"):
        fields = candidate["candidate"]
        assert fields is None or set(fields) == {"candidate", "sdpMid", "sdpMLineIndex"}
    shoot("live")
    call.emulate_media(color_scheme="dark")
    shoot("live-dark")
    call.set_viewport_size({"width": 1280, "height": 800})
    shoot("live-wide")


@pytest.mark.parametrize(
    ("state", "word"),
    [("listening", "Listening"), ("thinking", "Thinking"), ("speaking", "Speaking")],
)
def test_the_status_is_a_word_and_an_icon(
    call: Page, server: FakeServer, state: str, word: str
) -> None:
    server.send("agent", state=state)
    expect(call.get_by_test_id("status")).to_have_text(word)
    expect(call.locator("#status-icon use")).to_have_attribute("href", f"#i-{state}")
    expect(call.locator("html")).to_have_attribute("data-agent-state", state)


def test_the_microphone_can_be_muted(call: Page, server: FakeServer) -> None:
    mute = call.get_by_role("button", name="Mute microphone")
    mute.click()
    assert server.wait_for("mic", count=2)["muted"] is True
    expect(mute).to_have_attribute("aria-pressed", "true")
    expect(call.get_by_test_id("status")).to_have_text("Muted")
    mute.click()
    assert server.wait_for("mic", count=3)["muted"] is False


def test_sound_comes_first_in_the_order_and_can_be_turned_off(call: Page) -> None:
    call.keyboard.press("Tab")
    speaker = call.get_by_test_id("speaker")
    expect(speaker).to_be_focused()
    call.keyboard.press("Enter")
    expect(call.get_by_test_id("face")).to_have_js_property("muted", True)
    expect(speaker).to_have_attribute("aria-pressed", "true")
    call.keyboard.press("Enter")
    expect(call.get_by_test_id("face")).to_have_js_property("muted", False)


def test_captions_and_transcript(call: Page, server: FakeServer, shoot: Shoot) -> None:
    server.caption(WORDS, turn="g", interrupted=True)
    server.caption("When do you open on Sunday?", turn="u", role="user")
    call.get_by_test_id("captions-toggle").click()
    expect(call.get_by_test_id("captions")).to_be_hidden()
    call.get_by_test_id("captions-toggle").click()
    expect(call.get_by_test_id("captions")).to_be_visible()
    toggle = call.get_by_test_id("transcript-toggle")
    toggle.click()
    expect(toggle).to_have_attribute("aria-expanded", "true")
    expect(call.get_by_test_id("transcript")).to_contain_text("When do you open")
    shoot("transcript")
    call.keyboard.press("Escape")
    expect(call.get_by_test_id("transcript")).to_be_hidden()
    expect(toggle).to_be_focused()
    server.send("agent", state="speaking")
    expect(call.get_by_test_id("interrupt")).to_be_visible()
    call.keyboard.press("Escape")
    server.wait_for("interrupt")


def test_typing_works_beside_the_voice(call: Page, server: FakeServer) -> None:
    call.get_by_test_id("composer-input").fill("Quietly now")
    call.get_by_test_id("send").click()
    assert server.wait_for("text")["text"] == "Quietly now"
    expect(call.get_by_test_id("captions")).to_contain_text("Quietly now")


def test_without_a_first_picture_it_goes_on_in_writing_and_keeps_trying(
    embed: Open, page: Page, server: FakeServer, shoot: Shoot
) -> None:
    page.clock.install()
    embed()
    page.get_by_test_id("start-voice").click()
    server.answer(reachable=False)
    page.clock.run_for(6_100)
    server.wait_for("media", event="blocked")
    root = page.locator("html")
    expect(root).to_have_attribute("data-state", "live")
    expect(root).to_have_attribute("data-media", "blocked")
    expect(page.get_by_test_id("notices")).to_contain_text("we keep trying")
    page.get_by_test_id("composer-input").fill("Can you read me?")
    page.get_by_test_id("send").click()
    server.wait_for("text")
    shoot("blocked")
    page.clock.run_for(2_100)
    page.clock.resume()
    server.connect()
    expect(page.get_by_test_id("notices")).to_be_empty()


def test_media_that_dies_is_renewed_by_a_new_offer(
    call: Page, server: FakeServer, shoot: Shoot
) -> None:
    server.cut_media()
    server.wait_for("media", event="lost")
    expect(call.locator("html")).to_have_attribute("data-media", "lost")
    expect(call.locator("html")).to_have_attribute("data-state", "live")
    expect(call.get_by_test_id("notices")).to_contain_text("Bringing them back")
    shoot("media-lost")
    server.connect()


def test_a_stuck_picture_gives_way_to_the_still_one(call: Page, server: FakeServer) -> None:
    call.evaluate("clearInterval(window.farEnd.painting)")
    expect(call.get_by_test_id("notices")).to_contain_text("The picture is stuck", timeout=8_000)
    expect(call.get_by_test_id("face")).to_have_css("opacity", "0")
    expect(call.locator("html")).to_have_attribute("data-media", "live")


def test_a_late_answer_to_a_given_up_offer_changes_nothing(
    embed: Open, page: Page, server: FakeServer
) -> None:
    page.clock.install()
    embed()
    page.get_by_test_id("start-voice").click()
    server.wait_for("offer")
    page.clock.run_for(8_500)
    server.wait_for("offer", count=2)
    server.send("answer", sdp="v=0 nonsense")
    page.clock.resume()
    server.answer(count=2)
    server.connect()
    assert len(server.all("offer")) == 2


def test_a_lost_answer_costs_one_more_try(embed: Open, page: Page, server: FakeServer) -> None:
    page.clock.install()
    embed()
    page.get_by_test_id("start-voice").click()
    server.wait_for("offer")
    page.clock.run_for(8_500)
    server.answer(count=2)
    page.clock.run_for(11_000)
    page.clock.resume()
    server.connect()


def test_a_dropped_socket_leaves_a_living_call_alone(call: Page, server: FakeServer) -> None:
    offers = len(server.all("offer"))
    server.close(1011)
    server.wait_for("hello", count=2)
    expect(call.locator("html")).to_have_attribute("data-state", "live")
    call.wait_for_timeout(300)
    expect(call.locator("html")).to_have_attribute("data-media", "live")
    assert len(server.all("offer")) == offers


def test_blocked_sound_is_one_tap_away(embed: Open, page: Page, server: FakeServer) -> None:
    page.add_init_script(
        "const play = HTMLMediaElement.prototype.play; let tapped = false;"
        "addEventListener('click', (event) => tapped = !!event.target.closest('#unmute'), true);"
        "HTMLMediaElement.prototype.play = function () {"
        " return this.muted || tapped ? play.call(this)"
        " : Promise.reject(new DOMException('no gesture', 'NotAllowedError')); }"
    )
    embed()
    page.get_by_test_id("start-voice").click()
    server.connect()
    page.get_by_role("button", name="Tap to hear Mira").click()
    expect(page.get_by_test_id("unmute")).to_be_hidden()
    expect(page.get_by_test_id("face")).to_have_js_property("muted", False)


def test_an_idle_visitor_is_asked_and_can_stay(
    call: Page, server: FakeServer, shoot: Shoot
) -> None:
    server.send("warning", code="idle", message="", seconds=60)
    expect(call.get_by_test_id("notices")).to_contain_text("Still there?")
    shoot("idle-warning")
    call.get_by_test_id("stay").click()
    server.wait_for("stay")
    expect(call.get_by_test_id("notices")).to_be_empty()


def test_a_deaf_or_voiceless_agent_says_so(embed: Open, page: Page, server: FakeServer) -> None:
    server.on_hello = lambda hello: server.welcome(mode="voice", hears=False, speaks=False)
    embed()
    page.get_by_test_id("start-voice").click()
    expect(page.get_by_test_id("notices")).to_contain_text("cannot hear")
    expect(page.get_by_test_id("notices")).to_contain_text("no voice")


def test_a_reload_continues_with_one_click(call: Page, server: FakeServer, shoot: Shoot) -> None:
    line = {"id": "1", "role": "user", "text": "Earlier words", "interrupted": False}
    server.on_hello = lambda _: server.welcome(mode="voice", resumed=True, transcript=[line])
    call.reload()
    shoot("continue")
    call.get_by_test_id("continue").click()
    hello = server.wait_for("hello", count=2)
    assert (hello["sid"], hello["resume"], hello["mode"]) == ("ses_test", "secret", "voice")
    server.connect()
    call.get_by_test_id("transcript-toggle").click()
    expect(call.get_by_test_id("transcript")).to_contain_text("Earlier words")
