"""Agents over the wire, in literal bodies."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from agents.models import Agent, Generation
from files.models import File
from rtc.models import Session, State
from tests.agents.conftest import PICTURE
from tests.api.conftest import Post
from tests.factories import Tenant, make_agent, make_tenant
from tokens.models import Account

Ask = Callable[..., Any]


@pytest.fixture
def ask(client: Client, tenant: Tenant) -> Ask:
    """A request with the tenant's secret and no body."""

    def send(method: str, path: str, secret: str = tenant.secret) -> Any:
        return client.generic(method, path, headers={"api-secret": secret})

    return send


@pytest.fixture
def museum(tenant: Tenant) -> Agent:
    return make_agent(
        tenant.account,
        code="A91XMB7113",
        name="My Agent",
        prompt="You are a guide.",
        greeting="Welcome.",
        voice="slt",
        allowed_origins=["https://museum.example"],
    )


def test_an_agent_is_told_whole(ask: Ask, museum: Agent) -> None:
    for path in ("/v1/agent/A91XMB7113", "/v1/agent/status/A91XMB7113"):
        answer = ask("GET", path).json()
        data = answer["data"]
        for moment in ("created_at", "updated_at"):
            assert data.pop(moment) == getattr(museum, moment).isoformat(timespec="microseconds")
        assert answer == {
            "success": True,
            "data": {
                "agent_id": "A91XMB7113",
                "agent_code": "A91XMB7113",
                "code": "A91XMB7113",
                "event_type": "lip_created",
                "status": "ready",
                "error_message": None,
                "progress": 1.0,
                "progress_msg": "",
                "current_step": "",
                "name": "My Agent",
                "system_prompt": "You are a guide.",
                "greeting": "Welcome.",
                "voice_id": "slt",
                "language": "en",
                "avatar": "",
                "allowed_origins": ["https://museum.example"],
                "anonymous": True,
                "enabled": True,
                "image_url": "http://localhost:8000/embed/A91XMB7113/poster.webp",
                "video_url": None,
                "model_url": None,
                "model": "essence",
                "supported_models": ["essence", "expression"],
            },
        }


def test_the_prompt_is_changed_as_clients_do(post: Post, museum: Agent) -> None:
    answer = post("/v1/agent/A91XMB7113", {"system_prompt": "You are a chef."})
    assert answer.status_code == 200
    assert answer.json() == {
        "success": True,
        "message": "Agent updated successfully",
        "agent_code": "A91XMB7113",
        "updated": True,
    }
    museum.refresh_from_db()
    assert (museum.prompt, museum.greeting) == ("You are a chef.", "Welcome.")


def test_other_fields_change_without_the_prompt(post: Post, museum: Agent) -> None:
    body = {
        "name": "Nora",
        "greeting": "",
        "voice": "rms",
        "language": "en-GB",
        "avatar": "mira",
        "providers": {"tts": {"name": "offline"}},
        "allowed_origins": ["https://shop.example/"],
        "enabled": False,
    }
    assert post("/v1/agent/A91XMB7113", body).status_code == 200
    museum.refresh_from_db()
    assert museum.allowed_origins == ["https://shop.example"]
    del body["allowed_origins"]
    assert {name: getattr(museum, name) for name in body} == body
    assert museum.prompt == "You are a guide."


@pytest.mark.parametrize("body", [{}, {"system_prompt": None}, {"nonsense": 1}])
def test_a_change_of_nothing_lacks_the_prompt(post: Post, museum: Agent, body: object) -> None:
    answer = post("/v1/agent/A91XMB7113", body)
    assert (answer.status_code, answer.json()["error"]) == (
        400,
        {
            "code": "MISSING_PARAM",
            "message": "Missing required field: system_prompt",
            "httpStatus": 400,
        },
    )


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("system_prompt", 7, "system_prompt must be a text"),
        ("name", " ", "name must be a text that is not empty"),
        ("name", "x" * 101, "name: Ensure this value has at most 100 characters"),
        ("language", "English!", "language: “English!” is not a language"),
        ("avatar", "../secret", "avatar: No face is called “../secret”"),
        ("allowed_origins", ["shop.example"], "allowed_origins: “shop.example” is not an origin"),
        ("providers", {"llm": {"name": "none"}}, "providers: llm: no provider is called “none”"),
    ],
)
def test_what_cannot_be_is_named(
    post: Post, museum: Agent, field: str, value: object, told: str
) -> None:
    answer = post("/v1/agent/A91XMB7113", {field: value, "greeting": "Changed."})
    assert (answer.status_code, answer.json()["code"]) == (422, "VALIDATION_ERROR")
    assert answer.json()["message"].startswith(told)
    assert answer.json()["details"] == {"field": field}
    museum.refresh_from_db()
    assert museum.greeting == "Welcome."


