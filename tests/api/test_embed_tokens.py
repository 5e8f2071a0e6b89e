"""POST /v1/embed-tokens/request, body by body as the wire contract has it."""

import json
import re
from typing import Any
from unittest.mock import ANY

import pytest
from pytest_django import Settings

from agents.models import Agent
from rtc.models import Session
from tests.api.conftest import Post
from tests.factories import Tenant, make_tenant
from tokens import jwt
from tokens.models import Account

PATH = "/v1/embed-tokens/request"


def failure(status: int, code: str, message: str, **details: object) -> dict[str, Any]:
    return {
        "error": {"code": code, "message": message, "httpStatus": status},
        "status": "error",
        "status_code": status,
        "success": False,
        "code": code,
        "message": message,
        "details": details,
    }


def body(tenant: Tenant, **changes: object) -> dict[str, object]:
    return {"agent_id": tenant.agent.code, "fingerprint": "a1b2c3d4", **changes}


def test_success(post: Post, tenant: Tenant) -> None:
    response = post(PATH, body(tenant))
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    answer = response.json()
    assert answer == {
        "success": True,
        "status": "success",
        "status_code": 200,
        "data": {
            "token": ANY,
            "sid": ANY,
            "expires_in": 3600,
            "expires_at": ANY,
            "supported_models": ["essence", "expression"],
        },
    }
    data = answer["data"]
    assert re.fullmatch(r"ses_[0-9A-Za-z]{22}", data["sid"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", data["expires_at"])
    claims = jwt.verify(data["token"], agent_code=tenant.agent.code)
    assert (claims.sid, claims.fingerprint, claims.model, claims.app) == (
        data["sid"],
        "a1b2c3d4",
        "essence",
        "embed",
    )
    assert claims.account_uid == tenant.account.uid
    visit = Session.objects.get(sid=data["sid"])
    assert (visit.agent, visit.fingerprint, visit.state) == (tenant.agent, "a1b2c3d4", "issued")


def test_the_sid_is_a_new_one_each_time(post: Post, tenant: Tenant) -> None:
    sids = {post(PATH, body(tenant)).json()["data"]["sid"] for _ in range(5)}
    assert len(sids) == 5


def test_agent_code_is_another_name_of_agent_id(post: Post, tenant: Tenant) -> None:
    response = post(PATH, {"agent_code": tenant.agent.code, "fingerprint": "x"})
    assert response.status_code == 200


@pytest.mark.parametrize(
    "fingerprint", ["anonymous", "web-visitor", "unique-visitor-id", "é 漢字", "f" * 256]
)
def test_a_fingerprint_is_any_text(post: Post, tenant: Tenant, fingerprint: str) -> None:
    response = post(PATH, body(tenant, fingerprint=fingerprint))
    claims = jwt.verify(response.json()["data"]["token"], agent_code=tenant.agent.code)
    assert claims.fingerprint == fingerprint


@pytest.mark.parametrize(
    ("asked", "given"),
    [("essence", "essence"), ("expression", "expression"), ("none-such", "essence")],
)
def test_model_is_echoed_and_an_unknown_one_gets_the_default(
    post: Post, tenant: Tenant, asked: str, given: str
) -> None:
    data = post(PATH, body(tenant, model=asked)).json()["data"]
    assert data["model"] == given
    assert jwt.verify(data["token"], agent_code=tenant.agent.code).model == given


@pytest.mark.parametrize(("asked", "given"), [(60, 60), (3600, 3600), (86_400, 3600)])
def test_ttl_is_capped_at_an_hour(post: Post, tenant: Tenant, asked: int, given: int) -> None:
    data = post(PATH, body(tenant, ttl_seconds=asked)).json()["data"]
    claims = jwt.verify(data["token"], agent_code=tenant.agent.code)
    assert data["expires_in"] == given
    assert (claims.expires_at - claims.issued_at).total_seconds() == given


@pytest.mark.parametrize(
    ("context", "kept"),
    [
        ("Orders: 3. Name: Zoë", "Orders: 3. Name: Zoë"),
        ({"name": "Zoë", "orders": [1, 2]}, '{"name":"Zoë","orders":[1,2]}'),
        ("x" * 8000, "x" * 8000),
    ],
)
def test_context_stays_with_the_visit_and_out_of_the_token(
    post: Post, tenant: Tenant, context: object, kept: str
) -> None:
    data = post(PATH, body(tenant, context=context)).json()["data"]
    assert Session.objects.get(sid=data["sid"]).context == kept
    assert len(data["token"]) < 800


def test_nulls_count_as_left_out(post: Post, tenant: Tenant) -> None:
    sent = body(tenant, model=None, ttl_seconds=None, context=None, agent_code=None)
    assert post(PATH, sent).status_code == 200


def test_missing_header(post: Post, tenant: Tenant) -> None:
    response = post(PATH, body(tenant), headers={})
    assert response.status_code == 401
    assert response.json() == failure(401, "MISSING_AUTH", "Missing api-secret header")


@pytest.mark.parametrize("headers", [{"api-secret": "sk_x"}, {"Authorization": "Bearer sk_x"}])
def test_bad_secret(post: Post, tenant: Tenant, headers: dict[str, str]) -> None:
    response = post(PATH, body(tenant), headers=headers)
    assert response.status_code == 401
    assert response.json() == failure(401, "UNAUTHORIZED", "Invalid API secret")


def test_suspended_account(post: Post, tenant: Tenant) -> None:
    Account.objects.update(suspended=True)
    response = post(PATH, body(tenant))
    assert response.status_code == 401
    assert response.json() == failure(401, "ACCOUNT_SUSPENDED", "Account suspended")


def test_bearer_is_accepted_too(post: Post, tenant: Tenant) -> None:
    headers = {"Authorization": f"Bearer {tenant.secret}"}
    assert post(PATH, body(tenant), headers=headers).status_code == 200


@pytest.mark.parametrize("raw", [b"{", b"\xff\xfe", b"[" * 50_000, b"agent_id=x"])
def test_malformed_json(post: Post, raw: bytes) -> None:
    response = post(PATH, raw)
    assert response.status_code == 400
    assert response.json() == failure(400, "VALIDATION_ERROR", "The body is not valid JSON")


@pytest.mark.parametrize("field", ["agent_id", "fingerprint"])
def test_missing_field(post: Post, tenant: Tenant, field: str) -> None:
    for absent in ({field: None}, {}):
        sent = {**body(tenant), **absent}
        if not absent:
            del sent[field]
        response = post(PATH, sent)
        message = f"Missing required field: {field}"
        assert response.status_code == 400
        assert response.json() == failure(400, "MISSING_PARAM", message, field=field)


def test_empty_body(post: Post) -> None:
    response = post(PATH, b"")
    assert (response.status_code, response.json()["code"]) == (400, "MISSING_PARAM")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"agent_id": ""}, "agent_id"),
        ({"agent_id": 7}, "agent_id"),
        ({"agent_id": "no such/agent"}, "agent_id"),
        ({"agent_id": "a\n"}, "agent_id"),
        ({"fingerprint": ""}, "fingerprint"),
        ({"fingerprint": "  "}, "fingerprint"),
        ({"fingerprint": "f" * 257}, "fingerprint"),
        ({"fingerprint": ["a"]}, "fingerprint"),
        ({"fingerprint": "a\0b"}, "fingerprint"),
        ({"fingerprint": "\ud800"}, "fingerprint"),
        ({"model": 3}, "model"),
        ({"ttl_seconds": 0}, "ttl_seconds"),
        ({"ttl_seconds": "60"}, "ttl_seconds"),
        ({"ttl_seconds": True}, "ttl_seconds"),
        ({"context": "é" * 4001}, "context"),
        ({"context": {"a": "x" * 8000}}, "context"),
        ({"context": {"a": "\ud800"}}, "context"),
        ({"context": {"a": float("nan")}}, "context"),
        ({"context": [1]}, "context"),
        ({"context": "a\0"}, "context"),
    ],
)
def test_a_wrong_value_is_named_with_its_remedy(
    post: Post, tenant: Tenant, changes: dict[str, object], field: str
) -> None:
    response = post(PATH, body(tenant, **changes))
    answer = response.json()
    assert response.status_code == 422
    assert answer == failure(422, "VALIDATION_ERROR", answer["message"], field=field)
    assert answer["message"].startswith(f"{field} ")
    assert not Session.objects.exists()


