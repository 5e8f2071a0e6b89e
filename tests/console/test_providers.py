"""An account's own providers in the console."""

import json
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from agents import provider_services as services
from agents.entries import Entry
from agents.models import Provider
from tests.console.conftest import SignIn, make_visit
from tests.console.test_pages import agent_form, text_of
from tests.factories import Tenant
from tokens.models import Account
from tokens.sealing import unseal

PAGES = "/console/agents/provider/"
URL = "https://models.shop.example/v1"
KEY = "sk-abcdefghijklmnopqrstuvwxyz"
FORM = {
    "label": "Our models",
    "base_url": URL,
    "api_key": KEY,
    "llm_model": "large",
    "temperature": "0.3",
    "tts_model": "",
    "stt_model": "",
    "tts_voice": "",
}


@pytest.fixture
def console(tenant: Tenant, sign_in: SignIn) -> Client:
    return sign_in(tenant.account)


@pytest.fixture
def provider(tenant: Tenant) -> Provider:
    provider = Provider(account=tenant.account)
    options = {"llm": {"model": "large"}}
    entry = Entry(label="Our models", base_url=URL, api_key=KEY, options=options)
    services.save_provider(provider, entry)
    return provider


def page_of(provider: Provider, page: str = "change") -> str:
    return reverse(f"admin:agents_provider_{page}", args=[provider.pk])


def problems(response: object) -> str:
    return unescape(response.content.decode())  # type: ignore[attr-defined] # the test client's answer


def test_one_is_added_and_its_key_is_shown_no_more(console: Client, tenant: Tenant) -> None:
    assert console.post(f"{PAGES}add/", FORM).status_code == 302
    row = Provider.objects.get()
    assert (row.account, row.label, row.base_url) == (tenant.account, "Our models", URL)
    assert row.options == {"llm": {"model": "large", "temperature": 0.3}}
    assert row.trusted is False
    assert unseal(row.key_sealed) == KEY
    for shown in (text_of(console, PAGES), text_of(console, page_of(row))):
        assert "Our models" in shown
        assert KEY not in shown
    assert "…wxyz, since" in text_of(console, page_of(row))


def test_an_empty_key_leaves_the_stored_one(console: Client, provider: Provider) -> None:
    console.post(page_of(provider), {**FORM, "api_key": "", "label": "Renamed"})
    provider.refresh_from_db()
    assert provider.label == "Renamed"
    assert unseal(provider.key_sealed) == KEY
    console.post(page_of(provider), {**FORM, "api_key": "", "drop_key": "on"})
    provider.refresh_from_db()
    assert provider.key_sealed == ""


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"base_url": "http://models.example/v1"}, "Must begin with https://"),
        ({"base_url": "https://127.0.0.1/v1"}, "Must have a public host"),
        ({"base_url": "https://evil.example/v1", "api_key": ""}, "Must be given again"),
        ({"api_key": "two words"}, "visible ASCII characters"),
        ({"temperature": "3"}, "less than or equal to 2"),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(
    console: Client, provider: Provider, change: dict[str, str], complaint: str
) -> None:
    before = Provider.objects.values().get()
    response = console.post(page_of(provider), {**FORM, **change})
    assert response.status_code == 200
    assert complaint in problems(response)
    assert Provider.objects.values().get() == before


def test_trust_is_for_superusers(
    console: Client, provider: Provider, superuser: Account, sign_in: SignIn
) -> None:
    local = {**FORM, "base_url": "http://localhost:11434/v1", "trusted": "on"}
    assert "trusted" not in text_of(console, page_of(provider))
    assert console.post(page_of(provider), local).status_code == 200
    provider.refresh_from_db()
    assert (provider.base_url, provider.trusted) == (URL, False)
    assert sign_in(superuser).post(page_of(provider), local).status_code == 302
    provider.refresh_from_db()
    assert (provider.base_url, provider.trusted) == ("http://localhost:11434/v1", True)
    console.post(page_of(provider), {**FORM, "base_url": "http://localhost:11434/v1"})
    provider.refresh_from_db()
    assert provider.trusted is True, "its address has stayed"