@pytest.mark.parametrize(
    ("status", "refused"),
    [
        ("processing", (409, "AGENT_PROCESSING")),
        ("generating", (409, "AGENT_PROCESSING")),
        ("failed", (400, "AGENT_FAILED")),
    ],
)
def test_what_is_not_made_is_not_changed(
    post: Post, museum: Agent, status: str, refused: tuple[int, str]
) -> None:
    Agent.objects.filter(pk=museum.pk).update(status=status)
    answer = post("/v1/agent/A91XMB7113", {"system_prompt": "You are a chef."})
    assert (answer.status_code, answer.json()["code"]) == refused


def test_lists_are_paged_and_filtered(ask: Ask, tenant: Tenant, museum: Agent) -> None:
    failed = make_agent(tenant.account, status="failed", name="Failed")
    make_tenant("bob")
    page = ask("GET", "/v1/agents?limit=2").json()
    assert [each["code"] for each in page["data"]] == [failed.code, "A91XMB7113"]
    assert page["pagination"] == {"limit": 2, "offset": 0, "total": 3, "has_more": True}
    rest = ask("GET", "/v1/agents?limit=2&offset=2").json()
    assert [each["code"] for each in rest["data"]] == [tenant.agent.code]
    assert not rest["pagination"]["has_more"]
    ready = ask("GET", "/v1/agents?status=ready").json()
    assert {each["status"] for each in ready["data"]} == {"ready"}
    assert ready["pagination"]["total"] == 2
    for wrong in ("limit=0", "limit=101", "offset=-1", "status=dead"):
        assert ask("GET", f"/v1/agents?{wrong}").status_code == 422


def test_a_deleted_agent_is_gone_with_its_visits(ask: Ask, museum: Agent) -> None:
    Session.objects.create(
        agent=museum, room_name="room", state=State.LIVE, started_at=timezone.now()
    )
    answer = ask("DELETE", "/v1/agent/A91XMB7113")
    assert answer.json() == {"success": True, "agent_code": "A91XMB7113", "deleted": True}
    assert not Session.objects.exists()
    for method in ("GET", "DELETE"):
        again = ask(method, "/v1/agent/A91XMB7113")
        assert (again.status_code, again.json()["code"]) == (404, "AGENT_NOT_FOUND")


