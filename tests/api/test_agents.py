"""Agents over the wire, in literal bodies."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from agents.models import Agent
from rtc.models import Session, State
from tests.api.conftest import Post
from tests.factories import Tenant, make_agent, make_tenant

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
