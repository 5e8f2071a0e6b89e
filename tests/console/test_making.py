"""How far an agent is, what came of it, and marking the face in its picture."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Locator, Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from agents import services
from agents.models import Agent, Generation
from agents.services import Wish
from tests.agents.conftest import EYES, MOUTH, PICTURE, data_url
from tests.console.browsing import launched, signed_in
from tests.console.conftest import SignIn
from tests.e2e.marking import at, drag, middle, shape
from tests.factories import Tenant, make_tenant

NEAR = 0.01


@pytest.fixture
def places(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def fox(tenant: Tenant, places: None) -> Agent:
    """An agent that waits to be made of a picture."""
    picture = data_url(PICTURE, "image/webp")
    return services.generate(tenant.account, Wish(prompt="A fox called Finn", image=picture))


@pytest.fixture
def console(tenant: Tenant, sign_in: SignIn) -> Client:
    return sign_in(tenant.account)


def test_the_agent_s_page_asks_how_far_it_is_until_that_is_settled(
    console: Client, fox: Agent
) -> None:
    page = console.get(f"/console/agents/agent/{fox.pk}/change/").content.decode()
    address = f"/console/agents/agent/{fox.pk}/progress/"
    assert f'hx-get="{address}"' in page
    assert "Waiting for its turn" in console.get(address).content.decode()

    Generation.objects.update(state="running", progress=0.42, step="shaping the mouth")
    going_on = console.get(address)
    assert going_on.status_code == 200
    assert 'value="42"' in going_on.content.decode()
    assert "shaping the mouth" in going_on.content.decode()

    Generation.objects.update(state="failed", error_message="No face <found>.")
    Agent.objects.filter(pk=fox.pk).update(status="failed", error_message="No face <found>.")
    settled = console.get(address)
    assert settled.status_code == 286, "htmx asks no more"
    assert "No face &lt;found&gt;." in settled.content.decode()
    assert f"/console/agents/agent/{fox.pk}/mark/" in settled.content.decode()


def test_an_agent_that_nobody_generates_has_no_such_pages(console: Client, tenant: Tenant) -> None:
    address = f"/console/agents/agent/{tenant.agent.pk}"
    assert "hx-get" not in console.get(f"{address}/change/").content.decode().partition("<form")[0]
    assert console.get(f"{address}/progress/").status_code == 404
    assert console.get(f"{address}/mark/").status_code == 404


@pytest.mark.parametrize(
    ("marks", "status"),
    [
        ('{"eyes": [[0.4, 0.4, 0.05, 0.04]], "mouth": [0.4, 0.6, 0.6, 0.7]}', 200),
        ('{"eyes": [[0.4, 0.4, 0.05, NaN], [0.6, 0.4, 0.05, 0.04]], "mouth": [1, 1, 1, 1]}', 200),
        (f'{{"eyes": [[1{"0" * 400}, 0.4, 1, 1]], "mouth": [0.4, 0.6, 0.6, 0.7]}}', 200),
        ('{"eyes": 7, "mouth": []}', 404),
        ("", 404),
        ("[]", 404),
    ],
)
def test_marks_that_make_no_face_begin_nothing(
    console: Client, fox: Agent, marks: str, status: int
) -> None:
    Generation.objects.update(state="failed")
    answer = console.post(f"/console/agents/agent/{fox.pk}/mark/", {"marks": marks})
    assert answer.status_code == status
    assert Generation.objects.get().state == "failed"
    if status == 200:
        [shown] = re.findall(r'name="marks" id="mark-value" value="(.*?)"', answer.content.decode())
        assert "NaN" not in shown, "no page could read it"
        assert json.loads(html.unescape(shown))["mouth"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture
def no_slow_callbacks() -> None:
    """The loop of these tests is Playwright's: the test's own code runs inside its callbacks."""


@pytest.fixture
def failed(browser: Browser, transactional_db: None, places: None) -> Agent:
    account = make_tenant("ada").account
    agent = services.generate(account, Wish(image=data_url(PICTURE, "image/webp")))
    Generation.objects.update(state="failed")
    Agent.objects.filter(pk=agent.pk).update(status="failed", error_message="No face found.")
    return agent


@pytest.fixture
def page(browser: Browser, live_server: LiveServer, failed: Agent) -> Iterator[Page]:
    """The page that marks its face, on a small screen that can be touched."""
    address = f"{live_server.url}/console/agents/agent/{failed.pk}/mark/"
    screen = {"width": 420, "height": 800}
    with signed_in(browser, address, "ada", viewport=screen, has_touch=True) as page:
        page.wait_for_selector("#mark-shapes g")
        yield page


def swipe(page: Page, part: Locator, to: tuple[float, float]) -> None:
    """The same with a finger."""
    session = page.context.new_cdp_session(page)
    (x0, y0), (x1, y1) = middle(part), to
    session.send("Input.dispatchTouchEvent", touch("touchStart", x0, y0))
    for step in range(1, 6):
        x, y = x0 + (x1 - x0) * step / 5, y0 + (y1 - y0) * step / 5
        session.send("Input.dispatchTouchEvent", touch("touchMove", x, y))
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def touch(kind: str, x: float, y: float) -> dict[str, Any]:
    return {"type": kind, "touchPoints": [{"x": x, "y": y}]}


@pytest.mark.usefixtures("no_slow_callbacks")
def test_a_face_is_marked_with_mouse_finger_and_keys(page: Page, failed: Agent) -> None:
    left, right, mouth = (shape(page, number) for number in range(3))
    drag(page, left.locator("ellipse"), at(page, *EYES[0][:2]))
    swipe(page, right.locator("ellipse"), at(page, *EYES[1][:2]))
    drag(page, mouth.locator("circle"), at(page, 0.62, 0.68))
    mouth.focus()
    for _ in range(6):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+ArrowLeft")
    marks = json.loads(page.locator("#mark-value").input_value())
    page.click("text=Make it of this face")
    page.wait_for_url("**/change/")

    generation = Generation.objects.get()
    assert (generation.state, generation.kind) == ("queued", "marks")
    assert generation.marks == marks
    for found, wanted in zip(marks["eyes"], EYES, strict=True):
        assert found[:2] == pytest.approx(wanted[:2], abs=NEAR)
    x0, y0, x1, y1 = marks["mouth"]
    assert (x0 + x1) / 2 == pytest.approx(0.5, abs=NEAR)
    assert (y0 + y1) / 2 == pytest.approx(0.63 - 0.03, abs=NEAR)
    assert x1 - x0 == pytest.approx(2 * (0.12 - 0.005), abs=2 * NEAR)
    assert MOUTH[1] < (y0 + y1) / 2 < MOUTH[3]
    page.wait_for_selector("text=Waiting for its turn")
