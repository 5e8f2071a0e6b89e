"""One account's staff never meets another account's rows, by any address."""

import io
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from agents.models import Agent, Provider
from files import services as files
from files.models import File
from knowledge import services as knowledge
from knowledge.models import Document, KnowledgeBase
from rtc.models import Session
from tests.console.conftest import SignIn, make_visit
from tests.factories import Tenant
from tokens.models import Account, ApiSecret
from webhooks import services
from webhooks.models import Delivery, Endpoint

MODELS: dict[str, Any] = {
    "agents/agent": Agent,
    "agents/provider": Provider,
    "knowledge/document": Document,
    "knowledge/knowledgebase": KnowledgeBase,
    "rtc/session": Session,
    "tokens/apisecret": ApiSecret,
    "webhooks/endpoint": Endpoint,
    "webhooks/delivery": Delivery,
    "files/file": File,
}
OWNERS: dict[Any, str] = {
    Session: "agent__account",
    Delivery: "endpoint__account",
}
"""Where a row's account is found, other than at `account`."""
FOR_SUPERUSERS: set[Any] = {Account, DBTaskResult}
"""What is nobody's own; tenants are refused all of it."""
PAGES = ("change", "delete", "history")
ACTS: dict[Any, tuple[str, ...]] = {
    Endpoint: ("test", "rotate", "redeliver"),
    Agent: ("progress", "mark", "preview", "gestures", "films"),
}
"""Pages of a row beyond those that every model has."""
OF_A_ROW = [
    (path, page) for path, model in MODELS.items() for page in (*PAGES, *ACTS.get(model, ()))
]
ACTIONS = [
    ("tokens/apisecret", "revoke"),
    ("tokens/apisecret", "delete_selected"),
    ("agents/agent", "delete_selected"),
    ("agents/provider", "delete_selected"),
    ("knowledge/document", "delete_selected"),
    ("knowledge/knowledgebase", "delete_selected"),
    ("knowledge/knowledgebase", "build_again"),
    ("rtc/session", "delete_selected"),
    ("rtc/session", "end_now"),
    ("webhooks/endpoint", "delete_selected"),
    ("webhooks/delivery", "delete_selected"),
    ("webhooks/delivery", "deliver_again"),
    ("files/file", "delete_selected"),
]
OF_THE_SITE = {
    *("search", "index", "login", "logout", "password_change", "password_change_done"),
    *("autocomplete", "jsi18n", "view_on_site", "app_list"),
}
HOOK = "https://shop.ada.example/hook"


@pytest.fixture
def visit(tenant: Tenant) -> Session:
    return make_visit(tenant.agent, "ses_ada")


@pytest.fixture
def delivery(tenant: Tenant) -> Delivery:
    """A delivery that is over, of a webhook."""
    services.register(account=tenant.account, url=HOOK)
    services.record(
        account=tenant.account,
        event_type="chat.push",
        agent_code=tenant.agent.code,
        data={"role": "user", "message": "Ada's words", "session_id": "ses_ada"},
        order_key="ses_ada",
    )
    Delivery.objects.update(settled_at=timezone.now())
    return Delivery.objects.get()


@pytest.fixture
def provider(tenant: Tenant) -> Provider:
    return Provider.objects.create(
        account=tenant.account, label="Ada's models", options={"llm": {"model": "large"}}
    )


@pytest.fixture
def file(tenant: Tenant) -> File:
    return files.store(tenant.account, io.BytesIO(b"a,b\n"), "adas.csv", category=None)


@pytest.fixture
def base(tenant: Tenant) -> KnowledgeBase:
    """A knowledge base of a document."""
    document = knowledge.add_file(
        tenant.account, file_name="Ada's handbook.txt", content=b"How Ada does it."
    )
    return knowledge.create_base(
        tenant.account, name="Ada's knowledge", documents=[document.uid], build=False
    )


