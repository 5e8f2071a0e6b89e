"""What holds for every address of the interface: JSON in every refusal, an id on every answer."""

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient, Client

from api.request_id import RequestFilter, request_id_var
from config.logs import JsonFormatter
from tests.api.conftest import Post
from tests.factories import Tenant

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get")
PATHS = (
    "/v1",
    "/v1/",
    "/v1/validate",
    "/v1/embed-tokens/request",
    "/v1/agent/CODE/speak",
    "/v1/agent/../validate",
    "/v1/agent/%00/speak",
    "/v1/agent/%FF%FE/add-context",
    "/v1/me",
    "/v1//validate",
    "/v1/nothing?%FF=%00",
    "/v2",
    "/v2/usr_1/runtime-sessions",
    "/v2/usr_1/runtime-sessions/" + "x" * 4000,
    "/v2/\N{GRINNING FACE}/nothing",
)
BODIES = (
    ("application/json", b""),
    ("application/json", b"{"),
    ("application/json", b"\xff\xfe\x00"),
    ("application/json", b'{"message": "\\ud800"}'),
    ("application/json", b"[" * 100_000),
    ("application/json", b"1" * 100_000),
    ("application/json; charset=nonsense", b"{}"),
    ("application/json; charset=utf-16", "{}".encode("utf-16")),
    ("multipart/form-data", b"no boundary"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\n"),
    ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % i for i in range(2000))),
    ("text/html", b"<b>"),
    ("", b"\x00" * 10),
)


def check(response: Any) -> None:
    """A refusal is the envelope and nothing else; nothing is ever a page."""
    assert response.headers["X-Request-Id"]
    if response.status_code < 400:
        return
    assert response.status_code < 500, response.content
    assert response.headers["Content-Type"].startswith("application/json")
    if not response.content:
        assert response.request["REQUEST_METHOD"] == "HEAD"
        return
    body = response.json()
    assert body["error"]["httpStatus"] == body["status_code"] == response.status_code
    assert body["status"] == "error"


@pytest.mark.parametrize("path", PATHS)
def test_no_method_answers_a_page(client: Client, tenant: Tenant, path: str) -> None:
    for method in METHODS:
        for headers in ({}, {"api-secret": tenant.secret}):
            check(client.generic(method, path, headers=headers))


@pytest.mark.parametrize(("content_type", "body"), BODIES)
def test_no_body_answers_a_page(
    client: Client, tenant: Tenant, content_type: str, body: bytes
) -> None:
    for path in PATHS:
        headers = {"api-secret": tenant.secret}
        check(client.generic("POST", path, body, content_type=content_type, headers=headers))


def test_a_huge_body_is_refused(client: Client, post: Post, tenant: Tenant) -> None:
    body = json.dumps({"agent_id": tenant.agent.code, "context": "x" * 4_000_000}).encode()
    response = post("/v1/embed-tokens/request", body)
    check(response)
    assert (response.status_code, response.json()["code"]) == (413, "FILE_TOO_LARGE")


@pytest.mark.parametrize("sent", ["abc-123_x.y", "7", "a" * 128])
def test_a_sane_request_id_comes_back(client: Client, sent: str, db: None) -> None:
    for path in ("/v1/nothing", "/llms.txt", "/v1/openapi.json"):
        assert client.get(path, headers={"X-Request-Id": sent}).headers["X-Request-Id"] == sent


@pytest.mark.parametrize("sent", ["", " ", "a" * 129, "a\nb", "<script>", "ü", "a;b", "-a"])
def test_another_one_is_replaced(client: Client, sent: str) -> None:
    found = [
        client.get("/v1/nothing", headers={"X-Request-Id": sent}).headers["X-Request-Id"]
        for _ in range(2)
    ]
    assert all(re.fullmatch(r"req_[0-9a-f]{24}", each) for each in found)
    assert found[0] != found[1]
    assert request_id_var.get() == ""


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is written of requests, as JSON lines."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonFormatter())
    handler.addFilter(RequestFilter())
    loggers = [logging.getLogger(name) for name in ("parley.access", "django.request")]
    for each in loggers:
        each.addHandler(handler)
    yield out
    for each in loggers:
        each.removeHandler(handler)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("served", ["in a thread", "on the loop"])
async def test_the_lines_of_a_request_have_its_id(
    written: io.StringIO, monkeypatch: pytest.MonkeyPatch, served: str
) -> None:
    """Those of a crash too, and its answer; no line has the query."""

    def crash(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("tokens.services.authenticate", crash)
    headers = {"api-secret": "sk_x", "X-Request-Id": "mine-1"}
    if served == "on the loop":
        get: Any = AsyncClient(raise_request_exception=False).get
    else:
        get = sync_to_async(Client(raise_request_exception=False).get)
    response = await get("/v1/me?token=hush", headers=headers)
    assert response.status_code == 500
    assert response.json()["details"] == {"request_id": "mine-1"}
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert {line["logger"] for line in lines} == {"parley.access", "django.request"}
    assert {line["request_id"] for line in lines} == {"mine-1"}
    [access] = [line for line in lines if line["logger"] == "parley.access"]
    assert (access["method"], access["path"], access["status"]) == ("GET", "/v1/me", 500)
    assert "hush" not in written.getvalue()
