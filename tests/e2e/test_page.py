"""The page in the frame before and around a visit: what it shows, asks for and refuses."""

import http.client

import httpx
import pytest
from playwright.sync_api import expect

from tests.e2e import agents
from tests.e2e.conftest import Visitors
from tests.e2e.hosts import site
from tests.e2e.parley import Parley
from tests.e2e.pictures import shoot
from tests.e2e.widget import Widget

HOSTED_IFRAME = (
    '<iframe src="{base}/embed/{code}" allow="microphone *; camera *; autoplay *"'
    ' width="400" height="700" frameborder="0"></iframe>'
)


def test_nothing_is_kept_asked_or_fetched_elsewhere_before_a_click(visitors: Visitors) -> None:
    context, watch = visitors.person(granted=False)
    widget = visitors.demo(context=context)
    expect(widget.at("start-voice")).to_be_visible()
    expect(widget.at("start-text")).to_be_visible()
    expect(widget.at("disclosure")).to_contain_text("AI")
    widget.at("poster").evaluate("image => image.decode()")
    shoot(widget.page, "idle")
    assert context.cookies() == []
    assert widget.evaluate("sessionStorage.length + localStorage.length") == 0
    assert widget.evaluate("probe.peers.length") == 0
    assert not any(address.startswith("ws") for address in watch.addresses)


def test_an_unknown_agent_is_told_apart_by_nobody(visitors: Visitors, parley: Parley) -> None:
    visitors.person()
    visitors.expect_errors("status of 404")
    pages = [httpx.get(parley.embed_url(code)) for code in ("A00NOBODY1", "generate", "x" * 64)]
    assert {page.status_code for page in pages} == {404}
    assert len({page.content for page in pages}) == 1
    context, _ = visitors.person()
    visitors.expect_errors("status of 404")
    stranger = visitors.alone("/embed/A00NOBODY1", context=context)
    expect(stranger.page.get_by_role("heading")).to_have_text("Unavailable")


def test_a_script_in_the_agents_name_is_text(visitors: Visitors) -> None:
    widget = visitors.alone(f"/embed/{agents.SCRIPT}")
    widget.page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    expect(widget.find("#start-name")).to_have_text(agents.SCRIPT_NAME)
    widget.type_instead()
    widget.wait_for_line("assistant", lambda line: agents.SCRIPT_NAME in line)
    widget.say("<b>bold</b><script>alert(3)</script>")
    widget.wait_for_line("user", lambda line: line == "<b>bold</b><script>alert(3)</script>")
    assert widget.find("#transcript b, #transcript img, #transcript script").count() == 0


def test_the_hosted_vendors_iframe_needs_only_another_host(
    visitors: Visitors, parley: Parley
) -> None:
    with site(HOSTED_IFRAME.format(base=parley.frame_url, code=parley.agent)) as address:
        context, _ = visitors.person(address.removeprefix("http://"))
        page = context.new_page()
        page.goto(address)
        widget = Widget(page)
        widget.talk()
        widget.end()


def test_a_host_that_is_not_listed_may_not_frame_the_agent(
    visitors: Visitors, parley: Parley
) -> None:
    with site(HOSTED_IFRAME.format(base=parley.frame_url, code=agents.LISTED)) as address:
        context, _ = visitors.person(address.removeprefix("http://"))
        visitors.expect_errors("frame-ancestors", "chrome-error")
        page = context.new_page()
        page.goto(address)
        expect(page.frame_locator("iframe").get_by_test_id("start-voice")).to_have_count(0)
        assert "chrome-error" in page.frames[1].url


def test_a_visitor_without_english_is_told_and_may_type(visitors: Visitors) -> None:
    context, _ = visitors.person(locale="de-DE")
    widget = visitors.demo(context=context)
    expect(widget.at("start-note")).to_contain_text("English")
    expect(widget.at("start-text")).to_be_visible()
    english = visitors.demo()
    expect(english.at("start-note")).to_be_hidden()


def test_a_strangers_page_gets_no_socket(visitors: Visitors, parley: Parley) -> None:
    assert _upgrade(parley, parley.frame_url) == 101
    assert _upgrade(parley, "http://evil.example") == 403
    assert _upgrade(parley, f"http://127.0.0.1:{parley.port + 1}") == 403
    assert _upgrade(parley, "null") >= 400
    assert _upgrade(parley, None) == 403
    with site("a page that opens sockets") as address:
        context, _ = visitors.person(address.removeprefix("http://"))
        visitors.expect_errors("WebSocket connection to .* failed.*403")
        page = context.new_page()
        page.goto(address)
        outcome = page.evaluate(
            """(url) => new Promise((resolve) => {
              const socket = new WebSocket(url);
              socket.onopen = () => resolve('open');
              socket.onclose = ({ code }) => resolve(code);
            })""",
            f"ws://127.0.0.1:{parley.port}/ws/embed/{parley.agent}",
        )
    assert outcome == 1006


def test_a_megabyte_in_one_message_ends_that_socket_alone(visitors: Visitors) -> None:
    bystander = visitors.demo()
    bystander.type_instead()
    code = bystander.evaluate(
        """new Promise((resolve) => {
          const path = document.getElementById('app').dataset.socket;
          const socket = new WebSocket(`ws://${location.host}${path}`);
          socket.onopen = () => socket.send('x'.repeat(1_000_000));
          socket.onclose = ({ code }) => resolve(code);
        })"""
    )
    assert code == 1009
    bystander.say("When do you open on Saturday?")
    bystander.wait_for_line("assistant", lambda line: "nine" in line)


def _upgrade(parley: Parley, origin: str | None) -> int:
    """The status that a WebSocket's handshake from `origin` is answered with."""
    connection = http.client.HTTPConnection("127.0.0.1", parley.port, timeout=10)
    try:
        connection.request(
            "GET",
            f"/ws/embed/{parley.agent}",
            headers={
                "Connection": "Upgrade",
                "Upgrade": "websocket",
                "Sec-WebSocket-Version": "13",
                "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg==",
                **({"Origin": origin} if origin is not None else {}),
            },
        )
        return connection.getresponse().status
    finally:
        connection.close()
