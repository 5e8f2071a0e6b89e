"""Bodies and answers larger than memory should hold, through a real server."""

import base64
import contextlib
import http.client
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import resolve

from api.bodies import LONGEST_BYTES
from config.serving.incoming import LARGE_AT_ONCE, TAKING_FILES
from tests.served import Served
from tests.webhooks.receiving import eventually

MB = 1_000_000
WAV = b"RIFF\0\0\0\0WAVEfmt " + bytes(48 * MB)
HELD_BYTES = 40 * MB
"""What one large request may cost: far less than the file."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("data") / "var") as running:
        yield running


def peak_bytes(served: Served) -> int:
    """The most memory that the server has ever had."""
    status = Path(f"/proc/{served.process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


@contextlib.contextmanager
def ask(
    served: Served, method: str, path: str, body: object = None
) -> Iterator[http.client.HTTPResponse]:
    """Send it; an iterator as body goes in chunks, without its length."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    headers = {"api-secret": served.fact("API secret"), "Content-Type": "application/json"}
    with contextlib.closing(connection):
        connection.request(method, path, body=body, headers=headers)  # type: ignore[arg-type] # an iterable body
        yield connection.getresponse()


def in_pieces(data: bytes) -> Iterator[bytes]:
    for at in range(0, len(data), MB):
        yield data[at : at + MB]


def is_well(served: Served) -> bool:
    with ask(served, "GET", "/healthz") as answer:
        return answer.status == 200


@pytest.fixture(scope="module")
def uploaded(served: Served) -> str:
    """The path of a large file, sent with its length and then without."""
    before = peak_bytes(served)
    body = b'{"file_name": "long.wav", "file_data": "' + base64.b64encode(WAV) + b'"}'
    for form in (body, in_pieces(body)):
        with ask(served, "POST", "/v1/files/upload", form) as answer:
            told = json.load(answer)
        assert answer.status == 200, told
        assert told["data"]["file_size"] == len(WAV)
    assert peak_bytes(served) - before < HELD_BYTES
    path: str = told["data"]["file_url"].partition("/media/")[2]
    return f"/media/{path}"


def test_a_large_file_goes_in_and_out_in_pieces(served: Served, uploaded: str) -> None:
    before = peak_bytes(served)
    with ask(served, "GET", uploaded) as answer:
        time.sleep(1)  # for the server to run ahead, if it did
        assert answer.read() == WAV
    assert peak_bytes(served) - before < HELD_BYTES


def test_one_who_hangs_up_takes_nothing_along(served: Served, uploaded: str) -> None:
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", served.port), timeout=10) as sock:
            sock.sendall(f"GET {uploaded} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert sock.recv(1000).startswith(b"HTTP/1.1 200")
    assert is_well(served)
    assert "Traceback" not in served.output


def test_what_is_too_large_for_an_address_is_not_read(served: Served) -> None:
    before = peak_bytes(served)
    body = b'{"agent_id": "' + b"x" * (20 * MB) + b'"}'
    for form in (body, in_pieces(body)):
        with ask(served, "POST", "/v1/embed-tokens/request", form) as answer:
            assert (answer.status, json.load(answer)["code"]) == (413, "FILE_TOO_LARGE")
    assert peak_bytes(served) - before < HELD_BYTES / 2


def flood(sock: socket.socket, length_bytes: int) -> None:
    piece = b"%x\r\n" % MB + bytes(MB) + b"\r\n"
    for _ in range(length_bytes // MB):
        sock.sendall(piece)


def begin(served: Served, path: str, length_bytes: int, *headers: str) -> socket.socket:
    """A request that has sent so much of its body, and goes on some time."""
    head = [f"POST {path} HTTP/1.1", "Host: localhost", "Transfer-Encoding: chunked", *headers]
    sock = socket.create_connection(("127.0.0.1", served.port), timeout=60)
    sock.sendall("\r\n".join([*head, "", ""]).encode())
    flood(sock, length_bytes)
    return sock


def finish(sock: socket.socket) -> http.client.HTTPResponse:
    sock.sendall(b"0\r\n\r\n")
    answer = http.client.HTTPResponse(sock)
    answer.begin()
    return answer


def kept_bytes(served: Served) -> list[int]:
    """The size of each nameless file that the server has open, the larger ones."""
    sizes = []
    for each in Path(f"/proc/{served.process.pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            if "(deleted)" in str(each.readlink()):
                sizes.append(each.stat().st_size)
    return [size for size in sizes if size > MB]


@pytest.mark.parametrize(
    ("path", "headers", "status", "told"),
    [
        ("/v1/me", ["api-secret: x"], 413, "FILE_TOO_LARGE"),
        ("/v1/files/upload", [], 401, "MISSING_AUTH"),
        ("/v1/files/upload", ["api-secret: x"], 401, "UNAUTHORIZED"),
        ("/console/login/", [], 413, "The body is larger than 12000000 bytes\n"),
        ("/console/agents/agent/make/", ["Cookie: a=b"], 403, "Sign in before you send files\n"),
        ("/console/agents/agent/make/", ["Cookie: a=b; parley_session=x"], 403, None),
    ],
)
def test_who_may_send_much_is_looked_at_before_it_is_kept(
    served: Served, path: str, headers: list[str], status: int, told: str | None
) -> None:
    with begin(served, path, 30 * MB, *headers) as sock:
        kept = told in {"UNAUTHORIZED", None}
        eventually(lambda: kept_bytes(served) == ([30 * MB] if kept else []))
        answer = finish(sock)
        assert answer.status == status
        text = answer.read().decode()
        assert told in {None, text, path.startswith("/v1") and json.loads(text)["code"]}


def test_so_many_large_bodies_are_taken_at_once(served: Served) -> None:
    upload = ("/v1/files/upload", 13 * MB, "api-secret: x")
    with contextlib.ExitStack() as open_ones:
        first, *_ = [open_ones.enter_context(begin(served, *upload)) for _ in range(LARGE_AT_ONCE)]
        eventually(lambda: kept_bytes(served) == [13 * MB] * LARGE_AT_ONCE)
        with begin(served, *upload) as one_more:
            answer = finish(one_more)
            assert (answer.status, json.load(answer)["code"]) == (503, "NO_AVAILABLE_WORKERS")
            assert answer.headers["Retry-After"] == "10"
        first.close()
        eventually(lambda: len(kept_bytes(served)) == LARGE_AT_ONCE - 1)
        with begin(served, *upload) as one_more:
            assert finish(one_more).status == 401


def test_addresses_that_take_files_are_there() -> None:
    for path in TAKING_FILES:
        assert resolve(path).url_name


def test_what_is_too_large_for_every_address_is_cut_off(served: Served) -> None:
    head = "POST /v1/me HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", served.port), timeout=60) as sock:
        sock.sendall(head.encode())
        with pytest.raises(ConnectionError):
            flood(sock, LONGEST_BYTES + 100 * MB)
    assert is_well(served)
