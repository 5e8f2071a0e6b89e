"""Webhooks in the console."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tests.console.conftest import SignIn
from tests.factories import Tenant
from tests.webhooks.receiving import Receiving, receiving
from tokens.models import Account
from tokens.sealing import unseal
from webhooks import services
from webhooks.models import Delivery, Endpoint

HOOKS = "/console/webhooks/endpoint/"
LOG = "/console/webhooks/delivery/"
URL = "https://shop.example/hook"


@pytest.fixture
def console(tenant: Tenant, sign_in: SignIn) -> Client:
    return sign_in(tenant.account)


@pytest.fixture
def hook(tenant: Tenant) -> Endpoint:
    headers = {"Authorization": "Bearer top-secret"}
    return services.register(account=tenant.account, url=URL, headers=headers)[0]


@pytest.fixture
def shop(tmp_path: Path, settings: Settings) -> Iterator[Receiving]:
    settings.PARLEY_ALLOW_LOOPBACK_URLS = True
    with receiving("python", tmp_path) as receiver:
        yield receiver


def form(**changes: object) -> dict[str, object]:
    fields = {
        "url": URL,
        "description": "orders",
        "events": ["room.join", "chat.push"],
        "signature": "auto",
        "headers": "",
    }
    return {**fields, **changes}


def said(tenant: Tenant) -> Delivery:
    services.record(
        account=tenant.account,
        event_type="chat.push",
        agent_code=tenant.agent.code,
        data={"role": "user", "message": "do you ship <b>abroad</b>?", "session_id": "ses_1"},
        order_key="ses_1",
    )
    return Delivery.objects.latest("pk")


def test_a_new_webhook_shows_its_secret_once(console: Client, tenant: Tenant) -> None:
    assert console.get(f"{HOOKS}add/").status_code == 200
    page = console.post(f"{HOOKS}add/", form(headers="X-API-Key: k-12345\nX-Shop: berlin"))
    [secret] = re.findall(r"whsec_[A-Za-z0-9+/=]+", page.content.decode())
    hook = Endpoint.objects.get()
    assert (hook.account, hook.events) == (tenant.account, ["room.join", "chat.push"])
    again = console.get(f"{HOOKS}{hook.pk}/change/").content.decode()
    assert secret not in again
    assert "k-12345" not in again
    assert "X-API-Key, X-Shop" in again


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": "http://shop.example"}, "HTTP endpoints are rejected"),
        ({"url": "https://192.168.1.1/"}, "public host"),
        ({"events": []}, "required"),
        ({"headers": "no colon"}, "Name: value"),
        ({"headers": "Host: elsewhere"}, "not set Host"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    console: Client, changes: dict[str, object], said: str
) -> None:
    page = console.post(f"{HOOKS}add/", form(**changes))
    assert page.status_code == 200
    assert said in page.content.decode()
    assert not Endpoint.objects.exists()


def test_changing_keeps_headers_that_are_not_written_again(console: Client, hook: Endpoint) -> None:
    path = f"{HOOKS}{hook.pk}/change/"
    before = hook.headers_sealed
    Endpoint.objects.update(active=False, switched_off_at=timezone.now())
    assert "Switched off by Parley" in console.get(path).content.decode()
    assert console.post(path, form(active="on", description="new")).status_code == 302
    hook.refresh_from_db()
    assert (hook.description, hook.active, hook.switched_off_at) == ("new", True, None)
    assert hook.headers_sealed == before
    console.post(path, form(active="on", drop_headers="on"))
    hook.refresh_from_db()
    assert hook.headers_sealed == ""


def test_a_form_that_was_read_before_a_rotation_does_not_undo_it(
    console: Client, hook: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = services.check
    rotated: list[str] = []

    def meanwhile(fields: Mapping[str, object]) -> None:
        """The form has its row by now."""
        if not rotated:
            rotated.append(services.rotate_secret(Endpoint.objects.get()))
            Endpoint.objects.update(failing_since=timezone.now(), failed_in_a_row=3)
        check(fields)

    monkeypatch.setattr(services, "check", meanwhile)
    assert console.post(f"{HOOKS}{hook.pk}/change/", form(active="on")).status_code == 302
    hook.refresh_from_db()
    assert [unseal(hook.secret_sealed)] == rotated
    assert (hook.description, hook.failed_in_a_row) == ("orders", 3)


@pytest.mark.django_db(transaction=True)
def test_the_test_button_sends_samples_and_says_what_came_back(
    console: Client, tenant: Tenant, shop: Receiving
) -> None:
    hook, secret = services.register(account=tenant.account, url=shop.url("/strict"))
    shop.tell_secret(secret)
    page = console.post(f"{HOOKS}{hook.pk}/test/", {"samples": ""}, follow=True).content.decode()
    assert "room.join: answered 200" in page
    assert "chat.push: answered 200" in page
    assert [json.loads(line["body"])["event"] for line in shop.received()] == hook.events
    assert all(line["verified"] for line in shop.received())
    services.change(hook, {"url": shop.url("/status/503")})
    page = console.post(f"{HOOKS}{hook.pk}/test/", {"ping": ""}, follow=True).content.decode()
    assert "ping: answered 503" in page


def test_the_secret_can_be_changed(console: Client, hook: Endpoint) -> None:
    page = console.post(f"{HOOKS}{hook.pk}/rotate/", {"overlap": "on"}).content.decode()
    assert "whsec_" in page
    assert "signs too until" in page
    page = console.post(f"{HOOKS}{hook.pk}/rotate/").content.decode()
    assert "signs too until" not in page


def test_the_log_shows_what_was_sent_and_sends_it_again(
    console: Client, tenant: Tenant, hook: Endpoint
) -> None:
    row = said(tenant)
    row.attempts.create(number=1, at=timezone.now(), ms=17, status_code=500, answer="<i>oh</i>")
    Delivery.objects.update(settled_at=timezone.now(), status_code=500, tries=4)
    listed = console.get(f"{LOG}?webhook={hook.pk}").content.decode()
    assert "chat.push" in listed
    page = console.get(f"{LOG}{row.pk}/change/").content.decode()
    assert "do you ship &lt;b&gt;abroad" in page
    assert "&lt;i&gt;oh" in page
    console.post(LOG, {"action": "deliver_again", "_selected_action": [row.pk]})
    row.refresh_from_db()
    assert row.state == "waiting"
    Delivery.objects.update(settled_at=timezone.now())
    answer = console.post(f"{HOOKS}{hook.pk}/redeliver/", {"hours": "24"}, follow=True)
    assert "1 will be delivered again" in answer.content.decode()


def test_a_webhook_does_not_change_hands(
    superuser: Account, stranger: Tenant, tenant: Tenant, sign_in: SignIn, hook: Endpoint
) -> None:
    console = sign_in(superuser)
    path = f"{HOOKS}{hook.pk}/change/"
    page = console.get(path).content.decode()
    assert 'name="account"' not in page
    assert "ada" in page
    changed = form(account=stranger.account.pk, description="moved", active="on")
    assert console.post(path, changed).status_code == 302
    hook.refresh_from_db()
    assert (hook.account, hook.description) == (tenant.account, "moved")
    assert 'name="account"' in console.get(f"{HOOKS}add/").content.decode()


def test_a_webhook_is_deleted_with_its_log(console: Client, tenant: Tenant, hook: Endpoint) -> None:
    said(tenant)
    console.post(f"{HOOKS}{hook.pk}/delete/", {"post": "yes"})
    assert not Endpoint.objects.exists()
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("page", ["change", "delete", "history", "test", "rotate", "redeliver"])
def test_another_s_webhook_is_as_unknown_as_none(
    stranger: Tenant, sign_in: SignIn, hook: Endpoint, page: str, method: str
) -> None:
    before = Endpoint.objects.values().get()
    foreign = sign_in(stranger.account)
    response = getattr(foreign, method)(f"{HOOKS}{hook.pk}/{page}/", {"post": "yes"})
    assert response.status_code in {302, 403, 404, 405}
    if response.status_code == 302:
        assert response.headers["Location"] == "/console/"
    assert Endpoint.objects.values().get() == before


def test_another_s_log_is_not_shown(
    stranger: Tenant, tenant: Tenant, sign_in: SignIn, hook: Endpoint
) -> None:
    row = said(tenant)
    foreign = sign_in(stranger.account)
    for path in (LOG, f"{LOG}?webhook={hook.pk}", f"{LOG}{row.pk}/change/", HOOKS):
        page = foreign.get(path, follow=True).content.decode()
        assert row.uid not in page
        assert "shop.example" not in page
        assert "abroad" not in page
    foreign.post(LOG, {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
    assert Delivery.objects.filter(pk=row.pk).exists()


def test_acting_takes_a_post_and_a_token(tenant: Tenant, hook: Endpoint) -> None:
    console = Client(enforce_csrf_checks=True)
    console.force_login(tenant.account)
    assert console.get(f"{HOOKS}{hook.pk}/rotate/").status_code == 405
    assert console.post(f"{HOOKS}{hook.pk}/rotate/").status_code == 403