def test_an_agent_chooses_one_and_lets_it_go(
    console: Client, tenant: Tenant, stranger: Tenant, provider: Provider
) -> None:
    agent = tenant.agent
    address = reverse("admin:agents_agent_change", args=[agent.pk])
    Provider.objects.create(
        account=stranger.account, label="Bob's models", options={"llm": {"model": "x"}}
    )
    assert "Our models" in text_of(console, address)
    assert "Bob's models" not in unescape(text_of(console, address))
    console.post(address, agent_form(agent, own_llm=provider.uid))
    agent.refresh_from_db()
    assert agent.providers == {"llm": {"mode": "custom", "provider_id": provider.uid}}
    kept = json.dumps({"llm": {"mode": "custom", "provider_id": provider.uid}})
    console.post(address, agent_form(agent, own_llm=provider.uid, providers=kept, voice="slt"))
    agent.refresh_from_db()
    assert agent.providers == {"llm": {"mode": "custom", "provider_id": provider.uid}}
    console.post(address, agent_form(agent, own_llm="", providers=kept))
    agent.refresh_from_db()
    assert agent.providers == {}


def test_another_s_cannot_be_chosen_by_hand(
    console: Client, tenant: Tenant, stranger: Tenant
) -> None:
    foreign = Provider.objects.create(account=stranger.account, options={"llm": {"model": "x"}})
    written = json.dumps({"llm": {"mode": "custom", "provider_id": foreign.uid}})
    for address in (
        reverse("admin:agents_agent_change", args=[tenant.agent.pk]),
        reverse("admin:agents_agent_add"),
    ):
        form = agent_form(tenant.agent, providers=written, code="A00NEW0001")
        response = console.post(address, form)
        assert response.status_code == 200
        assert "there is no provider" in problems(response)


def test_one_in_use_says_who_and_stays(console: Client, tenant: Tenant, provider: Provider) -> None:
    tenant.agent.providers = {"llm": {"mode": "custom", "provider_id": provider.uid}}
    tenant.agent.save()
    assert tenant.agent.code in text_of(console, PAGES)
    refused = console.post(page_of(provider, "delete"), {"post": "yes"})
    assert f"in use by {tenant.agent.code}" in problems(refused)
    many = {"action": "delete_selected", "_selected_action": [provider.pk], "post": "yes"}
    console.post(PAGES, many)
    silent = console.post(page_of(provider), {**FORM, "llm_model": "", "tts_model": "speaks"})
    assert f"in use by {tenant.agent.code}" in problems(silent)
    provider.refresh_from_db()
    assert provider.options == {"llm": {"model": "large"}}
    tenant.agent.providers = {}
    tenant.agent.save()
    console.post(page_of(provider, "delete"), {"post": "yes"})
    assert not Provider.objects.exists()


def test_a_key_of_lost_keys_asks_to_be_entered_again(
    console: Client, provider: Provider, settings: Settings
) -> None:
    settings.PARLEY_STORAGE_KEYS = ["n" * 40]
    assert "enter it again" in text_of(console, PAGES)
    assert "It can no longer be read: enter it again." in text_of(console, page_of(provider))
    console.post(page_of(provider), FORM)
    assert "enter it again" not in text_of(console, PAGES)


def test_a_visit_shows_what_was_lost_and_what_took_over(
    console: Client, tenant: Tenant, provider: Provider
) -> None:
    lost = {
        "at": "2026-01-05T10:00:00+00:00",
        "stage": "llm",
        "provider": f"custom:{provider.uid}",
        "substitute": "offline",
        "reason": "the service answered 401",
    }
    visit = make_visit(tenant.agent, "ses_1", fallbacks=[lost])
    shown = unescape(text_of(console, reverse("admin:rtc_session_change", args=[visit.pk])))
    told = "llm: “Our models” was lost (the service answered 401); the default, offline, went on at"
    assert told in shown