@pytest.fixture
def foreign(
    stranger: Tenant,
    visit: Session,
    delivery: Delivery,
    provider: Provider,
    file: File,
    base: KnowledgeBase,
    sign_in: SignIn,
) -> Client:
    """Bob's browser; everything else here is Ada's."""
    return sign_in(stranger.account)


def adas(model: Any, tenant: Tenant) -> int:
    owner = OWNERS.get(model, "account")
    pk: int = model.objects.get(**{owner: tenant.account}).pk
    return pk


@pytest.mark.parametrize(("path", "page"), OF_A_ROW)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_row_of_another_is_as_unknown_as_none(
    foreign: Client, tenant: Tenant, path: str, page: str, method: str
) -> None:
    model = MODELS[path]
    before = list(model.objects.values())
    address = f"/console/{path}/{adas(model, tenant)}/{page}/"
    response = getattr(foreign, method)(address, {"post": "yes", "name": "mine now"})
    assert response.status_code in {302, 403, 404, 405}
    if response.status_code == 302:
        assert response.headers["Location"] == "/console/"
    assert list(model.objects.values()) == before
    assert not Agent.objects.filter(name="mine now").exists()


@pytest.mark.parametrize(
    ("path", "own"),
    [
        ("agents/agent", "Bob"),
        ("agents/provider", "Providers"),
        ("knowledge/document", "Documents"),
        ("knowledge/knowledgebase", "Knowledge"),
        ("rtc/session", "Visits"),
        ("tokens/apisecret", "sk_"),
        ("webhooks/endpoint", "Webhooks"),
        ("webhooks/delivery", "Deliveries"),
        ("files/file", "Files"),
    ],
)
def test_lists_hold_one_s_own(
    foreign: Client, tenant: Tenant, visit: Session, delivery: Delivery, path: str, own: str
) -> None:
    page = foreign.get(f"/console/{path}/").content.decode()
    assert own in page
    rows = (tenant.agent.code, "Ada", visit.sid, tenant.secret[:11], HOOK, delivery.uid)
    for hidden in (*rows, "adas.csv"):
        assert hidden not in page


def test_filters_and_searches_name_nobody_else_s(
    foreign: Client, tenant: Tenant, visit: Session
) -> None:
    for query in ("q=ses_ada", f"agent={tenant.agent.pk}", "q=Ada", "agent=x"):
        page = foreign.get(f"/console/rtc/session/?{query}").content.decode()
        assert "finger-ses_ada" not in page
        assert tenant.agent.code not in page
    found = foreign.get("/console/search/?s=ada&extended=1").content.decode()
    assert tenant.agent.code not in found


def test_the_overview_counts_one_s_own(foreign: Client, visit: Session) -> None:
    page = foreign.get("/console/").content.decode()
    assert "finger-ses_ada" not in page
    assert "Ada" not in page


@pytest.mark.parametrize(("path", "action"), ACTIONS)
def test_actions_touch_one_s_own(foreign: Client, tenant: Tenant, path: str, action: str) -> None:
    model = MODELS[path]
    pk = adas(model, tenant)
    Session.objects.update(state="live" if action == "end_now" else "ended")
    before = model.objects.values().get(pk=pk)
    form = {"action": action, "_selected_action": [pk], "post": "yes"}
    foreign.post(f"/console/{path}/", form)
    assert model.objects.values().get(pk=pk) == before


def test_nothing_is_made_for_or_given_to_another(
    foreign: Client, tenant: Tenant, stranger: Tenant
) -> None:
    form = {"name": "planted", "account": tenant.account.pk}
    foreign.post("/console/tokens/apisecret/add/", form)
    assert ApiSecret.objects.get(name="planted").account == stranger.account
    foreign.post("/console/agents/agent/make/", {"prompt": "planted", "shape": "1:1", "account": 1})
    assert Agent.objects.get(prompt="planted").account == stranger.account
    page = foreign.get(f"/console/agents/agent/{stranger.agent.pk}/change/").content.decode()
    assert 'name="account"' not in page


