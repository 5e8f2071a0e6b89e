"""/v1/webhooks as a back end meets it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tests.api.conftest import Post
from tests.factories import Tenant, make_tenant
from tests.webhooks.receiving import Receiving, receiving
from webhooks import services
from webhooks.models import Delivery, Endpoint

URL = "https://shop.example/webhooks"


@pytest.fixture
def loopback(settings: Settings) -> None:
    settings.PARLEY_ALLOW_LOOPBACK_URLS = True


@pytest.fixture
def shop(tmp_path: Path, loopback: None) -> Iterator[Receiving]:
    with receiving("python", tmp_path) as receiver:
        yield receiver


@pytest.fixture
def webhook(post: Post) -> dict[str, Any]:
    data: dict[str, Any] = post("/v1/webhooks", {"url": URL}).json()["data"]
    return data


def said(tenant: Tenant, text: str) -> Delivery:
    services.record(
        account=tenant.account,
        event_type="chat.push",
        agent_code=tenant.agent.code,
        data={"role": "user", "message": text, "session_id": "ses_1"},
        order_key="ses_1",
    )
    return Delivery.objects.latest("pk")


def test_registering_shows_the_secret_once(post: Post, client: Client, tenant: Tenant) -> None:
    body = {
        "url": URL,
        "events": ["chat_push", "room.join", "session.ended"],
        "description": "orders",
        "headers": {"Authorization": "Bearer top-secret"},
    }
    response = post("/v1/webhooks", body)
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    answer = response.json()
    assert answer["success"] is True
    data = answer["data"]
    assert data["secret"].startswith("whsec_")
    assert data["url"] == URL
    assert data["events"] == ["room.join", "chat.push", "session.ended"]
    assert (data["description"], data["active"]) == ("orders", True)
    assert data["created_at"].endswith("Z") or "+00:00" in data["created_at"]
    headers = {"api-secret": tenant.secret}
    one = client.get(f"/v1/webhooks/{data['id']}", headers=headers)
    listed = client.get("/v1/webhooks", headers=headers)
    assert one.json()["data"] == listed.json()["data"][0]
    assert one.json()["data"]["headers"] == {"Authorization": "***"}
    for answered in (one, listed):
        assert data["secret"] not in answered.content.decode()
        assert "top-secret" not in answered.content.decode()


def test_by_default_it_gets_the_two_events_that_every_receiver_knows(
    webhook: dict[str, Any],
) -> None:
    assert webhook["events"] == ["room.join", "chat.push"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "http://shop.example/hook"}, "url"),
        ({"url": "http://localhost:9000/"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "ftp://shop.example"}, "url"),
        ({"url": 7}, "url"),
        ({"url": "https://user:pass@shop.example"}, "url"),
        ({"url": URL, "events": ["room.leave"]}, "events"),
        ({"url": URL, "events": []}, "events"),
        ({"url": URL, "events": [1]}, "events"),
        ({"url": URL, "headers": {"Content-Length": "1"}}, "headers"),
        ({"url": URL, "headers": {"user-agent": "Shop/1"}}, "headers"),
        ({"url": URL, "headers": {"X-bitHuman-Signature": "sha256=0"}}, "headers"),
        ({"url": URL, "headers": {"X-Key": "a\r\nX-Other: b"}}, "headers"),
        ({"url": URL, "headers": {"bad name": "a"}}, "headers"),
        ({"url": URL, "headers": ["a"]}, "headers"),
        ({"url": URL, "signature": "none"}, "signature"),
        ({"url": URL, "description": "x" * 201}, "description"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(post: Post, body: object, field: str) -> None:
    response = post("/v1/webhooks", body)
    assert response.status_code == 422
    error = response.json()
    assert error["error"]["code"] == "VALIDATION_ERROR"
    assert error["details"]["field"] == field
    assert not Endpoint.objects.exists()


def test_a_missing_address_is_a_missing_parameter(post: Post) -> None:
    response = post("/v1/webhooks", {"events": ["ping"]})
    assert (response.status_code, response.json()["error"]["code"]) == (400, "MISSING_PARAM")


def test_an_account_has_twenty_at_most(post: Post) -> None:
    for number in range(20):
        assert post("/v1/webhooks", {"url": f"{URL}/{number}"}).status_code == 200
    assert post("/v1/webhooks", {"url": URL}).status_code == 422


def test_changing_and_deleting(
    post: Post, client: Client, tenant: Tenant, webhook: dict[str, Any]
) -> None:
    headers = {"api-secret": tenant.secret}
    path = f"/v1/webhooks/{webhook['id']}"
    Endpoint.objects.update(active=False, switched_off_at=timezone.now(), failed_in_a_row=12)
    changed = client.patch(
        path, {"active": True, "events": ["ping"]}, "application/json", headers=headers
    ).json()["data"]
    assert (changed["active"], changed["switched_off_at"]) == (True, None)
    assert (changed["events"], changed["url"]) == (["ping"], URL)
    refused = client.patch(path, {"url": "http://x"}, "application/json", headers=headers)
    assert refused.status_code == 422
    assert client.delete(path, headers=headers).json() == {"success": True, "deleted": True}
    assert client.get(path, headers=headers).status_code == 404


def test_rotating_gives_a_new_secret_once(post: Post, webhook: dict[str, Any]) -> None:
    path = f"/v1/webhooks/{webhook['id']}/rotate-secret"
    first = post(path).json()["data"]["secret"]
    assert first.startswith("whsec_")
    assert first != webhook["secret"]
    assert Endpoint.objects.get().has_previous(timezone.now())
    assert post(path, {"overlap_seconds": 0}).status_code == 200
    assert not Endpoint.objects.get().has_previous(timezone.now())
    assert post(path, {"overlap_seconds": -5}).status_code == 422


@pytest.mark.parametrize(
    ("body", "event"),
    [
        (b"", "ping"),
        ({}, "ping"),
        ({"event": "room.join"}, "room.join"),
        ({"event": "chat_push"}, "chat.push"),
        ({"event": "session.ended"}, "session.ended"),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_the_test_button_sends_a_sample_that_verifies(
    shop: Receiving, post: Post, body: object, event: str
) -> None:
    data = post("/v1/webhooks", {"url": shop.url("/strict")}).json()["data"]
    shop.tell_secret(data["secret"])
    answer = post(f"/v1/webhooks/{data['id']}/test", body)
    assert answer.status_code == 200, answer.content
    result = answer.json()["data"]
    assert (result["delivered"], result["status_code"], result["attempts"]) == (True, 200, 1)
    [received] = shop.received()
    assert received["verified"]
    assert json.loads(received["body"])["event_type"] == event


@pytest.mark.django_db(transaction=True)
def test_a_test_tells_what_went_wrong(shop: Receiving, post: Post) -> None:
    data = post("/v1/webhooks", {"url": shop.url("/status/500")}).json()["data"]
    result = post(f"/v1/webhooks/{data['id']}/test").json()["data"]
    assert (result["delivered"], result["status_code"], result["attempts"]) == (False, 500, 1)
    closed = post("/v1/webhooks", {"url": "http://127.0.0.1:1/"}).json()["data"]
    result = post(f"/v1/webhooks/{closed['id']}/test").json()["data"]
    assert (result["delivered"], result["status_code"]) == (False, None)
    assert result["error"].startswith("could not connect")
    assert post(f"/v1/webhooks/{data['id']}/test", {"event": "x"}).status_code == 422


def test_the_log_and_delivering_again(
    post: Post, client: Client, tenant: Tenant, webhook: dict[str, Any]
) -> None:
    headers = {"api-secret": tenant.secret}
    path = f"/v1/webhooks/{webhook['id']}"
    row = said(tenant, "hello")
    [line] = client.get(f"{path}/deliveries", headers=headers).json()["data"]
    assert {name: line[name] for name in ("id", "event_type", "status_code", "attempts")} == {
        "id": row.uid,
        "event_type": "chat.push",
        "status_code": None,
        "attempts": 0,
    }
    assert (line["delivered"], line["state"]) == (False, "waiting")
    again = f"{path}/deliveries/{row.uid}/redeliver"
    assert post(again).json()["data"] == {"queued": 0}, "it waits already"
    Delivery.objects.update(settled_at=timezone.now(), tries=4)
    assert post(again).json()["data"] == {"queued": 1}
    Delivery.objects.update(settled_at=timezone.now(), tries=4)
    since = f"{path}/redeliver"
    assert post(since, {"since": "2999-01-01T00:00:00Z"}).json()["data"] == {"queued": 0}
    assert post(since, {"since": "2025-01-15T10:30:00"}).json()["data"] == {"queued": 1}
    assert post(since, {"since": 0}).json()["data"] == {"queued": 0}
    assert post(since, {"since": "yesterday"}).status_code == 422
    assert post(since, {}).status_code == 400
    details = client.get(f"{path}/deliveries/{row.uid}", headers=headers).json()["data"]
    assert json.loads(details["body"])["data"]["message"] == "hello"
    assert details["log"] == []


def test_another_s_webhook_is_as_unknown_as_none(
    post: Post, client: Client, tenant: Tenant, webhook: dict[str, Any]
) -> None:
    row = said(tenant, "hello")
    other = {"api-secret": make_tenant("bob").secret}
    for uid, status in ((webhook["id"], 404), ("wh_none", 404)):
        path = f"/v1/webhooks/{uid}"
        delivery = f"{path}/deliveries/{row.uid}"
        answers = [
            *(client.get(each, headers=other) for each in (path, f"{path}/deliveries", delivery)),
            client.delete(path, headers=other),
            client.patch(path, {"active": False}, "application/json", headers=other),
            post(f"{path}/test", {}, other),
            post(f"{path}/rotate-secret", {}, other),
            post(f"{path}/redeliver", {"since": 0}, other),
            post(f"{delivery}/redeliver", b"", other),
        ]
        assert [each.status_code for each in answers] == [status] * 9
        assert {each.json()["error"]["code"] for each in answers} == {"NOT_FOUND"}
    assert client.get("/v1/webhooks", headers=other).json()["data"] == []
    mine = post("/v1/webhooks", {"url": URL}, other).json()["data"]["id"]
    assert client.get(f"/v1/webhooks/{mine}/deliveries/{row.uid}", headers=other).status_code == 404
    assert Endpoint.objects.get(uid=webhook["id"]).active


def test_without_a_secret_nothing_is_told(client: Client) -> None:
    response = client.get("/v1/webhooks")
    assert (response.status_code, response.json()["error"]["code"]) == (401, "MISSING_AUTH")