@pytest.fixture
def places(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


def test_a_generation_begins_as_clients_do(post: Post, ask: Ask, places: None) -> None:
    body = {
        "prompt": "You are Nora, a museum guide.",
        "image": base64.b64encode(PICTURE.read_bytes()).decode(),
        "aspect_ratio": "9:16",
        "agent_id": "A91XMB7113",
        "duration": 5,
    }
    answer = post("/v1/agent/generate", body)
    assert answer.status_code == 200
    assert answer.json() == {
        "success": True,
        "message": "Agent generation started",
        "agent_id": "A91XMB7113",
        "agent_code": "A91XMB7113",
        "status": "processing",
    }
    generation = Generation.objects.get()
    assert (generation.kind, generation.size, generation.film_s) == ("photo", (416, 720), 5.0)
    data = ask("GET", "/v1/agent/status/A91XMB7113").json()["data"]
    told = ("status", "progress", "current_step", "event_type", "name", "image_url", "model_url")
    assert [data[field] for field in told] == [
        *("processing", 0.0, "queued", "agent_created", "Nora", None, None)
    ]
    token = post("/v1/embed-tokens/request", {"agent_id": "A91XMB7113", "fingerprint": "x"})
    assert (token.status_code, token.json()["code"]) == (409, "AGENT_PROCESSING")


def test_everything_may_be_left_out(post: Post) -> None:
    nothing = {"image": None, "video": "", "audio": None, "prompt": None}
    for body in ({}, nothing):
        answer = post("/v1/agent/generate", body)
        assert answer.status_code == 200
        agent = Agent.objects.get(code=answer.json()["agent_id"])
        assert agent.name in agent.prompt
        assert (agent.generation.kind, agent.generation.shape) == ("prompt", "16:9")


@pytest.mark.parametrize(
    ("field", "value", "refused"),
    [
        ("prompt", 7, (422, "VALIDATION_ERROR")),
        ("image", ["x"], (422, "VALIDATION_ERROR")),
        ("image", "%%%", (422, "VALIDATION_ERROR")),
        ("image", base64.b64encode(b"words " * 100).decode(), (415, "UNSUPPORTED_TYPE")),
        ("image", base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(20)).decode(), None),
        ("video", "data:image/png;base64,iVBORw0KGgo=", (415, "UNSUPPORTED_TYPE")),
        ("image", "http://169.254.169.254/face.png", (400, "DOWNLOAD_FAILED")),
        ("audio", "http://localhost/voice.mp3", (400, "DOWNLOAD_FAILED")),
        ("aspect_ratio", "4:3", (422, "VALIDATION_ERROR")),
        ("duration", 0, (422, "VALIDATION_ERROR")),
        ("duration", True, (422, "VALIDATION_ERROR")),
        ("duration", 3600, (422, "VALIDATION_ERROR")),
        ("agent_id", "generate", (422, "VALIDATION_ERROR")),
        ("agent_id", "a/b", (422, "VALIDATION_ERROR")),
    ],
)
def test_what_cannot_be_made_of_is_named_and_leaves_nothing(
    post: Post, places: None, field: str, value: object, refused: tuple[int, str] | None
) -> None:
    answer = post("/v1/agent/generate", {field: value})
    if refused is None:
        assert answer.status_code in {415, 422}
    else:
        assert (answer.status_code, answer.json()["code"]) == refused
    assert answer.json()["details"]["field"] == field
    assert not Generation.objects.exists()
    assert not File.objects.exists()


def test_a_taken_code_is_said_to_be(post: Post, museum: Agent) -> None:
    answer = post("/v1/agent/generate", {"agent_id": "A91XMB7113"})
    assert (answer.status_code, answer.json()["message"]) == (
        422,
        "agent_id: “A91XMB7113” is taken. Choose another code.",
    )


def test_a_repeated_generation_is_begun_once(client: Client, tenant: Tenant) -> None:
    def send(body: object) -> Any:
        return client.post(
            "/v1/agent/generate",
            json.dumps(body),
            content_type="application/json",
            headers={"api-secret": tenant.secret, "Idempotency-Key": "order-7"},
        )

    first, second = send({"prompt": "a fox"}), send({"prompt": "a fox"})
    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    assert Generation.objects.count() == 1
    assert send({"prompt": "a cat"}).status_code == 422


def test_a_tier_makes_so_many_a_day(post: Post, tenant: Tenant) -> None:
    Account.objects.filter(pk=tenant.account.pk).update(tier="free")
    answers = [post("/v1/agent/generate", {}) for _ in range(6)]
    assert [each.status_code for each in answers] == [200] * 5 + [429]
    assert answers[-1].headers["Retry-After"]


def test_without_minutes_nothing_is_made(post: Post, tenant: Tenant, settings: Settings) -> None:
    settings.PARLEY_REQUIRE_BALANCE = True
    Account.objects.filter(pk=tenant.account.pk).update(minutes_left=0)
    answer = post("/v1/agent/generate", {})
    assert (answer.status_code, answer.json()["code"]) == (402, "INSUFFICIENT_BALANCE")
