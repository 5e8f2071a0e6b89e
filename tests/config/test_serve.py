"""`serve` as a real process: its first start, its stops, and what it lets in and out."""

import asyncio
import contextlib
import json
import re
import signal
import socket
import sqlite3
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import httpx
import psutil
import pytest
from django.db import OperationalError

from config import tasks
from config.serving.service import keep_house
from tests.conftest import is_this_machine
from tests.fakes.rtc_visitor import Mouth, Visitor
from tests.served import Served, free_port
from voice.offline.flite import Flite

SECOND_START_CPU_S = 5.0
GUARD = '''
"""Notes every place beyond this machine that the process looks up or sends to."""
import os, socket

LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0", "::")

def note(host):
    if isinstance(host, bytes):
        host = host.decode()
    if isinstance(host, str) and host and not host.startswith(LOOPBACK):
        with open(os.environ["GUARD_FILE"], "a") as file:
            file.write(host + "\\n")

def guarded(call, of):
    def call_it(*args, **kwargs):
        note(of(*args))
        return call(*args, **kwargs)
    return call_it

def address(sock, *args):
    return None if sock.family == socket.AF_UNIX else args[-1][0]

class Socket(socket.socket):
    connect = guarded(socket.socket.connect, address)
    connect_ex = guarded(socket.socket.connect_ex, address)
    sendto = guarded(socket.socket.sendto, address)

socket.socket = Socket
socket.getaddrinfo = guarded(socket.getaddrinfo, lambda host, *args: host)
'''


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose `sitecustomize` notes outgoing connections in the file `reached`."""
    folder = tmp_path_factory.mktemp("guard")
    (folder / "sitecustomize.py").write_text(GUARD)
    return folder


async def written_conversation(served: Served, question: str) -> tuple[str, str]:
    """The sid of a visit to the demo agent, and its whole answer to one typed question."""
    url = f"{served.url}/ws/embed/{served.fact('Demo agent')}"
    hello = {"type": "hello", "v": 1, "mode": "text", "greeting": False}
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url, headers={"Origin": served.url}) as opened,
        asyncio.timeout(30),
    ):
        await opened.send_json(hello)
        await opened.send_json({"type": "text", "text": question})
        sid = ""
        while True:
            message = await opened.receive_json()
            assert message["type"] != "error", message
            sid = message.get("sid", sid)
            if message["type"] == "caption" and message["role"] == "assistant" and message["final"]:
                await opened.send_json({"type": "end"})
                return sid, str(message["text"])


async def spoken_conversation(served: Served, question: str) -> tuple[str, str]:
    """What the demo agent understood of a spoken question, and what it was heard to answer."""
    url = f"{served.url}/ws/embed/{served.fact('Demo agent')}"
    mouth = Mouth()
    visitor = Visitor(mouth)
    understood = ""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url, headers={"Origin": served.url}) as opened,
        asyncio.timeout(60),
    ):
        await opened.send_json({"type": "hello", "v": 1, "mode": "voice", "greeting": False})
        await opened.send_json({"type": "offer", "sdp": await visitor.offer()})
        speaking: asyncio.Task[None] | None = None
        while True:
            message = await opened.receive_json()
            assert message["type"] != "error", message
            if message["type"] == "answer":
                await visitor.accept(message["sdp"])
            elif message["type"] == "state" and message["state"] == "live":
                speaking = asyncio.create_task(mouth.say(Flite().synthesise(question, "rms").pcm))
            elif message["type"] == "caption" and message["final"]:
                if message["role"] == "assistant":
                    break
                understood = str(message["text"])
        assert speaking is not None
        await speaking
        await opened.send_json({"type": "end"})
    assert visitor.received.loud(500)
    assert visitor.received.video
    await visitor.aclose()
    return understood, str(message["text"])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, guard: Path) -> Iterator[Served]:
    """A first start, shared by the tests that only look at it."""
    environ = {
        "PYTHONPATH": str(guard),
        "GUARD_FILE": str(guard / "reached"),
        "PARLEY_MAX_VISIT": "3",
    }
    with Served(tmp_path_factory.mktemp("first") / "var", environ) as served:
        served.wait_for("shown this once")
        yield served


def test_a_first_start_gives_all_that_is_needed(served: Served) -> None:
    code, secret = served.fact("Demo agent"), served.fact("API secret")
    answer = httpx.post(f"{served.url}/v1/validate", headers={"api-secret": secret})
    assert answer.status_code == 200, answer.text
    assert re.fullmatch(r"A\d{2}[A-Z]{3}\d{4}", code)
    assert httpx.get(f"{served.url}/embed/{code}").status_code == 200
    assert f"http://localhost:{served.port}/demo" in served.output
    assert "Did you mean PARLEY_MAX_VISITS?" in served.output
    database = served.data_dir / "parley.sqlite3"
    assert stat.S_IMODE(database.stat().st_mode) == 0o600


def test_the_printed_login_opens_the_console(served: Served) -> None:
    found = re.search(r"Console .* (\S+) · (\S+)", served.output)
    assert found
    with httpx.Client(base_url=served.url, follow_redirects=True) as browser:
        browser.get("/console/login/")
        page = browser.post(
            "/console/login/",
            data={
                "username": found[1],
                "password": found[2],
                "next": "/console/",
                "csrfmiddlewaretoken": browser.cookies["parley_csrf"],
            },
            headers={"Origin": served.url},
        )
        assert page.url.path == "/console/", "the login was refused"


def test_static_files_come_hashed_compressed_and_for_ever(served: Served) -> None:
    login = httpx.get(f"{served.url}/console/login/").text
    path = re.search(r'href="(/static/[^"]+\.css)"', login)
    assert path
    answer = httpx.get(served.url + path[1], headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers.get("content-encoding") == "gzip"
    again = httpx.get(served.url + path[1], headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert httpx.get(f"{served.url}/static/nothing.css").status_code == 404


def test_pages_load_nothing_from_elsewhere(served: Served) -> None:
    code = served.fact("Demo agent")
    for path in ("/demo", f"/embed/{code}", "/v1/docs", "/console/login/"):
        page = httpx.get(served.url + path).text
        found = re.findall(r"""(?:src|href)=["'](?:https?:)?//([^/"']+)""", page)
        ours = {f"127.0.0.1:{served.port}", f"localhost:{served.port}"}
        loaded = set(re.findall(r"""<(?:script|link|img|iframe)[^>]*//([^/"'>]+)""", page))
        assert loaded <= ours, (path, loaded)
        assert "cdn" not in " ".join(found), path


async def test_a_default_install_reaches_nothing_beyond_the_machine(
    served: Served, guard: Path
) -> None:
    """Neither at start, nor in a conversation, written or spoken."""
    _, replied = await written_conversation(served, "When are you open on Saturday?")
    assert "nine" in replied
    understood, replied = await spoken_conversation(served, "When are you open on Saturday?")
    assert understood
    assert replied
    noted = guard / "reached"
    reached = set(noted.read_text().split()) if noted.exists() else set()
    assert not [host for host in reached if not is_this_machine(host)]


def test_a_foreign_host_is_refused(served: Served) -> None:
    answer = httpx.get(f"{served.url}/console/login/", headers={"Host": "evil.example"})
    assert answer.status_code == 400


async def test_a_foreign_page_opens_no_websocket(served: Served) -> None:
    url = f"{served.url}/ws/embed/{served.fact('Demo agent')}"
    async with aiohttp.ClientSession() as session:
        for headers in ({"Origin": "https://evil.example"}, {}):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(url, headers=headers)
            assert refused.value.status == 403


async def test_a_message_of_a_megabyte_closes_the_websocket(served: Served) -> None:
    url = f"{served.url}/ws/embed/{served.fact('Demo agent')}"
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url, headers={"Origin": served.url}) as opened,
        asyncio.timeout(10),
    ):
        await opened.send_str("x" * 1024 * 1024)
        closing = await opened.receive()
    assert closing.type is aiohttp.WSMsgType.CLOSE
    assert closing.data == aiohttp.WSCloseCode.MESSAGE_TOO_BIG