def test_nobody_else_s_knowledge_is_offered_or_taken(
    foreign: Client, base: KnowledgeBase, stranger: Tenant
) -> None:
    agent = f"/console/agents/agent/{stranger.agent.pk}/change/"
    for path in (agent, "/console/knowledge/knowledgebase/add/"):
        assert "Ada" not in foreign.get(path).content.decode()
    document = Document.objects.get()
    form = {"name": "Mine", "description": "", "documents": [document.pk]}
    page = foreign.post("/console/knowledge/knowledgebase/add/", form)
    assert "not one of the available choices" in page.content.decode()
    page = foreign.post(agent, {"name": "Bob", "knowledge_bases": [base.pk]})
    assert "not one of the available choices" in page.content.decode()
    assert stranger.agent.knowledge_bases.count() == 0


@pytest.mark.parametrize(
    "path", ["tokens/account/", "tokens/account/add/", "tokens/account/{pk}/change/"]
)
def test_accounts_are_for_superusers(foreign: Client, tenant: Tenant, path: str) -> None:
    address = "/console/" + path.format(pk=tenant.account.pk)
    assert foreign.get(address).status_code == 403
    assert foreign.post(address, {"is_superuser": "on"}).status_code == 403


def test_somebody_else_s_password_stays(foreign: Client, tenant: Tenant) -> None:
    form = {"password1": "taken over", "password2": "taken over", "usable_password": "true"}
    response = foreign.post(f"/console/tokens/account/{tenant.account.pk}/password/", form)
    assert response.status_code == 403
    tenant.account.refresh_from_db()
    assert tenant.account.check_password("ada")


@pytest.mark.parametrize("fields", [{"is_staff": False}, {"is_active": False}])
def test_who_may_no_longer_is_sent_to_the_login(
    foreign: Client, stranger: Tenant, fields: dict[str, bool]
) -> None:
    Account.objects.filter(pk=stranger.account.pk).update(**fields)
    for path in MODELS:
        response = foreign.get(f"/console/{path}/")
        assert response.status_code == 302
        assert response.headers["Location"].startswith("/console/login/")


def test_a_superuser_sees_all(superuser: Account, sign_in: SignIn, visit: Session) -> None:
    assert "finger-ses_ada" in sign_in(superuser).get("/console/rtc/session/").content.decode()


def test_another_tool_s_tables_are_not_open_to_tenants(foreign: Client) -> None:
    page = foreign.get("/console/").content.decode()
    assert "django_tasks" not in page
    assert foreign.get("/console/django_tasks_database/dbtaskresult/").status_code in {403, 404}


def registry() -> dict[Any, ModelAdmin[Any]]:
    """Each model that the console has pages for, with them."""
    return admin.site._registry


def test_every_model_is_covered() -> None:
    assert set(registry()) == {*MODELS.values(), *FOR_SUPERUSERS}, (
        "add a new page's model to MODELS with the fixture of a row, or, where it is nobody's "
        "own, to FOR_SUPERUSERS"
    )


def test_every_page_is_covered() -> None:
    for model, pages in registry().items():
        label = f"{model._meta.app_label}_{model._meta.model_name}"
        known = {f"{label}_{page}" for page in ("changelist", "add", *PAGES, *ACTS.get(model, ()))}
        if model is Account:
            known.add("auth_user_password_change")
        if model is Agent:
            # The catalogue is everybody's, and what it makes is the maker's own.
            known |= {"agents_agent_ready", "agents_agent_poster", "agents_agent_make"}
        assert {url.name for url in pages.get_urls()} - {None} == known, "add it to ACTS"
    site = {getattr(each, "name", None) for each in admin.site.get_urls()} - {None}
    assert site == OF_THE_SITE, "show in a test that a new page of the site tells one's own alone"


def test_every_action_is_covered() -> None:
    for path, model in MODELS.items():
        pages = registry()[model]
        actions = {str(each) for each in pages.actions or ()} | {"delete_selected"}
        assert {action for of, action in ACTIONS if of == path} == actions
