"""Every way in which a microphone can be missing, told apart."""

import pytest
from playwright.sync_api import FrameLocator, Page, Route, expect

from agents.models import Agent
from tests.embed.conftest import Open, Shoot
from tests.embed.signalling import FakeServer

HOST = "http://shop.example/"


def refuse(page: Page, name: str) -> None:
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia ="
        f" () => Promise.reject(new DOMException('refused', '{name}'))"
    )


def frame_in(page: Page, origin: str, attributes: str, host: str = "http://localhost/") -> None:
    """Open a foreign page that frames the agent with these attributes."""
    html = f'<!doctype html><iframe src="{origin}/embed/A1" width=400 height=700 {attributes}>'
    page.route(host, lambda route: route.fulfill(content_type="text/html", body=html))
    page.goto(host)


def start(page: Page | FrameLocator, code: str) -> None:
    page.get_by_test_id("start-voice").click()
    expect(page.get_by_test_id("error")).to_be_visible()
    expect(page.get_by_test_id("error-code")).to_have_text(f"Code: {code}")


def test_a_denied_microphone_names_the_site_and_the_remedy(embed: Open, shoot: Shoot) -> None:
    page = embed(microphone=False)
    start(page, "mic_denied")
    error = page.get_by_test_id("error")
    expect(error.get_by_role("alert")).to_contain_text("blocks the microphone for 127.0.0.1")
    expect(error.get_by_role("listitem").first).to_contain_text("address bar")
    expect(page.get_by_test_id("retry")).to_be_visible()
    expect(page.get_by_test_id("error-title")).to_be_focused()
    shoot("mic-denied")


def test_typing_goes_on_where_talking_cannot(embed: Open, server: FakeServer) -> None:
    page = embed(microphone=False)
    start(page, "mic_denied")
    assert server.addresses == []
    page.get_by_test_id("type-instead").click()
    expect(page.locator("html")).to_have_attribute("data-state", "live")
    assert server.wait_for("hello")["mode"] == "text"


def test_a_retry_after_the_permission_talks(embed: Open, server: FakeServer) -> None:
    page = embed(microphone=False)
    start(page, "mic_denied")
    page.context.grant_permissions(["microphone"])
    page.get_by_test_id("retry").click()
    assert server.wait_for("hello")["mode"] == "voice"


def test_a_denied_microphone_in_a_frame_names_the_page_in_the_address_bar(
    page: Page, agent: Agent, origin: str
) -> None:
    frame_in(page, origin, 'allow="microphone; autoplay"')
    frame = page.frame_locator("iframe")
    start(frame, "mic_denied")
    expect(frame.get_by_test_id("error-body")).to_contain_text("for localhost")


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("NotFoundError", "mic_not_found", "Connect a microphone"),
        ("NotReadableError", "mic_busy", "Another program holds"),
        ("SecurityError", "mic_sandboxed", "isolates the assistant"),
    ],
)
def test_other_troubles_have_their_own_sentences(
    embed: Open, page: Page, name: str, code: str, words: str
) -> None:
    refuse(page, name)
    start(embed(), code)
    expect(page.get_by_test_id("error-body")).to_contain_text(words)
    expect(page.get_by_test_id("type-instead")).to_be_visible()


def test_a_frame_without_allow_says_so_to_visitor_and_owner(
    page: Page, agent: Agent, origin: str, console: list[str]
) -> None:
    page.context.grant_permissions(["microphone"])
    frame_in(page, origin, "")
    frame = page.frame_locator("iframe")
    start(frame, "mic_blocked_by_policy")
    expect(frame.get_by_test_id("error-body")).to_contain_text("This page does not let")
    expect(frame.get_by_test_id("retry")).to_be_hidden()
    assert any('allow="microphone; autoplay; fullscreen"' in line for line in console)
    assert any(f'microphone=(self "{origin}")' in line for line in console)


def test_a_strict_sandbox_says_so(page: Page, agent: Agent, origin: str) -> None:
    def with_cors(route: Route) -> None:
        response = route.fetch()
        headers = {**response.headers, "access-control-allow-origin": "*"}
        route.fulfill(response=response, headers=headers)

    # What serves static files in production allows every origin; the test's server does not.
    page.route("**/static/**", with_cors)
    frame_in(page, origin, 'sandbox="allow-scripts" allow="microphone"')
    frame = page.frame_locator("iframe")
    start(frame, "sandboxed")
    expect(frame.get_by_test_id("error-body")).to_contain_text("allow-same-origin")


def test_an_insecure_page_asks_for_https(
    page: Page, agent: Agent, origin: str, server: FakeServer, shoot: Shoot
) -> None:
    def served(route: Route) -> None:
        address = route.request.url.replace(HOST, f"{origin}/")
        route.fulfill(response=route.fetch(url=address))

    page.route(f"{HOST}**", served)
    page.goto(f"{HOST}embed/A1")
    start(page, "insecure_context")
    expect(page.get_by_test_id("error-body")).to_contain_text("https")
    shoot("insecure")


def test_without_webrtc_typing_is_offered(embed: Open, page: Page) -> None:
    page.add_init_script("delete window.RTCPeerConnection")
    start(embed(), "webrtc_missing")
    expect(page.get_by_test_id("type-instead")).to_be_visible()


def test_the_camera_is_never_asked_for(embed: Open, page: Page, server: FakeServer) -> None:
    page.add_init_script(
        "const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);"
        "navigator.mediaDevices.getUserMedia ="
        " (wish) => { window.wish = JSON.stringify(wish); return ask(wish); }"
    )
    embed()
    page.get_by_test_id("start-voice").click()
    server.wait_for("offer")
    assert '"video":false' in page.evaluate("window.wish")
