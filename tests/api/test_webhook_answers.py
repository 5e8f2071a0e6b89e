"""Every answer of /v1/webhooks, whole, as the wire contract has it and with what Parley adds."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tests.api.conftest import Post
from tests.api.test_webhooks import said
from tests.factories import Tenant
from tests.like import TIME, Like
from tests.webhooks.receiving import Receiving, receiving
from webhooks.models import Delivery

URL = "https://shop.example/webhooks"
SECRET = Like(r"whsec_[A-Za-z0-9+/]{43}=")
DELIVERY = Like(r"dlv_\w{22}")
EVENT = Like(r"evt_\w{22}")
ENDPOINT: dict[str, Any] = {
    "id": Like(r"wh_\w{22}"),
    "url": URL,
    "events": ["room.join", "chat.push"],
    "description": "orders",
    "headers": {"X-API-Key": "***"},
    "signature": "auto",
    "active": True,
    "failing_since": None,
    "switched_off_at": None,
    "created_at": TIME,
    "updated_at": TIME,
}
LINE: dict[str, Any] = {
    "id": DELIVERY,
    "event_id": EVENT,
    "event_type": "chat.push",
    "status_code": None,
    "attempts": 0,
    "delivered": False,
    "state": "waiting",
    "next_attempt_at": TIME,
    "created_at": TIME,
    "updated_at": TIME,
}


@pytest.fixture
def registered(post: Post) -> dict[str, Any]:
    body = {"url": URL, "description": "orders", "headers": {"X-API-Key": "k-123456"}}
    answer: dict[str, Any] = post("/v1/webhooks", body).json()
    return answer


@pytest.fixture
def path(registered: dict[str, Any]) -> str:
    return f"/v1/webhooks/{registered['data']['id']}"


@pytest.fixture
def own(tenant: Tenant) -> dict[str, str]:
    return {"api-secret": tenant.secret}


def test_register(registered: dict[str, Any]) -> None:
    assert registered == {"success": True, "data": {**ENDPOINT, "secret": SECRET}}


def test_get_and_list(client: Client, own: dict[str, str], path: str) -> None:
    assert client.get(path, headers=own).json() == {"success": True, "data": ENDPOINT}
    listed = client.get("/v1/webhooks", headers=own).json()
    assert listed == {"success": True, "data": [ENDPOINT]}


def test_change(client: Client, own: dict[str, str], path: str) -> None:
    body = {"active": False, "signature": "body", "events": ["ping"]}
    changed = client.patch(path, body, "application/json", headers=own).json()
    assert changed == {"success": True, "data": {**ENDPOINT, **body}}


def test_rotate(post: Post, path: str, registered: dict[str, Any]) -> None:
    rotated = post(f"{path}/rotate-secret").json()
    assert rotated == {"success": True, "data": {**ENDPOINT, "secret": SECRET}}
    assert rotated["data"]["secret"] != registered["data"]["secret"]


def test_deliveries(client: Client, own: dict[str, str], tenant: Tenant, path: str) -> None:
    row = said(tenant, "Grüße 😀")
    assert client.get(f"{path}/deliveries", headers=own).json() == {
        "success": True,
        "data": [{**LINE, "id": row.uid, "event_id": row.event.uid}],
        "pagination": {"limit": 20, "offset": 0, "total": 1, "has_more": False},
    }
    one = client.get(f"{path}/deliveries/{row.uid}", headers=own).json()
    assert one == {"success": True, "data": {**LINE, "body": ANY, "log": []}}
    assert json.loads(one["data"]["body"]) == {
        "id": row.event.uid,
        "event": "chat.push",
        "event_type": "chat.push",
        "agent_id": tenant.agent.code,
        "agent_code": tenant.agent.code,
        "data": {"role": "user", "message": "Grüße 😀", "session_id": "ses_1"},
        "timestamp": ANY,
        "created": ANY,
    }


def test_redeliver(post: Post, tenant: Tenant, path: str) -> None:
    row = said(tenant, "hello")
    Delivery.objects.update(settled_at=timezone.now(), tries=4)
    queued = {"success": True, "data": {"queued": 1}}
    assert post(f"{path}/deliveries/{row.uid}/redeliver").json() == queued
    Delivery.objects.update(settled_at=timezone.now(), tries=4)
    assert post(f"{path}/redeliver", {"since": "2025-01-15T10:30:00Z"}).json() == queued


def test_delete(client: Client, own: dict[str, str], path: str) -> None:
    assert client.delete(path, headers=own).json() == {"success": True, "deleted": True}


@pytest.fixture
def shop(tmp_path: Path, settings: Settings) -> Iterator[Receiving]:
    settings.PARLEY_ALLOW_LOOPBACK_URLS = True
    with receiving("python", tmp_path) as receiver:
        yield receiver


@pytest.mark.django_db(transaction=True)
def test_test(client: Client, post: Post, own: dict[str, str], shop: Receiving) -> None:
    """What was tried is in the log, with its attempt."""
    webhook = post("/v1/webhooks", {"url": shop.url("/status/503")}).json()["data"]["id"]
    tested = post(f"/v1/webhooks/{webhook}/test", {"event": "chat.push"}).json()
    assert tested == {
        "success": True,
        "data": {
            "delivered": False,
            "status_code": 503,
            "attempts": 1,
            "delivery_id": DELIVERY,
            "error": "",
        },
    }
    number = tested["data"]["delivery_id"]
    found = client.get(f"/v1/webhooks/{webhook}/deliveries/{number}", headers=own).json()
    over = {"status_code": 503, "attempts": 1, "state": "failed", "next_attempt_at": None}
    attempt = {
        "number": 1,
        "at": TIME,
        "ms": ANY,
        "status_code": 503,
        "error": "",
        "answer": "as asked",
    }
    assert found["data"] == {**LINE, **over, "id": number, "body": ANY, "log": [attempt]}
