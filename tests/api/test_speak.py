"""POST …/speak and …/add-context, body by body as the wire contract has them."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from unittest.mock import ANY

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient
from django.utils import timezone

from agents.models import Agent
from avatar.player import FacePlayer
from rtc import commands
from rtc.models import Receipt
from rtc.policy import RtcSettings
from rtc.registry import Registry
from tests.api.conftest import Post
from tests.factories import Tenant, make_tenant
from tests.fakes.rtc_runtime import EchoRuntime
from tests.rtc.pages import Page, row
from voice.runtime import Runtime

live = pytest.mark.django_db(transaction=True)


@dataclass
class Shop:
    """A back end, and the visitor who is on its page."""

    tenant: Tenant
    page: Page
    sid: str
    runtime: EchoRuntime

    async def post(self, what: str, body: Mapping[str, object], **headers: str) -> Any:
        return await AsyncClient().post(
            f"/v1/agent/{self.tenant.agent.code}/{what}",
            body,
            content_type="application/json",
            headers={"api-secret": self.tenant.secret, **headers},
        )

    def heard(self) -> list[str]:
        return [message["text"] for message in self.page.seen if message["type"] == "caption"]


@pytest.fixture
async def shop(transactional_db: None, tmp_path: Path) -> AsyncIterator[Shop]:
    tenant = await sync_to_async(make_tenant)(code="A12345678")
    runtime = EchoRuntime()
    policy = RtcSettings(data_dir=tmp_path, admit_by_load=False)
    registry = Registry(policy, cast(Runtime, runtime))
    await registry.start()
    page = await Page(registry, tenant.agent.code).hello(greeting=False)
    sid = (await page.until("welcome"))["sid"]
    async with asyncio.timeout(3):
        while (await row(sid)).joined_at is None:
            await asyncio.sleep(0.01)
    yield Shop(tenant, page, sid, runtime)
    await page.leave()
    await registry.aclose()


@live
@pytest.mark.parametrize("name", ["message", "text"])
async def test_speak(shop: Shop, name: str) -> None:
    response = await shop.post("speak", {name: "Your order is on its way."})
    assert response.status_code == 200
    assert response.json() == {
        "agent_code": "A12345678",
        "context_type": "speak",
        "delivered_to_rooms": 1,
        "success": True,
        "message": "Speech triggered successfully",
        "data": {
            "agent_code": "A12345678",
            "context_type": "speak",
            "delivered_to_rooms": 1,
            "timestamp": ANY,
        },
    }
    timestamp = response.json()["data"]["timestamp"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", timestamp)
    assert (await shop.page.until("caption"))["text"] == "Your order is on its way."


@live
async def test_gesture(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    monkeypatch.setattr(FacePlayer, "gesture", lambda _, name: made.append(name))
    response = await shop.post("gesture", {"gesture": "nod", "room_id": shop.sid})
    assert response.status_code == 200
    assert response.json() == {
        "success": True,
        "agent_code": "A12345678",
        "gesture": "nod",
        "delivered_to_rooms": 1,
    }
    by_wire = await shop.post("gesture", {"gesture": "mini_wave_hello"})
    assert (by_wire.status_code, by_wire.json()["gesture"]) == (200, "mini_wave_hello")
    assert made == ["nod", "wave"]
    unknown = await shop.post("gesture", {"gesture": "salute"})
    assert unknown.status_code == 422
    assert unknown.json()["code"] == "VALIDATION_ERROR"
    assert "gesture is unknown; there are nod, shake" in unknown.json()["message"]
    assert "blow_kiss_heart" in unknown.json()["message"]
    missing = await shop.post("gesture", {})
    assert (missing.status_code, missing.json()["code"]) == (400, "MISSING_PARAM")


@live
async def test_add_context(shop: Shop) -> None:
    response = await shop.post("add-context", {"context": "They like mugs.", "room_id": shop.sid})
    assert response.status_code == 200
    assert response.json() == {
        "agent_code": "A12345678",
        "context_type": "add_context",
        "delivered_to_rooms": 1,
        "success": True,
        "message": "Context added successfully",
        "data": {
            "agent_code": "A12345678",
            "context_type": "add_context",
            "delivered_to_rooms": 1,
            "timestamp": ANY,
        },
    }
    assert shop.runtime.conversations[0].context == "They like mugs."
    assert shop.heard() == []


@live
async def test_add_context_of_type_speak_is_said(shop: Shop) -> None:
    body = {"context": "Hello!", "type": "speak", "room_id": f"room_{shop.sid}"}
    answer = (await shop.post("add-context", body)).json()
    assert (answer["context_type"], answer["delivered_to_rooms"]) == ("speak", 1)
    assert (await shop.page.until("caption"))["text"] == "Hello!"
    assert shop.runtime.conversations[0].context == ""


@live
@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("speak", {"message": None, "text": "Hello!", "room_id": None}),
        ("add-context", {"context": "Mugs.", "type": None, "room_id": None}),
    ],
)
async def test_what_is_null_is_left_out(shop: Shop, what: str, body: dict[str, object]) -> None:
    response = await shop.post(what, body)
    assert (response.status_code, response.json()["delivered_to_rooms"]) == (200, 1)


@live
async def test_a_room_of_nobody_and_of_somebody_else(shop: Shop) -> None:
    response = await shop.post("speak", {"message": "Hello", "room_id": "support"})
    assert response.status_code == 404
    assert response.json() == {
        "error": {
            "code": "NO_ACTIVE_ROOMS",
            "message": "No active rooms for agent A12345678",
            "httpStatus": 404,
            "legacy_code": "NOT_FOUND",
        },
        "status": "error",
        "status_code": 404,
        "success": False,
        "code": "NO_ACTIVE_ROOMS",
        "message": "No active rooms for agent A12345678",
        "details": {},
    }
    bob = await sync_to_async(make_tenant)("bob")
    shop.tenant = Tenant(bob.account, bob.secret, shop.tenant.agent)
    assert (await shop.post("speak", {"message": "Hi"})).json()["code"] == "AGENT_NOT_FOUND"
    shop.tenant = bob
    stranger = await shop.post("speak", {"message": "Hi", "room_id": shop.sid})
    assert stranger.json()["code"] == "NO_ACTIVE_ROOMS"


@live
async def test_a_repeated_request_is_answered_and_not_done(shop: Shop) -> None:
    body: dict[str, object] = {"message": "Once"}
    first = await shop.post("speak", body, **{"Idempotency-Key": "k1"})
    again = await shop.post("speak", body, **{"Idempotency-Key": "k1"})
    assert (again.status_code, again.json()) == (200, first.json())
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    other = await shop.post("speak", {"message": "Twice"}, **{"Idempotency-Key": "k1"})
    assert (other.status_code, other.json()["code"]) == (422, "VALIDATION_ERROR")
    assert "Idempotency-Key" in other.json()["message"]
    elsewhere = await shop.post("add-context", {"context": "x"}, **{"Idempotency-Key": "k1"})
    assert "Idempotency-Replayed" not in elsewhere.headers
    await shop.post("speak", {"message": "Done"})
    await shop.page.until("caption", text="Done")
    assert shop.heard() == ["Once", "Done"]


@live
async def test_a_key_is_forgotten_after_a_day_and_after_a_failure(shop: Shop) -> None:
    body: dict[str, object] = {"message": "Hello"}
    key = {"Idempotency-Key": "k1"}
    await shop.post("speak", body, **key)
    await Receipt.objects.aupdate(created_at=timezone.now() - timedelta(hours=25))
    assert "Idempotency-Replayed" not in (await shop.post("speak", body, **key)).headers
    missing: dict[str, object] = {"message": "Hello", "room_id": "none"}
    for _ in range(2):
        failed = await shop.post("speak", missing, **{"Idempotency-Key": "k2"})
        assert (failed.status_code, "Idempotency-Replayed" in failed.headers) == (404, False)


@live
async def test_a_key_whose_request_is_under_way(shop: Shop) -> None:
    body: dict[str, object] = {"message": "Hello"}
    await shop.post("speak", body, **{"Idempotency-Key": "k1"})
    await Receipt.objects.aupdate(answer=None)
    busy = await shop.post("speak", body, **{"Idempotency-Key": "k1"})
    assert (busy.status_code, busy.headers["Retry-After"]) == (409, "2")


@live
async def test_nobody_answers(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def lost(*_: object) -> dict[str, str]:
        return {}

    monkeypatch.setattr(commands, "_deliver", lost)
    response = await shop.post("speak", {"message": "Hello"})
    assert (response.status_code, response.json()["code"]) == (503, "NO_AVAILABLE_WORKERS")
    assert response.headers["Retry-After"] == "2"
    assert "it may have been done all the same" in response.json()["message"]


@live
async def test_too_much_to_say(shop: Shop) -> None:
    shop.runtime.conversations[0].full = True
    response = await shop.post("speak", {"message": "Hello"})
    assert (response.status_code, response.json()["code"]) == (429, "RATE_LIMITED")


SPEAK, CONTEXT = "/v1/agent/A12345678/speak", "/v1/agent/A12345678/add-context"


@pytest.mark.parametrize("path", [SPEAK, CONTEXT])
@pytest.mark.parametrize("headers", [{}, {"api-secret": ""}, {"api-secret": "sk_wrong"}])
def test_a_missing_secret_is_a_wrong_one(post: Post, path: str, headers: dict[str, str]) -> None:
    response = post(path, b"not json", headers=headers)
    assert (response.status_code, response.json()["code"]) == (401, "UNAUTHORIZED")
    assert response.json()["message"] == "Invalid API secret"


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        (SPEAK, b"not json", "The body is not valid JSON"),
        (SPEAK, b"", "Send a JSON object as body"),
        (SPEAK, [], "The body must be a JSON object"),
        (SPEAK, {}, "message is required"),
        (SPEAK, {"message": ""}, "message must be a text that is not empty"),
        (SPEAK, {"message": "  \n"}, "message must be a text that is not empty"),
        (SPEAK, {"message": None}, "message is required"),
        (SPEAK, {"message": 5}, "message must be a text that is not empty"),
        (SPEAK, {"text": "a\0b"}, "text must be a text that is not empty"),
        (
            SPEAK,
            {"message": "x" * 4001},
            "message has 4001 characters; shorten it to at most 4000",
        ),
        (
            SPEAK,
            {"message": "Hi", "room_id": ""},
            "room_id must be a room's name, a session id or a sid; leave it out for all rooms",
        ),
        (SPEAK, {"message": "Hi", "room_id": 7}, ANY),
        (SPEAK, {"message": "Hi", "room_id": "\ud800"}, ANY),
        (CONTEXT, {"context": "Hi", "room_id": "\udfff"}, ANY),
        (CONTEXT, {"context": None}, "context is required"),
        (CONTEXT, {}, "context is required"),
        (CONTEXT, {"context": ""}, "context must be a text that is not empty"),
        (CONTEXT, {"context": {"a": 1}}, "context must be a text that is not empty"),
        (CONTEXT, {"context": "é" * 4001}, "context has 8002 bytes; shorten it to at most 8000"),
        (
            CONTEXT,
            {"context": "x", "type": "shout"},
            "Invalid type. Must be one of: speak, add_context",
        ),
        (
            CONTEXT,
            {"context": "x" * 4001, "type": "speak"},
            "To be said, context has 4001 characters; shorten it to at most 4000",
        ),
    ],
)
def test_every_bad_body_is_a_422(
    post: Post, tenant: Tenant, path: str, body: object, message: str
) -> None:
    response = post(path, body)
    assert (response.status_code, response.json()["code"]) == (422, "VALIDATION_ERROR")
    assert response.json()["message"] == message


@pytest.mark.parametrize("key", ["", "k" * 256, "a\x7fb"])
def test_a_bad_idempotency_key(post: Post, tenant: Tenant, key: str) -> None:
    headers = {"api-secret": tenant.secret, "Idempotency-Key": key}
    response = post(SPEAK, {"message": "Hello"}, headers=headers)
    assert response.status_code == 422
    assert response.json()["message"].startswith("Idempotency-Key must have 1 to 255")


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({}, 404, "NO_ACTIVE_ROOMS"),
        ({"enabled": False}, 404, "AGENT_NOT_FOUND"),
        ({"status": "processing"}, 409, "AGENT_PROCESSING"),
        ({"status": "failed"}, 400, "AGENT_FAILED"),
        ({"code": "A87654321"}, 404, "AGENT_NOT_FOUND"),
    ],
)
@pytest.mark.parametrize(("path", "name"), [(SPEAK, "message"), (CONTEXT, "context")])
def test_the_agent_comes_before_its_rooms(
    post: Post,
    tenant: Tenant,
    path: str,
    name: str,
    fields: dict[str, object],
    status: int,
    code: str,
) -> None:
    Agent.objects.update(**{"code": "A12345678", **fields})
    response = post(path, {name: "Hello"})
    assert (response.status_code, response.json()["code"]) == (status, code)
