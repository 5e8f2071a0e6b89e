"""What an owner meets in the console, and what can be done there."""

import re
from html import unescape

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session as SignIns
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from agents.models import Agent
from agents.ready import READY
from tests.console.conftest import SignIn, make_visit
from tests.factories import Tenant
from tokens import services
from tokens.models import Account, ApiSecret

SECRETS = "/console/tokens/apisecret/"
AGENTS = "/console/agents/agent/"
VISITS = "/console/rtc/session/"
ACCOUNTS = "/console/tokens/account/"
SCRIPT = "<script>alert('x')</script>"


@pytest.fixture
def console(tenant: Tenant, sign_in: SignIn) -> Client:
    return sign_in(tenant.account)


def agent_form(agent: Agent, **changes: object) -> dict[str, object]:
    return {
        "name": agent.name,
        "enabled": "on",
        "greeting": agent.greeting,
        "prompt": agent.prompt,
        "knowledge": agent.knowledge,
        "allowed_origins": "",
        "anonymous": "on",
        "language": "en",
        "voice": "",
        "avatar": "",
        "providers": "{}",
        "max_live_visits": "",
        "minutes_per_day": "",
        "keep_transcripts_days": "30",
        **changes,
    }


def text_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return str(response.content.decode())


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (AGENTS, ["Agents"]),
        (VISITS, ["Visits"]),
        ("/console/webhooks/delivery/", ["Webhooks", "Deliveries"]),
    ],
)
def test_the_head_of_a_page_says_every_name_once(
    console: Client, path: str, words: list[str]
) -> None:
    page = text_of(console, path)
    parts = re.findall(r'min-w-0 truncate tracking-tight">\s*([^<]*?)\s*<', page)
    assert parts == words


def test_the_account_s_name_and_password_open_it(tenant: Tenant) -> None:
    client = Client()
    assert client.get("/console/").headers["Location"].startswith("/console/login/")
    form = {"username": "ada", "password": "ada", "next": "/console/"}
    assert client.post("/console/login/", form).headers["Location"] == "/console/"
    assert "Overview" in text_of(client, "/console/")


def test_the_password_can_be_changed(console: Client, tenant: Tenant) -> None:
    new = "a longer passphrase"
    form = {"old_password": "ada", "new_password1": new, "new_password2": new}
    assert console.post("/console/password_change/", form).status_code == 302
    tenant.account.refresh_from_db()
    assert tenant.account.check_password(new)


def test_the_overview_counts_and_begins(console: Client, tenant: Tenant) -> None:
    now = timezone.now()
    begun = {"started_at": now}
    make_visit(tenant.agent, "ses_live", state="live", end_reason="", ended_at=None, **begun)
    make_visit(tenant.agent, "ses_done", ended_at=now, **begun)
    page = text_of(console, "/console/")
    figures = re.findall(r'console-figure">(\d+)<', page)
    assert figures == ["1", "2", "0", "1"]
    assert "finger-ses_live" in page
    assert f"/embed/{tenant.agent.code}" in page
    assert 'href="/demo"' in page


def test_the_demo_page_is_offered_where_it_is_shown(
    console: Client, tenant: Tenant, settings: Settings
) -> None:
    form = f"/console/agents/agent/{tenant.agent.pk}/change/"
    demo = f"/demo?agent={tenant.agent.code}"
    assert demo in text_of(console, "/console/")
    assert demo in text_of(console, form)
    Agent.objects.update(anonymous=False)
    assert demo not in text_of(console, "/console/") + text_of(console, form)
    Agent.objects.update(anonymous=True)
    settings.PARLEY_DEMO = False
    assert "/demo" not in text_of(console, "/console/") + text_of(console, form)


def test_the_overview_of_an_account_without_agents(console: Client) -> None:
    Agent.objects.all().delete()
    assert "/console/agents/agent/add/" in text_of(console, "/console/")


def test_the_sidebar_speaks_of_visits(console: Client) -> None:
    page = text_of(console, "/console/")
    assert "Visits" in page
    assert ">Sessions<" not in page
    assert ACCOUNTS not in page


