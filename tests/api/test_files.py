"""Files: what the wire says, what is refused, and how they are handed out."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from pytest_django import Settings

from files.models import File
from tests.api.conftest import Post
from tests.factories import Tenant, make_tenant
from tests.files.samples import PNG, SVG
from tests.files.serving import Origin, serving

UPLOAD = "/v1/files/upload"
CSV = b"a,b\n1,2\n"


@pytest.fixture
def origin() -> Iterator[Origin]:
    with serving() as running:
        yield running


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_base64_is_kept_as_the_contract_says(post: Post, tenant: Tenant) -> None:
    answer = post(UPLOAD, {"file_data": b64(CSV), "file_name": "table.csv", "file_type": "auto"})
    file = File.objects.get()
    assert answer.status_code == 200
    assert answer.json() == {
        "success": True,
        "message": "File uploaded successfully",
        "data": {
            "file_url": f"http://localhost:8000/media/{file.name}",
            "original_source": "table.csv",
            "file_type": "auto",
            "file_size": 8,
            "mime_type": "text/csv",
            "asset_category": "docs",
            "uploaded_at": file.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
    }
    assert file.account == tenant.account
    assert file.name.startswith("assets/docs/2")


def test_an_address_is_downloaded(
    post: Post, origin: Origin, settings: Settings, client: Client
) -> None:
    settings.PARLEY_ALLOW_LOOPBACK_URLS = True
    url = origin.url("/cat.png", body=PNG)
    answer = post(UPLOAD, {"file_url": url, "file_type": "image"})
    assert answer.status_code == 200, answer.content
    data = answer.json()["data"]
    assert (data["original_source"], data["asset_category"]) == (url, "image")
    shown = client.get(data["file_url"])
    assert b"".join(shown) == PNG
    assert shown["Content-Type"] == "image/png"


REFUSED: list[tuple[dict[str, Any], int, str, str]] = [
    ({}, 400, "MISSING_PARAM", "file_url"),
    ({"file_type": "auto"}, 400, "MISSING_PARAM", "file_url"),
    ({"file_data": b64(CSV)}, 400, "MISSING_PARAM", "file_name"),
    ({"file_name": "a.csv"}, 400, "MISSING_PARAM", "file_data"),
    ({"file_url": None, "file_data": None}, 400, "MISSING_PARAM", "file_url"),
    ({"file_url": "ftp://x.example/a.csv"}, 400, "VALIDATION_ERROR", "file_url"),
    ({"file_url": 7}, 400, "VALIDATION_ERROR", "file_url"),
    ({"file_data": "?", "file_name": "a.csv"}, 400, "VALIDATION_ERROR", "file_data"),
    *(
        ({"file_data": text, "file_name": "a.txt"}, 400, "VALIDATION_ERROR", "file_data")
        for text in ("data:text/plain,\ud800", "data:text/plain," + "\udfff" * 30_000)
    ),
    ({"file_data": b64(CSV), "file_name": " "}, 400, "VALIDATION_ERROR", "file_name"),
    (
        {"file_data": b64(CSV), "file_name": "a.csv", "file_type": "model"},
        *(400, "VALIDATION_ERROR", "file_type"),
    ),
    ({"file_url": "http://127.0.0.1:9/a.csv"}, 400, "DOWNLOAD_FAILED", "file_url"),
    ({"file_url": "http://169.254.169.254/latest"}, 400, "DOWNLOAD_FAILED", "file_url"),
    ({"file_data": b64(CSV), "file_name": "a.exe"}, 415, "UNSUPPORTED_TYPE", "file_data"),
    (
        {"file_data": b64(b"MZ\x90\0" + bytes(99)), "file_name": "a.png"},
        *(415, "UNSUPPORTED_TYPE", "file_data"),
    ),
    (
        {"file_data": b64(CSV), "file_name": "a.csv", "file_type": "image"},
        *(415, "UNSUPPORTED_TYPE", "file_data"),
    ),
    (
        {"file_data": b64(bytes(10_000_001)), "file_name": "a.pdf"},
        *(413, "FILE_TOO_LARGE", "file_data"),
    ),
]


@pytest.mark.parametrize(("body", "status", "code", "field"), REFUSED)
def test_what_is_wrong_is_named(
    post: Post, body: dict[str, Any], status: int, code: str, field: str
) -> None:
    answer = post(UPLOAD, body)
    told = answer.json()
    assert (answer.status_code, told["error"]["code"]) == (status, code), told
    assert told["error"]["httpStatus"] == status
    assert told["details"] == {"field": field}
    assert not File.objects.exists()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b'{"file_data": "a', b"\xff{}"])
def test_what_is_no_object_is_told_so(post: Post, body: bytes) -> None:
    answer = post(UPLOAD, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")


def test_a_large_body_is_taken_here_and_nowhere_else(post: Post) -> None:
    text = b64(b"word\n" * 1_500_000)
    assert post("/v1/embed-tokens/request", {"agent_id": text}).status_code == 413
    answer = post(UPLOAD, {"file_data": text, "file_name": "long.txt", "file_type": "document"})
    assert answer.status_code == 200, answer.content
    assert answer.json()["data"]["file_size"] == 7_500_000


def test_every_way_of_writing_base64_in_json_is_read(post: Post) -> None:
    data = bytes(range(32, 127)) * 3000
    text = b64(data)
    lines = "\\r\\n".join(text[at : at + 76] for at in range(0, len(text), 76))
    escaped = text.replace("/", "\\/").replace("+", "\\u002B").replace("=", "\\u003d")
    for written in (lines, escaped):
        body = f'{{"file_name": "a\\u002etxt", "file_data": "{written}"}}'
        answer = post(UPLOAD, body.encode())
        assert answer.status_code == 200, answer.content
        with default_storage.open(File.objects.latest("pk").name) as kept:
            assert kept.read() == data


def test_uploads_have_a_rate_and_an_account_a_bound(post: Post, settings: Settings) -> None:
    settings.PARLEY_ACCOUNT_STORAGE_MB = 1
    settings.PARLEY_RATE_UPLOADS = "3/minute"
    body = {"file_data": b64(b"word " * 120_000), "file_name": "long.txt"}
    assert post(UPLOAD, body).status_code == 200
    full = post(UPLOAD, body)
    assert (full.status_code, full.json()["code"]) == (413, "FILE_TOO_LARGE")
    assert "1 MB" in full.json()["message"]
    assert File.objects.count() == 1
    post(UPLOAD, body)
    limited = post(UPLOAD, body)
    assert limited.status_code == 429
    assert int(limited["Retry-After"]) > 0


def kept(post: Post, data: bytes, name: str) -> str:
    answer = post(UPLOAD, {"file_data": b64(data), "file_name": name})
    assert answer.status_code == 200, answer.content
    url: str = answer.json()["data"]["file_url"]
    return url.removeprefix("http://localhost:8000")


@pytest.mark.parametrize(
    ("data", "name", "how", "cache"),
    [
        (PNG, "a.png", "inline", "public"),
        (SVG, "a.svg", "attachment", "public"),
        (CSV, "a.csv", "attachment", "private"),
    ],
)
def test_nothing_that_is_handed_out_runs(
    post: Post, client: Client, data: bytes, name: str, how: str, cache: str
) -> None:
    answer = client.get(kept(post, data, name))
    assert b"".join(answer) == data
    assert answer["Content-Disposition"].startswith(f"{how}; ")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == f"{cache}, max-age=31536000, immutable"
    assert ("Access-Control-Allow-Origin" in answer) == (cache == "public")


def test_no_log_line_names_it(post: Post, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    path = kept(post, CSV, "a.csv")
    list(client.get(path))
    logged = "\n".join(str(vars(record)) for record in caplog.records)
    assert "/media/" in logged
    assert path.rpartition("/")[2] not in logged


def test_a_player_seeks(post: Post, client: Client) -> None:
    path = kept(post, CSV, "a.csv")
    for asked, status, content, span in [
        ("bytes=2-4", 206, CSV[2:5], "bytes 2-4/8"),
        ("bytes=5-", 206, CSV[5:], "bytes 5-7/8"),
        ("bytes=-3", 206, CSV[-3:], "bytes 5-7/8"),
        ("bytes=0-99", 206, CSV, "bytes 0-7/8"),
        ("bytes=8-", 416, b"", "bytes */8"),
        ("bytes=-0", 416, b"", "bytes */8"),
        ("bytes=0-1,3-4", 200, CSV, None),
        ("lines=1-2", 200, CSV, None),
    ]:
        answer = client.get(path, headers={"Range": asked})
        assert (answer.status_code, b"".join(answer)) == (status, content), asked
        assert answer.headers.get("Content-Range") == span
    head = client.head(path)
    assert (head.status_code, head.content, head["Content-Length"]) == (200, b"", "8")
    assert client.get(path, headers={"If-None-Match": head["ETag"]}).status_code == 304
    changed = client.get(path, headers={"Range": "bytes=2-4", "If-Range": '"another"'})
    assert changed.status_code == 200
    assert b"".join(changed) == CSV


@pytest.mark.parametrize(
    "name", ["assets/docs/none.pdf", "..%2f..%2fparley.sqlite3", "../parley.sqlite3", "%00", ""]
)
def test_nothing_else_is_handed_out(client: Client, db: None, name: str) -> None:
    assert client.get(f"/media/{name}").status_code == 404


def test_another_s_file_is_no_source(post: Post, client: Client, tenant: Tenant) -> None:
    """One's own file may be uploaded again by its address; another's is as unknown as none."""
    bob = make_tenant("bob")
    url = f"http://localhost:8000{kept(post, CSV, 'a.csv')}"
    mine = post(UPLOAD, {"file_url": f"{url}?again=1"})
    assert mine.status_code == 200, mine.content
    secret = {"api-secret": bob.secret}
    told = [
        post(UPLOAD, {"file_url": each}, secret)
        for each in (url, *(f"http://localhost:8000/media/{name}" for name in ("none", "%00")))
    ]
    assert [each.status_code for each in told] == [400, 400, 400]
    assert told[0].json() == told[1].json() == told[2].json()
    assert not File.objects.filter(account=bob.account).exists()
