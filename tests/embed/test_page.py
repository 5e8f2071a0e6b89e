"""The embed page and the demo shop as Django answers them."""

import re
from typing import Protocol

import pytest
from django.conf import settings as parley_settings
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

import avatar
from agents.models import Agent
from config import environment
from tests.factories import Tenant, make_account, make_agent, make_tenant


class Answer(Protocol):
    def __getitem__(self, header: str) -> str: ...


pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    cache.clear()
    return make_tenant(code="A1")


def directives(response: Answer) -> dict[str, str]:
    policy = response["Content-Security-Policy"]
    parts = [part.strip().partition(" ") for part in policy.split(";")]
    return {name: value for name, _, value in parts if name}


def test_the_page_is_sealed_and_framable(client: Client, tenant: Tenant) -> None:
    response = client.get("/embed/A1?token=abc")
    assert response.status_code == 200
    policy = directives(response)
    assert "frame-ancestors" not in policy
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["connect-src"] == "'self' ws://testserver"
    assert policy["require-trusted-types-for"] == "'script'"
    assert "X-Frame-Options" not in response
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response["Cross-Origin-Embedder-Policy"] == "credentialless"
    assert response["X-Robots-Tag"] == "noindex"
    assert "microphone=(self)" in response["Permissions-Policy"]
    assert "camera=()" in response["Permissions-Policy"]
    assert not response.cookies


def test_a_secure_page_connects_to_a_secure_socket(client: Client, tenant: Tenant) -> None:
    response = client.get("/embed/A1", secure=True)
    assert directives(response)["connect-src"] == "'self' wss://testserver"


def test_only_listed_origins_may_frame(client: Client, tenant: Tenant) -> None:
    origins = ["https://shop.example", "https://*.shop.example", "http://localhost:8000"]
    Agent.objects.update(allowed_origins=origins)
    assert directives(client.get("/embed/A1"))["frame-ancestors"] == " ".join(origins)


@pytest.mark.parametrize("origin", ["https://a; script-src *", "javascript:1", "*", ""])
def test_what_is_no_origin_never_reaches_the_header(
    client: Client, tenant: Tenant, origin: str
) -> None:
    Agent.objects.update(allowed_origins=[origin])
    policy = directives(client.get("/embed/A1"))
    assert policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == "'self'"


def test_agents_that_cannot_be_met_are_all_alike(client: Client, tenant: Tenant) -> None:
    make_agent(tenant.account, code="OFF", name="Secret", enabled=False)
    make_agent(tenant.account, code="BAD", status=Agent.Status.FAILED)
    make_agent(tenant.account, code="SOON", status=Agent.Status.GENERATING)
    make_agent(make_account("suspended", suspended=True), code="GONE")
    answers = [
        client.get(f"/embed/{code}")
        for code in ("NOBODY", "OFF", "BAD", "SOON", "GONE", "%3Cb%3E", "%00")
    ]
    answers.append(client.get("/embed/NOBODY/poster.webp"))
    first = answers[0]
    assert directives(first)["frame-ancestors"] == "'none'"
    numbers = [answer.headers.pop("X-Request-Id") for answer in answers]
    assert len(set(numbers)) == len(answers)
    for answer in answers:
        assert answer.status_code == 404
        assert answer.content == first.content
        assert dict(answer.headers) == dict(first.headers)
        assert not answer.cookies


def test_a_hostile_name_stays_text(client: Client, tenant: Tenant) -> None:
    Agent.objects.update(name='"><script>alert(1)</script>')
    html = client.get("/embed/A1").content.decode()
    assert "<script>" not in html
    assert "&quot;&gt;&lt;script&gt;" in html


def test_nothing_in_the_page_is_inline_or_from_elsewhere(client: Client, tenant: Tenant) -> None:
    html = client.get("/embed/A1").content.decode()
    assert not re.search(r"<style|style=|\son\w+=", html)
    addresses = re.findall(r'(?:src|href)="([^"]*)"', html)
    assert addresses
    assert all(address.startswith(("/static/", "/embed/A1/", "#")) for address in addresses)