@pytest.mark.parametrize(
    "path", ["/console/", "/console/login/", AGENTS, AGENTS + "add/", VISITS, SECRETS]
)
def test_every_page_loads_its_own_files_only(
    console: Client, path: str, settings: Settings
) -> None:
    response = Client().get(path) if "login" in path else console.get(path)
    assert response.status_code == 200
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "script-src 'self' 'unsafe-eval'" in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    page = response.content.decode()
    loaded = re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="([^"]*)"', page)
    assert loaded
    assert all(address.startswith("/") and not address.startswith("//") for address in loaded)
    assert not re.findall(r"<script(?![^>]*src=)(?![^>]*application/json)", page)


def test_a_secret_is_shown_once_and_kept_nowhere(
    console: Client, tenant: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    response = console.post(SECRETS + "add/", {"name": "web shop"})
    shown = re.findall(r'id="new-secret"[^>]*>(sk_[^<]+)<', response.content.decode())
    assert len(shown) == 1
    assert services.authenticate(shown[0]) == tenant.account
    assert "no-store" in response.headers["Cache-Control"]
    secret = ApiSecret.objects.get(name="web shop")
    later = text_of(console, SECRETS) + text_of(console, f"{SECRETS}{secret.pk}/change/")
    kept = [entry.get_decoded() for entry in SignIns.objects.all()]
    logged = [str(vars(record)) for record in caplog.records]
    history = [str(vars(entry)) for entry in LogEntry.objects.all()]
    cookies = [str(cookie) for cookie in console.cookies.values()]
    assert not [
        text for text in [later, *map(str, kept), *logged, *history, *cookies] if shown[0] in text
    ]


def test_a_secret_is_revoked_and_never_edited(console: Client, tenant: Tenant) -> None:
    secret = ApiSecret.objects.get()
    page = f"{SECRETS}{secret.pk}/change/"
    assert console.post(page, {"name": "other"}).status_code == 403
    assert console.post(f"{SECRETS}{secret.pk}/delete/", {"post": "yes"}).status_code == 403
    console.post(SECRETS, {"action": "revoke", "_selected_action": [secret.pk]})
    secret.refresh_from_db()
    assert secret.revoked_at is not None
    assert "revoked" in text_of(console, SECRETS)


def test_an_agent_is_edited(console: Client, tenant: Tenant) -> None:
    origins = " https://shop.example/ \n\nhttps://*.shop.example\nhttps://shop.example"
    changes = {
        "name": "New name",
        "greeting": "Good day",
        "allowed_origins": origins,
        "providers": '{"llm": {"name": "offline"}}',
        "minutes_per_day": "90",
        "keep_transcripts_days": "0",
        "anonymous": "",
    }
    form = agent_form(tenant.agent, **changes)
    del form["anonymous"]
    response = console.post(f"{AGENTS}{tenant.agent.pk}/change/", form)
    assert response.status_code == 302
    agent = Agent.objects.get()
    assert (agent.name, agent.greeting, agent.anonymous) == ("New name", "Good day", False)
    assert agent.allowed_origins == ["https://shop.example", "https://*.shop.example"]
    assert agent.providers == {"llm": {"name": "offline"}}
    assert (agent.minutes_per_day, agent.keep_transcripts_days) == (90, 0)
    again = text_of(console, f"{AGENTS}{tenant.agent.pk}/change/")
    assert "https://shop.example\nhttps://*.shop.example</textarea>" in again


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"allowed_origins": "shop.example"}, "is not an origin"),
        ({"providers": '{"llm": {"name": "nobody"}}'}, "no provider is called “nobody”"),
        ({"providers": "{"}, "valid JSON"),
        ({"language": "??"}, "is not a language"),
        ({"name": ""}, "required"),
    ],
)
def test_nonsense_in_an_agent_is_refused_in_words(
    console: Client, tenant: Tenant, changes: dict[str, object], complaint: str
) -> None:
    form = agent_form(tenant.agent, **changes)
    response = console.post(f"{AGENTS}{tenant.agent.pk}/change/", form)
    assert response.status_code == 200
    assert complaint in unescape(response.content.decode())
    assert Agent.objects.get().name == "Ada's agent"


