"""The rest of the REST interface: validate, the envelope everywhere, docs."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from pytest_django import Settings

from tests.api.conftest import Post
from tests.factories import Tenant


def test_validate(post: Post, tenant: Tenant) -> None:
    response = post("/v1/validate")
    assert response.status_code == 200
    assert response.json() == {"valid": True, "account_id": tenant.account.uid}


@pytest.mark.parametrize(
    ("headers", "code", "message"),
    [
        ({}, "MISSING_AUTH", "Missing api-secret header"),
        ({"api-secret": ""}, "MISSING_AUTH", "Missing api-secret header"),
        ({"api-secret": "sk_wrong"}, "UNAUTHORIZED", "Invalid API secret"),
    ],
)
def test_validate_refuses(post: Post, headers: dict[str, str], code: str, message: str) -> None:
    response = post("/v1/validate", headers=headers)
    assert response.status_code == 401
    assert response.json() == {
        "valid": False,
        "error": {"code": code, "message": message, "httpStatus": 401},
        "status": "error",
        "status_code": 401,
        "success": False,
        "code": code,
        "message": message,
        "details": {},
    }


def test_validate_may_answer_200_to_a_bad_secret(post: Post, settings: Settings) -> None:
    settings.PARLEY_VALIDATE_ANSWERS_200 = True
    response = post("/v1/validate", headers={"api-secret": "sk_wrong"})
    assert (response.status_code, response.json()) == (200, {"valid": False})


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("get", "/v1/nothing", 404, "NOT_FOUND"),
        ("post", "/v1/nothing/here/", 404, "NOT_FOUND"),
        ("post", "/v1/validate/", 404, "NOT_FOUND"),
        ("get", "/v1/", 404, "NOT_FOUND"),
        ("get", "/v1", 404, "NOT_FOUND"),
        ("delete", "/v2/usr_1/nothing", 404, "NOT_FOUND"),
        ("get", "/v2", 404, "NOT_FOUND"),
        ("get", "/v1/validate", 405, "METHOD_NOT_ALLOWED"),
        ("put", "/v1/embed-tokens/request", 405, "METHOD_NOT_ALLOWED"),
    ],
)
def test_every_refusal_has_the_envelope(
    client: Client, db: None, method: str, path: str, status: int, code: str
) -> None:
    response = getattr(client, method)(path)
    answer = response.json()
    assert response.status_code == answer["status_code"] == answer["error"]["httpStatus"] == status
    assert answer["error"]["code"] == answer["code"] == code
    assert ("Allow" in response.headers) == (status == 405)
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_a_foreign_host_gets_json_too(client: Client) -> None:
    response = client.post("/v1/validate", headers={"host": "elsewhere.example"})
    assert (response.status_code, response.json()["status"]) == (400, "error")


@pytest.mark.parametrize("debug", [True, False])
def test_a_crash_tells_nothing(
    post: Post, tenant: Tenant, settings: Settings, monkeypatch: pytest.MonkeyPatch, debug: bool
) -> None:
    def crash(*_: Any) -> None:
        raise RuntimeError("a secret detail")

    settings.DEBUG = debug
    monkeypatch.setattr("tokens.limits.count_mint", crash)
    body = {"agent_id": tenant.agent.code, "fingerprint": "x"}
    response = post("/v1/embed-tokens/request", body)
    assert response.status_code == 500
    number = response.headers["X-Request-Id"]
    assert response.json() == {
        "error": {
            "code": "INTERNAL_ERROR",
            "message": "Internal server error",
            "httpStatus": 500,
        },
        "status": "error",
        "status_code": 500,
        "success": False,
        "code": "INTERNAL_ERROR",
        "message": "Internal server error",
        "details": {"request_id": number},
    }


def test_openapi_declares_what_is_answered(client: Client) -> None:
    schema = client.get("/v1/openapi.json").json()
    mint = schema["paths"]["/v1/embed-tokens/request"]["post"]
    assert set(mint["responses"]) == {
        *("200", "400", "401", "402", "404", "409", "413", "422", "429", "500")
    }
    asked = schema["components"]["schemas"]["EmbedTokenRequest"]
    assert asked["required"] == ["agent_id", "fingerprint"]
    assert set(asked["properties"]) == {
        *("agent_id", "fingerprint", "model", "ttl_seconds", "context")
    }
    schemes = schema["components"]["securitySchemes"]
    assert {(each["type"], each.get("name", each.get("scheme"))) for each in schemes.values()} == {
        ("apiKey", "api-secret"),
        ("http", "bearer"),
    }


def test_docs_load_nothing_from_elsewhere(client: Client) -> None:
    page = client.get("/v1/docs")
    html = page.content.decode()
    assert page.status_code == 200
    assert "://" not in html
    assert "://" not in client.get("/v1/openapi.json").content.decode()
    assert '"validatorUrl": null' in html
    assets = re.findall(r'(?:src|href)="/static/([^"]+)"', html)
    assert len(assets) >= 3
    for asset in assets:
        found = finders.find(re.sub(r"\.[0-9a-f]{12}(?=\.\w+$)", "", asset))
        assert isinstance(found, str)
        assert Path(found).is_file()


def test_docs_run_under_a_policy_without_inline_script(client: Client) -> None:
    page = client.get("/v1/docs")
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    scripts = re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>", page.content.decode())
    assert all("application/json" in attributes for attributes in scripts)
