"""Requests that schemathesis makes up from the schemas: none of them brings the server down."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as examples
from pytest_django import Settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api import v1, v2
from tests.api import test_isolation as isolation
from tests.api.test_isolation import WITH_PLACES, Operation, call, objects

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 30
SPOKEN = frozenset({"/v1/tts", "/v1/audio/speech"})
"""What only a process that `serve` has put together can do; test_tts.py asks such a one."""


def operations() -> list[Any]:
    """Every operation of both interfaces, called through WSGI."""
    application = get_wsgi_application()
    schemas = [
        schemathesis.openapi.from_wsgi(f"/{version}/openapi.json", application)
        for version in ("v1", "v2")
    ]
    found = [each for schema in schemas for each in schema.get_all_operations()]
    sound = [each.ok() for each in found if isinstance(each, Ok)]
    assert len(sound) == len(found), found
    return sound


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Keep the test's connection, whose transaction is undone, from one request to the next."""
    signals = (request_started, request_finished)
    for each in signals:
        each.disconnect(close_old_connections)
    yield
    for each in signals:
        each.connect(close_old_connections)


@pytest.fixture
def ada(db: None, one_connection: None, settings: Settings) -> dict[str, Any]:
    settings.PARLEY_ALLOW_LOOPBACK_URLS = True
    settings.PARLEY_MINT_RATE = settings.PARLEY_MINT_RATE_SHARED = "1000000/minute"
    return objects("ada")


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.label)
def test_no_request_is_too_strange(operation: Any, ada: dict[str, Any]) -> None:
    """Sent with Ada's secret, for half of the cases to what is truly hers."""

    @given(case=operation.as_strategy())
    @examples(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def send(case: Case[Any]) -> None:
        if len(repr(case.body)) % 2:
            case.path_parameters = {
                name: ada.get(name, value) for name, value in (case.path_parameters or {}).items()
            }
        response = case.call(headers={"api-secret": ada["tenant"].secret})
        mute = response.status_code == 503 and operation.path in SPOKEN
        case.validate_response(response, checks=CHECKS[mute:])
        if response.status_code >= 400:
            body = json.loads(response.content)
            assert body["error"]["httpStatus"] == response.status_code
        assert response.headers["x-request-id"]
        assert response.headers["x-ratelimit-limit"]

    send()


@pytest.mark.parametrize("operation", WITH_PLACES, ids=str)
@pytest.mark.parametrize("name", ["%00", "x%00y", "%ED%A0%80", "%FF"])
def test_no_name_in_a_path_is_too_strange(
    client: Client, ada: dict[str, Any], operation: Operation, name: str
) -> None:
    for place in operation.places:
        answer = call(client, operation, {**ada, place: name}, ada["tenant"])
        assert answer.status_code == 404, place
        assert answer.json()["error"]["httpStatus"] == 404


@pytest.mark.parametrize("operation", isolation.operations(), ids=str)
@pytest.mark.parametrize("text", ["\0", "\ud800", "a\udfffb"])
def test_no_text_in_a_body_is_too_strange(
    client: Client, ada: dict[str, Any], operation: Operation, text: str
) -> None:
    for field in fields_of(operation):
        needs = {**isolation.NEEDS, **isolation.OF_THE_SECRET, **isolation.BY_BODY}
        body = needs[str(operation)].body if str(operation) in needs else {}
        answer = client.generic(
            operation.method,
            operation.path.format(**ada),
            json.dumps({**body, field: text}).replace("{code}", ada["code"]),
            content_type="application/json",
            headers={"api-secret": ada["tenant"].secret},
        )
        assert answer.status_code in {400, 422}, (field, answer.content)
        assert answer.json()["error"]["code"] in {"VALIDATION_ERROR", "MISSING_PARAM"}


def fields_of(operation: Operation) -> list[str]:
    """The fields that the schema has for the operation's body."""
    api = v1.api if operation.path.startswith("/v1/") else v2.api
    schema = api.get_openapi_schema()
    described = schema["paths"][operation.path][operation.method.lower()]
    if "requestBody" not in described:
        return []
    body = described["requestBody"]["content"]["application/json"]["schema"]
    if "properties" in body:
        return list(body["properties"])
    [name] = re.findall(r"#/components/schemas/(\w+)", json.dumps(body))
    return list(schema["components"]["schemas"][name]["properties"])


@pytest.mark.parametrize("secret", ["\0", "sk_\0\0\0\0\0\0\0\0", "sk_\x80\xff"])
def test_no_secret_is_too_strange(client: Client, db: None, secret: str) -> None:
    answer = client.get("/v1/me", headers={"api-secret": secret})
    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")


@pytest.mark.parametrize("fingerprint", ["%00", "%ED%A0%80", "%FF%FE"])
def test_no_query_is_too_strange(client: Client, ada: dict[str, Any], fingerprint: str) -> None:
    address = f"/v2/{ada['uid']}/visitors?fingerprint={fingerprint}"
    for method in ("GET", "DELETE"):
        answer = client.generic(method, address, headers={"api-secret": ada["tenant"].secret})
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
