"""Knowledge over the wire: literal bodies, and what is refused."""

import base64
import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from knowledge import services
from knowledge.models import Document, KnowledgeBase
from tests.api.conftest import Post
from tests.factories import Tenant, make_tenant
from tests.files.samples import PNG
from tests.knowledge import papers
from tests.knowledge.working import work
from tests.like import TIME, Like

ID, BASE_ID = Like(r"kf_\w{22}"), Like(r"kb_\w{22}")
HOURS = b"# Hours\nThe workshop opens at seven.\n"


def upload(
    client: Client, tenant: Tenant, content: bytes = HOURS, file_name: str = "hours.md", **form: str
) -> Any:
    file = SimpleUploadedFile(file_name, content)
    headers = {"api-secret": tenant.secret}
    return client.post("/v1/knowledge/files", {"file": file, **form}, headers=headers)


def ask(client: Client, tenant: Tenant, method: str, path: str, body: object = None) -> Any:
    return client.generic(
        method,
        path,
        "" if body is None else json.dumps(body),
        content_type="application/json",
        headers={"api-secret": tenant.secret},
    )


def test_a_document_from_its_upload_until_an_agent_has_it(client: Client, tenant: Tenant) -> None:
    answer = upload(client, tenant, name="Opening hours")
    assert answer.status_code == 201
    expected = {
        "id": ID,
        "name": "Opening hours",
        "url": None,
        "sync_freq": "none",
        "type": "md",
        "size": 37,
        "pages": None,
        "words": 0,
        "status": "waiting",
        "error": None,
        "created_at": TIME,
        "updated_at": TIME,
    }
    assert answer.json() == {"success": True, "data": expected}
    file_id = answer.json()["data"]["id"]

    wanted = {"name": "Shop", "description": "All of it", "file_ids": [file_id]}
    answer = ask(client, tenant, "POST", "/v1/knowledge/kbs", wanted)
    assert answer.status_code == 201
    base = {
        "id": BASE_ID,
        "name": "Shop",
        "description": "All of it",
        "file_ids": [file_id],
        "status": "waiting",
        "error": None,
        "passages": 0,
        "built_at": None,
        "created_at": TIME,
        "updated_at": TIME,
    }
    assert answer.json() == {"success": True, "data": base}
    base_id = answer.json()["data"]["id"]

    work()

    shown = ask(client, tenant, "GET", f"/v1/knowledge/files/{file_id}").json()
    assert shown == {"success": True, "data": {**expected, "words": 5, "status": "ready"}}
    pagination = {"limit": 20, "offset": 0, "total": 1, "has_more": False}
    assert ask(client, tenant, "GET", "/v1/knowledge/files").json() == {
        "success": True,
        "data": [shown["data"]],
        "pagination": pagination,
    }
    base |= {"status": "ready", "passages": 1, "built_at": TIME}
    assert ask(client, tenant, "GET", "/v1/knowledge/kbs").json() == {
        "success": True,
        "data": [base],
        "pagination": pagination,
    }
    shown = ask(client, tenant, "POST", f"/v1/knowledge/kbs/{base_id}/rebuild").json()
    assert shown == {"success": True, "data": {**base, "status": "waiting"}}

    path = f"/v1/agent/{tenant.agent.code}/knowledge"
    attached = {
        "success": True,
        "agent_code": tenant.agent.code,
        "data": {"kb_ids": [base_id]},
    }
    assert ask(client, tenant, "PUT", path, {"kb_ids": [base_id]}).json() == attached
    assert ask(client, tenant, "GET", path).json() == attached

    deleted = {"success": True, "deleted": True}
    assert ask(client, tenant, "DELETE", f"/v1/knowledge/kbs/{base_id}").json() == deleted
    assert ask(client, tenant, "DELETE", f"/v1/knowledge/files/{file_id}").json() == deleted
    assert ask(client, tenant, "GET", path).json()["data"] == {"kb_ids": []}
    assert not Document.objects.exists()
    assert not KnowledgeBase.objects.exists()


def test_a_document_at_an_address(post: Post) -> None:
    answer = post(
        "/v1/knowledge/files",
        {"url": "https://shop.example/docs/price%20list.pdf", "sync_freq": "weekly"},
    )
    assert answer.status_code == 201
    data = answer.json()["data"]
    assert (data["name"], data["url"]) == (
        "price list.pdf",
        "https://shop.example/docs/price%20list.pdf",
    )
    assert (data["sync_freq"], data["status"], data["type"]) == ("weekly", "waiting", None)


def test_a_scan_says_so_on_the_document(client: Client, tenant: Tenant) -> None:
    upload(client, tenant, papers.scanned_pdf(), "scan.pdf")
    work()
    [data] = ask(client, tenant, "GET", "/v1/knowledge/files").json()["data"]
    assert data["status"] == "failed"
    assert data["error"].startswith("The document has no text: it may be a scan.")