def test_no_query_reaches_the_log(served: Served) -> None:
    httpx.get(f"{served.url}/embed/A00XXX0000", params={"token": "abc.def.ghi"})
    line = served.wait_for("/embed/A00XXX0000")
    assert "status=404" in line
    assert "abc.def" not in served.output


async def test_the_log_tells_which_visit_a_socket_was_of(served: Served) -> None:
    sid, _ = await written_conversation(served, "Hello")
    line = await asyncio.to_thread(served.wait_for, f"parley.access {sid} websocket")
    assert "action=disconnected" in line
    assert "path=/ws/embed/" in line


def test_a_taken_port_is_told_with_a_remedy(served: Served, tmp_path: Path) -> None:
    with (
        pytest.raises(AssertionError, match=f"Port {served.port} is already in use") as refused,
        Served(tmp_path / "var", port=served.port),
    ):
        pass
    assert f"make run PORT={served.port + 1}" in str(refused.value)
    assert "Traceback" not in str(refused.value)


def test_stops_and_next_starts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Once gracefully, once after kill -9, and again: each over the same folder."""
    folder = tmp_path / "var"
    with Served(folder) as first:
        first.wait_for("shown this once")
        secret = first.fact("API secret")
        assert first.stop(signal.SIGTERM) == 0
        assert "Stopped" in first.output
        assert "Traceback" not in first.output
    with Served(folder, port=first.port) as second:
        with capsys.disabled():
            sys.stdout.write(
                f"\nfirst start {first.ready_after_s:.1f} s (CPU {first.ready_after_cpu_s:.1f}), "
                f"second {second.ready_after_s:.1f} s (CPU {second.ready_after_cpu_s:.1f})\n"
            )
        # What it computes, not how long it takes: other work on this machine costs time alone.
        assert second.ready_after_cpu_s < SECOND_START_CPU_S
        assert "API secret: " not in second.output
        assert "unchanged" in second.output
        assert second.stop(signal.SIGKILL) == -signal.SIGKILL
    with Served(folder, port=free_port()) as third:
        answer = httpx.post(f"{third.url}/v1/validate", headers={"api-secret": secret})
        assert answer.status_code == 200
        assert third.stop(signal.SIGINT) == 0


def test_house_is_kept_from_the_start_on(served: Served) -> None:
    """A server that is started anew more often than hourly deletes what is old, too."""
    deadline_s, done = time.monotonic() + 20, set[str]()
    while "rtc.tasks.purge_transcripts" not in done and time.monotonic() < deadline_s:
        time.sleep(0.2)
        with contextlib.closing(sqlite3.connect(served.data_dir / "parley.sqlite3")) as database:
            rows = database.execute("select task_path from django_tasks_database_dbtaskresult")
            done = {path for (path,) in rows}
    assert "rtc.tasks.purge_transcripts" in done


async def test_housekeeping_outlives_a_database_that_fails_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    def failing_first() -> None:
        asked.append(1)
        if len(asked) == 1:
            raise OperationalError("database is locked")

    monkeypatch.setattr(tasks, "keep_house", failing_first)
    serving = asyncio.Event()
    keeping = asyncio.create_task(keep_house(serving, every_s=0.01))
    await asyncio.sleep(0.05)
    assert asked == [], "nothing is asked for before anybody is served"
    serving.set()
    async with asyncio.timeout(5):
        while len(asked) < 3:
            await asyncio.sleep(0.01)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


def test_the_task_worker_is_replaced_and_no_child_outlives_the_server(tmp_path: Path) -> None:
    with Served(tmp_path / "var") as served:
        parent = psutil.Process(served.process.pid)

        def worker() -> int:
            deadline_s = time.monotonic() + 20
            while time.monotonic() < deadline_s:
                for child in parent.children():
                    if child.cmdline()[-1:] == ["worker"]:
                        return int(child.pid)
                time.sleep(0.1)
            raise AssertionError("there is no task worker")

        first = worker()
        psutil.Process(first).kill()
        served.wait_for("child=task worker")
        second = worker()
        assert second != first
        children = parent.children(recursive=True)
        assert second in [child.pid for child in children]
        served.stop(signal.SIGKILL)
        _, alive = psutil.wait_procs(children, timeout=20)
        assert not alive


def test_it_is_ready_and_measured(served: Served) -> None:
    """By address too, as probes ask."""
    ready = httpx.get(f"{served.url}/readyz", headers={"Host": "10.1.2.3:8000"})
    assert (ready.status_code, ready.json()["status"]) == (200, "ok")
    assert set(ready.json()["checks"].values()) == {"ok"}
    page = httpx.get(f"{served.url}/metrics")
    assert page.headers["Content-Type"].startswith("text/plain")
    assert 'parley_visits{state="live"}' in page.text


@pytest.mark.parametrize(
    "request_lines",
    [
        b"GET /v1/\xff HTTP/1.1\r\nHost: localhost",
        b"GET /v1/me?\xff HTTP/1.1\r\nHost: localhost",
        b"GET /v1/me HTTP/1.1\r\nHost: localhost\r\nX-Bad: a\x01b",
        b"GET /v1/me HTTP/1.1\r\nHost: local host\r\napi-secret: \xff\xfe",
        b"BREW /v1/%ff%00 HTTP/1.1\r\nHost: localhost",
    ],
)
def test_what_cannot_be_read_gets_json(served: Served, request_lines: bytes) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as sock:
        sock.sendall(request_lines + b"\r\nConnection: close\r\n\r\n")
        answer = sock.makefile("rb").read()
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split()[1])
    assert 400 <= status < 500, answer
    if body:  # what is no HTTP at all gets a bare status
        assert b"content-type: application/json" in head.lower(), answer
        assert b"x-request-id: req_" in head.lower(), answer
        assert json.loads(body)["status_code"] == status, answer
