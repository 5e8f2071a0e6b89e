"""Networks that let nothing through or change in the middle, and servers that go away."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e import speech
from tests.e2e.conftest import Meet, Visitors
from tests.e2e.measured import Measurement
from tests.e2e.parley import Parley
from tests.e2e.pictures import shoot
from tests.e2e.records import read_visit, wait_for_visit
from tests.e2e.relay import SECRET, relay
from tests.e2e.widget import Widget

# Chromium has renamed the flag; each version knows one of the two.
NO_UDP = (
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
)


@pytest.fixture(scope="module")
def hush(sounds: Path) -> Path:
    return speech.write(sounds / "hush.wav", speech.silence(2))


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Callable[..., Parley]]:
    """Starts a server of the test's own, with further settings."""
    started: list[Parley] = []

    def start(**settings: str) -> Parley:
        server = Parley(tmp_path, **settings)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.stop()


def test_blocked_media_leaves_writing_and_says_so(meet: Meet, hush: Path) -> None:
    with meet(*NO_UDP, microphone=hush, loop=True) as visitors:
        widget = visitors.demo()
        clicked_s = time.monotonic()
        widget.at("start-voice").click()
        widget.wait(15, state="live", media="blocked")
        assert time.monotonic() - clicked_s < 10
        assert "Carry on in writing" in widget.wait_for_notice("blocked")
        widget.say("How much is a pot of tea?")
        widget.wait_for_line("assistant", lambda line: "five dollars" in line)
        expect(widget.at("composer-input")).to_be_visible()
        shoot(widget.page, "blocked")


def test_a_network_that_changes_in_the_middle_gets_a_new_call(
    meet: Meet, own: Callable[..., Parley], tmp_path: Path, hush: Path
) -> None:
    with relay(tmp_path) as turn:
        server = own(
            PARLEY_ICE_TRANSPORT="relay", PARLEY_TURN_URLS=turn.url, PARLEY_TURN_SECRET=SECRET
        )
        with meet(microphone=hush, loop=True, server=server) as visitors:
            widget = visitors.demo()
            widget.talk()
            measurement = Measurement(widget)
            calls = widget.evaluate("probe.peers.length")
            turn.freeze()
            frozen_s = time.monotonic()
            widget.wait(media="lost")
            assert time.monotonic() - frozen_s < 5
            assert "Bringing them back" in widget.wait_for_notice("lost")
            turn.thaw()
            widget.wait(20, state="live", media="live")
            assert widget.evaluate("probe.peers.length") > calls
            _, frames = measurement.decoded()
            expect(widget.find('[data-notice="lost"]')).to_have_count(0)
            assert frames > 0
            widget.say("How much is a pot of tea?")
            widget.wait_for_line("assistant", lambda line: "five dollars" in line)


def test_a_server_that_dies_is_waited_for_and_its_visits_are_closed(
    meet: Meet, own: Callable[..., Parley], hush: Path
) -> None:
    server = own()
    with meet(microphone=hush, loop=True, server=server) as visitors:
        widget = visitors.demo()
        visitors.expect_errors("WebSocket connection to .* failed")
        widget.talk()
        widget.say("How much is a pot of tea?")
        widget.wait_for_line("assistant", lambda line: "five dollars" in line)
        sid = widget.sid
        server.kill()
        widget.wait(state="reconnecting")
        assert "Reconnecting" in widget.wait_for_notice("reconnecting")
        assert read_visit(server.database, sid).state == "live"
        server.start()
        assert read_visit(server.database, sid).end_reason == "server_lost"
        widget.wait(30, state="ended")
        expect(widget.at("restart")).to_be_visible()
        widget.at("ended-transcript").click()
        assert widget.lines("user") == ["How much is a pot of tea?"]
        widget.at("restart").click()
        widget.wait(25, state="live", media="live")


def test_a_server_that_stops_tells_its_visitors(
    visitors: Visitors, own: Callable[..., Parley]
) -> None:
    server = own(PARLEY_DRAIN_SECONDS="2")
    context, _ = visitors.person(f"localhost:{server.port}", f"127.0.0.1:{server.port}")
    page = context.new_page()
    page.goto(server.embed_url(server.agent))
    widget = Widget(page, framed=False)
    widget.talk()
    sid = widget.sid
    server.terminate()
    widget.wait(state="ended", reason="shutdown")
    expect(widget.at("ended-reason")).to_contain_text("restarting")
    assert server.wait() == 0
    visit = wait_for_visit(server.database, sid, lambda visit: visit.state == "ended")
    assert visit.end_reason == "shutdown"