@pytest.mark.parametrize("sent", [[], "text", 7, None])
def test_a_body_that_is_no_object(post: Post, sent: object) -> None:
    assert post(PATH, sent).json()["message"] == "The body must be a JSON object"


def test_unknown_agent(post: Post, tenant: Tenant) -> None:
    response = post(PATH, body(tenant, agent_id="A00AAA0000"))
    expected = failure(404, "AGENT_NOT_FOUND", "Agent not found for code: A00AAA0000")
    expected["error"]["legacy_code"] = "NOT_FOUND"
    assert response.status_code == 404
    assert response.json() == expected


def test_another_account_s_agent_is_told_apart_from_no_agent_by_nothing(
    post: Post, tenant: Tenant
) -> None:
    other = make_tenant("bob")
    foreign = post(PATH, body(tenant, agent_id=other.agent.code))
    unknown = post(PATH, body(tenant, agent_id="A00AAA0000"))
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.content.replace(other.agent.code.encode(), b"A00AAA0000") == unknown.content


def test_disabled_agent(post: Post, tenant: Tenant) -> None:
    Agent.objects.update(enabled=False)
    answer = post(PATH, body(tenant)).json()
    assert answer["code"] == "AGENT_NOT_FOUND"
    assert "enable it in the console" in answer["message"]


