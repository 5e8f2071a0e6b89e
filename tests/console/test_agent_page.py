"""An agent made in the console, and its page: itself, what it draws on, and its gestures."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from playwright.sync_api import Browser, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from agents import dynamics
from agents.models import Agent, Dynamics, Generation, Provider
from files import services as files
from files.models import Category, File
from knowledge import services as knowledge
from tests.agents.conftest import PICTURE
from tests.console.browsing import drop, launched, signed_in
from tests.console.conftest import SignIn
from tests.factories import Tenant, make_tenant
from tokens.models import Account

MAKE = "/console/agents/agent/make/"


@pytest.fixture(autouse=True)
def places(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def console(tenant: Tenant, sign_in: SignIn) -> Client:
    return sign_in(tenant.account)


def film_of(account: Account, folder: Path) -> File:
    film = folder / "wave.mp4"
    film.write_bytes(b"a film")
    return files.keep(account, film, category=Category.VIDEO)


def page_of(console: Client, agent: Agent, part: str = "change") -> str:
    return console.get(f"/console/agents/agent/{agent.pk}/{part}/").content.decode()


def test_what_cannot_be_a_picture_is_told_beside_its_field(console: Client, tenant: Tenant) -> None:
    wish = {"prompt": "You are Nora.", "shape": "1:1"}
    for name, content, told in (
        ("note.txt", b"no picture", "A .txt file is no image"),
        ("note", b"no picture", "one of: jpg, jpeg, png, gif, webp, bmp, svg</li>"),
    ):
        picture = SimpleUploadedFile(name, content)
        page = console.post(MAKE, {**wish, "image": picture}).content.decode()
        field = page.partition('id="id_image_error"')[2].partition("</ul>")[0]
        assert told in field
        assert "You are Nora." in page
    assert list(Agent.objects.all()) == [tenant.agent]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"allowed_origins": ["https://shop.example"]}, "may be shown in its own pages alone"),
        ({"anonymous": False}, "only visitors with a token"),
        ({"enabled": False}, "Switch it on below"),
        ({"status": "failed"}, "could not be made"),
        ({"status": "generating"}, "once it is made"),
    ],
)
def test_an_agent_that_the_console_may_not_show_says_why(
    console: Client, tenant: Tenant, fields: dict[str, object], told: str
) -> None:
    Agent.objects.update(**fields)
    page = page_of(console, tenant.agent)
    assert told in page
    assert "<iframe src" not in page
    assert (f'href="/embed/{tenant.agent.code}?' in page) == ("allowed_origins" in fields)


@pytest.mark.parametrize(
    "origins",
    [
        [],
        ["https://shop.example", "http://testserver"],
        ["http://*.example", "http://testserver:80"],
    ],
)
def test_an_agent_that_the_console_may_show_is_there(
    console: Client, tenant: Tenant, origins: list[str]
) -> None:
    Agent.objects.update(allowed_origins=origins)
    assert f'<iframe src="/embed/{tenant.agent.code}?start=click"' in page_of(console, tenant.agent)


def test_what_it_draws_on_is_linked(console: Client, tenant: Tenant) -> None:
    row = Provider.objects.create(
        account=tenant.account, label="Ada's models", options={"llm": {"model": "large"}}
    )
    base = knowledge.create_base(tenant.account, name="Handbook", documents=[], build=False)
    tenant.agent.knowledge_bases.set([base])
    Agent.objects.update(providers={"llm": {"mode": "custom", "provider_id": row.uid}})
    page = page_of(console, tenant.agent).partition("What it draws on")[2].partition("</dl>")[0]
    assert f'"/console/knowledge/knowledgebase/{base.pk}/change/">Handbook</a>' in page
    assert f'"/console/agents/provider/{row.pk}/change/">Ada&#x27;s models</a>' in page


def test_gestures_are_chosen_and_mistakes_told_beside_their_field(
    console: Client, tenant: Tenant
) -> None:
    address = f"/console/agents/agent/{tenant.agent.pk}/gestures/"
    kept = {"enabled": "on", "keywords": "Ahoy = mini_wave_hello\n\nnever = mind = shake"}
    page = console.post(address, {**kept, "llm_gestures": ["nod", "kiss"]}).content.decode()
    row = Dynamics.objects.get()
    assert "Saved." in page
    assert (row.state, row.enabled) == ("never", True)
    assert row.keywords == {"Ahoy": "mini_wave_hello", "never = mind": "shake"}
    assert row.llm_gestures == ["nod", "kiss"]

    for words, told in {
        "ahoy = fly": "The gesture “fly” is unknown",
        "hello = wave\nhello": "Line 2: write a word, = and a gesture.",
        "hi = wave\nhi = nod": "Line 2: “hi” stands there twice.",
    }.items():
        page = console.post(address, {**kept, "keywords": words}).content.decode()
        assert told in page.partition('id="gestures_keywords_error"')[2].partition("</ul>")[0]
    console.post(address, {"keywords": "", "llm_gestures": []})
    page = console.post(address, kept).content.decode()
    assert "Film the gestures first" in page
    row.refresh_from_db()
    assert (row.enabled, row.keywords, row.llm_gestures) == (False, {}, [])


def test_gestures_are_filmed_and_shown(console: Client, tenant: Tenant, tmp_path: Path) -> None:
    address = f"/console/agents/agent/{tenant.agent.pk}/films/"
    assert console.post(address).status_code == 302
    assert "wait for their turn" in page_of(console, tenant.agent)
    row = dynamics.QUEUE.claim("maker")
    assert row is not None
    dynamics.tell(row, 0.37)
    films = console.get(address, headers={"HX-Request": "true"}).content.decode()
    assert 'value="37"' in films
    assert "every 2s" in films
    busy = console.post(f"/console/agents/agent/{tenant.agent.pk}/gestures/", {"keywords": ""})
    assert "are being filmed. Wait" in busy.content.decode()

    kept = film_of(tenant.account, tmp_path)
    dynamics.finish(row, {"wave": kept})
    films = console.get(address, headers={"HX-Request": "true"}).content.decode()
    assert f'<video src="/media/{kept.name}"' in films
    assert "every 2s" not in films


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture
def no_slow_callbacks() -> None:
    """The loop of these tests is Playwright's: the test's own code runs inside its callbacks."""


@pytest.mark.usefixtures("no_slow_callbacks", "transactional_db")
def test_a_dropped_picture_becomes_an_agent_that_is_met_in_its_page(
    browser: Browser, live_server: LiveServer, tmp_path: Path
) -> None:
    make_tenant("ada")
    note = tmp_path / "note.txt"
    note.write_text("no picture")
    with signed_in(browser, live_server.url + MAKE, "ada") as page:
        zone = page.locator("[data-drop]", has=page.locator("#id_image"))
        drop(page, zone, note)
        expect(zone).to_contain_text("Left out: note.txt")
        drop(page, page.locator("#make h2"), PICTURE)
        drop(page, zone, PICTURE)
        page.fill("#id_prompt", "You are Nora, a museum guide.")
        page.click("text=Make it")
        page.wait_for_url("**/change/")
        generation = Generation.objects.select_related("agent").get()
        assert (generation.kind, generation.agent.name) == ("photo", "Nora")
        assert generation.image is not None
        assert generation.image.size_bytes == PICTURE.stat().st_size
        page.wait_for_selector("text=Waiting for its turn")

        Generation.objects.update(state="done")
        Agent.objects.filter(pk=generation.agent_id).update(status="ready")
        embed = page.frame_locator("#preview iframe")
        expect(embed.get_by_role("button", name="Start talking")).to_be_visible()
        page.fill("#gestures_keywords", "ahoy = wave")
        page.press("#gestures_keywords", "Tab")
        page.focus("#gestures-save")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=Saved. Visits that go on")
        assert Dynamics.objects.get().keywords == {"ahoy": "wave"}
        page.click("#films-make")
        page.wait_for_selector("text=The films wait for their turn")
        row = dynamics.QUEUE.claim("maker")
        assert row is not None
        dynamics.finish(row, {"wave": film_of(row.agent.account, tmp_path)})
        page.wait_for_selector(".console-reel video[aria-label='Nora: wave']", state="attached")
        expect(page.locator("#films-make")).to_have_text("Film the gestures again")


@pytest.mark.usefixtures("no_slow_callbacks", "transactional_db")
def test_several_documents_are_dropped_at_once(
    browser: Browser, live_server: LiveServer, tmp_path: Path
) -> None:
    tenant = make_tenant("ada")
    papers = [tmp_path / name for name in ("hours.md", "prices.txt")]
    for paper in papers:
        paper.write_text("The workshop opens at seven.\n")
    address = f"{live_server.url}/console/knowledge/document/add/"
    with signed_in(browser, address, "ada") as page:
        zone = page.locator("[data-drop]")
        drop(page, zone, *papers, PICTURE)
        expect(zone).to_contain_text(f"Left out: {PICTURE.name}")
        page.get_by_role("button", name="Save", exact=True).click()
        page.wait_for_selector("text=2 documents were added")
    names = tenant.account.documents.values_list("name", flat=True)
    assert set(names) == {"hours.md", "prices.txt"}