@pytest.mark.parametrize(
    ("body", "status", "code", "message"),
    [
        (b"{", 400, "VALIDATION_ERROR", "The body is not valid JSON"),
        ({}, 400, "MISSING_PARAM", "Missing required field: url"),
        ({"url": 7}, 422, "VALIDATION_ERROR", "url must be a text"),
        (
            {"url": "http://shop.example/a.pdf"},
            422,
            "VALIDATION_ERROR",
            "url must begin with https://, HTTP endpoints are rejected",
        ),
        (
            {"url": "https://shop.example/a.pdf", "sync_freq": "hourly"},
            422,
            "VALIDATION_ERROR",
            "sync_freq must be one of none, daily, weekly",
        ),
    ],
)
def test_addresses_that_cannot_be(
    post: Post, body: object, status: int, code: str, message: str
) -> None:
    answer = post("/v1/knowledge/files", body)
    told = answer.json()
    assert (answer.status_code, told["code"], told["message"]) == (status, code, message)


def test_uploads_that_cannot_be(client: Client, tenant: Tenant, settings: Settings) -> None:
    for content, name, status, code in [
        (b"MZ\x90\x00\x03\x00", "report.pdf", 415, "UNSUPPORTED_TYPE"),
        (b"", "empty.txt", 422, "VALIDATION_ERROR"),
        (b"x" * (10 * 1024 * 1024 + 1), "long.txt", 413, "FILE_TOO_LARGE"),
    ]:
        answer = upload(client, tenant, content, name)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    headers = {"api-secret": tenant.secret}
    answer = client.post("/v1/knowledge/files", {"name": "nothing"}, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["message"] == "Missing required field: file"
    answer = client.post("/v1/knowledge/files", {"file": io.BytesIO(HOURS)})
    assert answer.json()["code"] == "MISSING_AUTH"
    assert not Document.objects.exists()


def test_what_is_another_s_cannot_be_put_into_one_s_own(client: Client, tenant: Tenant) -> None:
    other = make_tenant("bob")
    foreign = services.add_file(other.account, file_name="secret.txt", content=HOURS)
    base = services.create_base(other.account, name="Secret", documents=[foreign.uid])
    path = f"/v1/agent/{tenant.agent.code}/knowledge"
    for method, address, body in [
        ("POST", "/v1/knowledge/kbs", {"name": "Mine", "file_ids": [foreign.uid]}),
        ("POST", "/v1/knowledge/kbs", {"name": "Mine", "file_ids": ["kf_nobody"]}),
        ("PUT", path, {"kb_ids": [base.uid]}),
        ("PUT", path, {"kb_ids": ["kb_nobody"]}),
    ]:
        answer = ask(client, tenant, method, address, body)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    assert tenant.agent.knowledge_bases.count() == 0
    assert not KnowledgeBase.objects.filter(account=tenant.account).exists()


def test_twenty_builds_a_day(client: Client, tenant: Tenant) -> None:
    base = services.create_base(tenant.account, name="Shop", build=False)
    path = f"/v1/knowledge/kbs/{base.uid}/rebuild"
    for _ in range(20):
        assert ask(client, tenant, "POST", path).status_code == 200
        work()
    answer = ask(client, tenant, "POST", path)
    assert (answer.status_code, answer.json()["code"]) == (429, "RATE_LIMITED")
    assert int(answer.headers["Retry-After"]) > 0


def test_documents_have_a_rate_and_count_for_what_an_account_keeps(
    client: Client, tenant: Tenant, settings: Settings
) -> None:
    settings.PARLEY_ACCOUNT_STORAGE_MB = 1
    settings.PARLEY_RATE_UPLOADS = "6/minute"
    long = HOURS + b"word " * 120_000
    first = upload(client, tenant, long)
    assert first.status_code == 201
    picture = base64.b64encode(PNG + bytes(450_000)).decode()
    for full in (
        upload(client, tenant, long),
        ask(
            client, tenant, "POST", "/v1/files/upload", {"file_data": picture, "file_name": "a.png"}
        ),
    ):
        assert (full.status_code, full.json()["code"]) == (413, "FILE_TOO_LARGE")
        assert "1 MB" in full.json()["message"]
    assert Document.objects.count() == 1

    work()
    assert upload(client, tenant, long).status_code == 413, "its text counts as well"
    ask(client, tenant, "DELETE", f"/v1/knowledge/files/{first.json()['data']['id']}")
    assert upload(client, tenant, long).status_code == 201
    page = {"url": "https://shop.example/a"}
    assert ask(client, tenant, "POST", "/v1/knowledge/files", page).status_code == 201
    limited = upload(client, tenant)
    assert (limited.status_code, limited.json()["code"]) == (429, "RATE_LIMITED")
    assert int(limited["Retry-After"]) > 0