@pytest.mark.parametrize("status", ["processing", "generating"])
def test_unfinished_agent(post: Post, tenant: Tenant, status: str) -> None:
    Agent.objects.update(status=status)
    response = post(PATH, body(tenant))
    assert response.status_code == 409
    assert response.json() == failure(409, "AGENT_PROCESSING", "Agent is still generating")


def test_failed_agent(post: Post, tenant: Tenant) -> None:
    Agent.objects.update(status="failed")
    response = post(PATH, body(tenant))
    assert response.status_code == 400
    assert response.json() == failure(400, "AGENT_FAILED", "Agent generation failed")


def test_too_many_tokens_for_one_visitor(post: Post, tenant: Tenant, settings: Settings) -> None:
    settings.PARLEY_MINT_RATE = "2/minute"
    assert [post(PATH, body(tenant)).status_code for _ in range(3)] == [200, 200, 429]
    response = post(PATH, body(tenant))
    after_s = int(response.headers["Retry-After"])
    assert 1 <= after_s <= 61
    assert response.json() == failure(
        429, "RATE_LIMITED", "Rate limit exceeded", retry_after=after_s
    )
    assert post(PATH, body(tenant, fingerprint="another")).status_code == 200


def test_faults_are_told_in_order(post: Post, tenant: Tenant, settings: Settings) -> None:
    """401 before bad JSON, before a missing and then a wrong field, 404, 409, and last 429."""
    settings.PARLEY_MINT_RATE = "1/minute"
    assert post(PATH, body(tenant)).status_code == 200
    Agent.objects.update(status="processing")
    wrong = {"ttl_seconds": -1}
    steps = [
        post(PATH, b"{", headers={"api-secret": "sk_wrong"}),
        post(PATH, b"{"),
        post(PATH, {"agent_id": "A00AAA0000", **wrong}),
        post(PATH, body(tenant, agent_id="A00AAA0000", **wrong)),
        post(PATH, body(tenant, agent_id="A00AAA0000")),
        post(PATH, body(tenant)),
    ]
    Agent.objects.update(status="ready")
    steps.append(post(PATH, body(tenant)))
    assert [(step.status_code, step.json()["code"]) for step in steps] == [
        (401, "UNAUTHORIZED"),
        (400, "VALIDATION_ERROR"),
        (400, "MISSING_PARAM"),
        (422, "VALIDATION_ERROR"),
        (404, "AGENT_NOT_FOUND"),
        (409, "AGENT_PROCESSING"),
        (429, "RATE_LIMITED"),
    ]


def test_a_huge_body(post: Post, tenant: Tenant) -> None:
    response = post(PATH, body(tenant, context="x" * 3_000_000))
    assert (response.status_code, response.json()["code"]) == (413, "FILE_TOO_LARGE")


def test_no_other_origin_may_call_it(post: Post, tenant: Tenant) -> None:
    headers = {"api-secret": tenant.secret, "Origin": "https://shop.example"}
    response = post(PATH, body(tenant), headers=headers)
    assert not [name for name in response.headers if name.startswith("Access-Control-")]


def test_neither_secret_nor_token_is_logged(
    post: Post, tenant: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    token = post(PATH, body(tenant)).json()["data"]["token"]
    post(PATH, body(tenant), headers={"Authorization": f"Token {tenant.secret}"})
    post(PATH, b"{")
    logged = json.dumps([vars(record) for record in caplog.records], default=str)
    assert tenant.secret not in logged
    assert token not in logged