def test_every_module_is_fetched_at_once(client: Client, tenant: Tenant) -> None:
    found = {path.name for path in (parley_settings.BASE_DIR / "static" / "embed").glob("*.js")}
    html = client.get("/embed/A1").content.decode()
    preloaded = set(re.findall(r'modulepreload" href="/static/embed/([^"]+)"', html))
    assert preloaded == found - {"main.js"}


def test_the_poster_is_the_characters_and_is_kept(client: Client, tenant: Tenant) -> None:
    response = client.get("/embed/A1/poster.webp")
    assert response.content == avatar.load_poster(avatar.DEFAULT).data
    assert response["Content-Type"] == "image/webp"
    assert "max-age" in response["Cache-Control"]
    again = client.get("/embed/A1/poster.webp", headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304
    assert again.content == b""


def test_an_unknown_character_costs_the_poster_alone(client: Client, tenant: Tenant) -> None:
    Agent.objects.update(avatar="nobody")
    assert client.get("/embed/A1/poster.webp").status_code == 404
    assert client.get("/embed/A1").status_code == 200


def test_the_page_says_which_languages_are_spoken(client: Client, tenant: Tenant) -> None:
    assert 'data-languages="en"' in client.get("/embed/A1").content.decode()
    Agent.objects.update(providers={"stt": {"name": "openai"}, "tts": {"name": "openai"}})
    assert 'data-languages=""' in client.get("/embed/A1").content.decode()


def test_only_reading_is_answered(client: Client, tenant: Tenant) -> None:
    assert client.head("/embed/A1").status_code == 200
    assert client.post("/embed/A1").status_code == 405


@pytest.mark.parametrize(
    ("host", "frame"),
    [
        ("localhost:8000", "http://127.0.0.1:8000"),
        ("127.0.0.1:8000", "http://localhost:8000"),
        ("[::1]:8000", "http://localhost:8000"),
        ("testserver", "http://localhost:8000"),
    ],
)
def test_the_shop_frames_another_origin(
    client: Client, tenant: Tenant, host: str, frame: str
) -> None:
    response = client.get("/demo", headers={"Host": host})
    html = response.content.decode()
    assert f'<iframe src="{frame}/embed/A1"' in html
    assert 'allow="microphone; autoplay; fullscreen"' in html
    assert 'referrerpolicy="strict-origin-when-cross-origin"' in html
    assert 'title="Mira – AI assistant"' in html
    assert directives(response)["frame-src"] == frame
    assert response["Permissions-Policy"] == f'microphone=(self "{frame}")'
    assert not response.cookies


def test_the_shop_shows_the_agent_that_is_asked_for(client: Client, tenant: Tenant) -> None:
    make_agent(tenant.account, code="A2", name="Otto")
    assert "/embed/A1" in client.get("/demo").content.decode()
    assert "/embed/A2" in client.get("/demo?agent=A2").content.decode()
    for nobody in ("NOBODY", "%00"):
        assert "<iframe" not in client.get(f"/demo?agent={nobody}").content.decode()


def test_the_shop_shows_no_agent_that_needs_a_token(client: Client, tenant: Tenant) -> None:
    Agent.objects.update(anonymous=False)
    assert "<iframe" not in client.get("/demo").content.decode()
    assert "<iframe" not in client.get("/demo?agent=A1").content.decode()
    make_agent(tenant.account, code="A2")
    assert "/embed/A2" in client.get("/demo").content.decode()


def test_a_public_server_has_no_shop(client: Client, tenant: Tenant, settings: Settings) -> None:
    settings.PARLEY_DEMO = False
    assert client.get("/demo").status_code == 404


@pytest.mark.parametrize(
    ("environ", "local"),
    [
        ({}, True),
        ({"PARLEY_PUBLIC_URL": "http://127.0.0.1:9000"}, True),
        ({"PARLEY_PUBLIC_URL": "https://avatars.example.org"}, False),
        ({"PARLEY_PUBLIC_URL": "http://10.0.0.7:8000"}, False),
    ],
)
def test_which_servers_are_public(environ: dict[str, str], local: bool) -> None:
    assert environment.read(environ).server.local is local