def test_a_new_agent_belongs_to_who_makes_it(
    console: Client, tenant: Tenant, stranger: Tenant
) -> None:
    form = agent_form(Agent(name="Second"), code="A00AAA0000", account=stranger.account.pk)
    assert console.post(AGENTS + "add/", form).status_code == 302
    assert Agent.objects.get(code="A00AAA0000").account == tenant.account


def test_a_ready_agent_is_made_with_one_click(
    console: Client, tenant: Tenant, stranger: Tenant
) -> None:
    page = text_of(console, AGENTS + "add/")
    offered = re.findall(r'name="name" value="([a-z]+)"', page)
    assert offered == list(READY)
    for poster in re.findall(r'<img src="([^"]*poster.webp)"', page):
        assert console.get(poster).content[8:12] == b"WEBP"
    response = console.post(AGENTS + "ready/", {"name": "otto"})
    made = Agent.objects.get(name="Otto")
    assert response.headers["Location"] == f"{AGENTS}{made.pk}/change/"
    assert (made.account, made.avatar, made.voice) == (tenant.account, "otto", "awb")
    assert "Ah, a visitor!" in text_of(console, response.headers["Location"])


@pytest.mark.parametrize("name", ["nobody", "", "../mira"])
def test_what_the_catalogue_has_not_is_not_made(console: Client, name: str) -> None:
    assert console.post(AGENTS + "ready/", {"name": name}).status_code == 404
    assert console.get(f"{AGENTS}ready/nobody/poster.webp").status_code == 404
    assert Agent.objects.count() == 1


def test_the_snippet_to_copy(console: Client, tenant: Tenant, settings: Settings) -> None:
    settings.PARLEY_PUBLIC_URL = "https://talk.example"
    page = text_of(console, f"{AGENTS}{tenant.agent.pk}/change/")
    blocks = dict(re.findall(r'<pre id="([\w-]+)"[^>]*>(.*?)</pre>', page, re.DOTALL))
    url = f"https://talk.example/embed/{tenant.agent.code}"
    assert unescape(blocks["frame-snippet"]) == (
        f'<iframe src="{url}"\n'
        '        title="Talk to Ada&#x27;s agent"\n'
        '        allow="microphone; autoplay; fullscreen"\n'
        '        referrerpolicy="strict-origin-when-cross-origin"\n'
        '        style="width: 400px; height: 700px; border: 0"></iframe>'
    )
    assert unescape(blocks["token-request"]) == (
        "curl https://talk.example/v1/embed-tokens/request \\\n"
        '  -H "api-secret: $PARLEY_SECRET" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        f'  -d \'{{"agent_id": "{tenant.agent.code}", "fingerprint": "visitor-42"}}\''
    )
    assert f'<iframe src="{url}#token=THE_TOKEN"' in unescape(blocks["token-frame"])
    assert all(f'data-copy="{name}"' in page for name in blocks)


def test_an_agent_without_origins_is_warned_about(console: Client, tenant: Tenant) -> None:
    path = f"{AGENTS}{tenant.agent.pk}/change/"
    assert "Any page can frame this agent" in text_of(console, path)
    Agent.objects.update(allowed_origins=["https://shop.example"])
    page = text_of(console, path)
    assert "Any page can frame this agent" not in page
    assert "Only https://shop.example may show it" in page


def test_script_in_a_name_is_text_everywhere(
    console: Client, tenant: Tenant, superuser: Account, sign_in: SignIn
) -> None:
    Agent.objects.update(name=SCRIPT)
    visit = make_visit(tenant.agent, "ses_1", fingerprint=SCRIPT, browser=SCRIPT, origin=SCRIPT)
    visit.lines.update(text=SCRIPT)
    ApiSecret.objects.update(name=SCRIPT)
    paths = [
        "/console/",
        AGENTS,
        f"{AGENTS}{tenant.agent.pk}/change/",
        f"{AGENTS}{tenant.agent.pk}/delete/",
        f"{AGENTS}{tenant.agent.pk}/history/",
        VISITS,
        f"{VISITS}{visit.pk}/change/",
        SECRETS,
    ]
    for client in (console, sign_in(superuser)):
        for path in paths:
            page = text_of(client, path)
            assert "<script>alert" not in page, path
    agent_page = text_of(console, paths[2])
    assert "&amp;lt;script&amp;gt;" in agent_page


def test_a_visit_is_read_with_its_transcript_and_latencies(console: Client, tenant: Tenant) -> None:
    visit = make_visit(tenant.agent, "ses_1", context="Orders: 3", origin="https://shop.example")
    page = text_of(console, f"{VISITS}{visit.pk}/change/")
    for shown in (
        *("ses_1", "room_ses_1", "finger-ses_1", "when do you open", "We open at eight."),
        *(
            "310",
            "222",
            "871",
            "1:35",
            "Orders: 3",
            "whole",
            "https://shop.example",
            "Visitor",
            "Avatar",
        ),
    ):
        assert shown in page, shown
    assert console.post(f"{VISITS}{visit.pk}/change/", {"sid": "x"}).status_code == 403
    assert console.get(VISITS + "add/").status_code == 403


@pytest.mark.parametrize("query", ["ses_1", "finger-ses_1", "room_ses_1"])
def test_a_visit_is_found(console: Client, tenant: Tenant, query: str) -> None:
    make_visit(tenant.agent, "ses_1")
    make_visit(tenant.agent, "ses_2")
    page = text_of(console, f"{VISITS}?q={query}")
    assert "ses_1" in page
    assert "finger-ses_2" not in page


@pytest.mark.parametrize(
    "query",
    [
        "agent={agent}",
        "state__exact=live",
        "end_reason__exact=idle",
        "issued_at__gte=2020-01-01%2000:00:00%2B00:00&end_reason__exact=idle",
    ],
)
def test_visits_are_filtered(console: Client, tenant: Tenant, query: str) -> None:
    other = Agent.objects.create(account=tenant.account, name="Other")
    make_visit(tenant.agent, "ses_1", state="live", end_reason="idle")
    make_visit(other, "ses_2")
    page = text_of(console, f"{VISITS}?{query.format(agent=tenant.agent.pk)}")
    assert "finger-ses_1" in page
    assert "finger-ses_2" not in page


def test_a_visit_that_goes_on_is_not_deleted(console: Client, tenant: Tenant) -> None:
    live = make_visit(tenant.agent, "ses_1", state="live")
    done = make_visit(tenant.agent, "ses_2")
    assert console.post(f"{VISITS}{live.pk}/delete/", {"post": "yes"}).status_code == 403
    assert console.post(f"{VISITS}{done.pk}/delete/", {"post": "yes"}).status_code == 302
    assert console.get(f"{VISITS}{live.pk}/change/").status_code == 200


def test_superusers_manage_accounts(superuser: Account, sign_in: SignIn, tenant: Tenant) -> None:
    client = sign_in(superuser)
    page = f"{ACCOUNTS}{tenant.account.pk}/change/"
    assert tenant.account.uid in text_of(client, page)
    form = {"username": "ada", "email": "", "tier": "free", "suspended": "on", "is_staff": "on"}
    assert client.post(page, form).status_code == 302
    tenant.account.refresh_from_db()
    assert (tenant.account.tier, tenant.account.suspended) == ("free", True)
    new = {
        "username": "cyd",
        "tier": "pro",
        "password1": "a long passphrase",
        "password2": "a long passphrase",
        "usable_password": "true",
    }
    assert client.post(ACCOUNTS + "add/", new).status_code == 302
    made = Account.objects.get(username="cyd")
    assert (made.is_staff, made.is_superuser, made.tier) == (True, False, "pro")


def test_superusers_set_passwords(superuser: Account, sign_in: SignIn, tenant: Tenant) -> None:
    new = "a longer passphrase"
    form = {"password1": new, "password2": new, "usable_password": "true"}
    path = reverse("admin:auth_user_password_change", args=[tenant.account.pk])
    assert sign_in(superuser).post(path, form).status_code == 302
    tenant.account.refresh_from_db()
    assert tenant.account.check_password(new)
