"""Requests side by side, each in a thread that outlasts it."""

import asyncio
import contextlib
import gc
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.db import connection, connections
from django.http import HttpRequest, HttpResponse
from django.urls import path
from pytest_django import Settings

from config.handler import KEPT_IDLE, SynchronousHandler

# Django leaves the body's file to the garbage collector when a request is ended so.
ABANDONED = pytest.mark.filterwarnings(
    "ignore:Exception ignored in.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning"
)
STARTED, GO_ON = threading.Semaphore(0), threading.Event()


def quick(_: HttpRequest) -> HttpResponse:
    """Tell the thread and the database connection that served it."""
    connection.ensure_connection()
    return HttpResponse(f"{threading.get_ident()} {id(connection.connection)}")


def slow(_: HttpRequest) -> HttpResponse:
    """Answer when the test says so."""
    STARTED.release()
    assert GO_ON.wait(10)
    return HttpResponse(str(threading.get_ident()))


urlpatterns = [path("quick", quick), path("slow", slow)]


@pytest.fixture(autouse=True)
def these_views(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = []
    GO_ON.clear()


@pytest.fixture
def handler() -> Iterator[SynchronousHandler]:
    """One whose threads end with the test."""
    handler = SynchronousHandler({})
    yield handler
    for thread in handler._idle:
        thread.submit(connections.close_all)
        thread.shutdown()


def ask(handler: SynchronousHandler, where: str) -> Any:
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": where,
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
    }
    return ApplicationCommunicator(handler, scope)  # type: ignore[no-untyped-call] # asgiref has no types here


async def get(handler: SynchronousHandler, where: str) -> str:
    asking = ask(handler, where)
    await asking.send_input({"type": "http.request"})
    start = await asking.receive_output(10)
    body = await asking.receive_output(10)
    await asking.wait(10)
    assert start["status"] == 200
    return str(body["body"].decode())


@pytest.mark.django_db(transaction=True)
async def test_requests_share_a_thread_and_its_connection_one_after_the_other(
    handler: SynchronousHandler,
) -> None:
    answers = [await get(handler, "/quick") for _ in range(3)]
    assert len(set(answers)) == 1


@pytest.mark.django_db(transaction=True)
async def test_a_slow_request_holds_up_no_other(handler: SynchronousHandler) -> None:
    waiting = [asyncio.create_task(get(handler, "/slow")) for _ in range(KEPT_IDLE + 4)]
    for _ in waiting:
        assert await asyncio.to_thread(STARTED.acquire, timeout=10)
    assert await get(handler, "/quick")
    GO_ON.set()
    threads = await asyncio.gather(*waiting)
    assert len(set(threads)) == len(waiting)
    async with asyncio.timeout(10):
        while waiting_threads() > KEPT_IDLE:
            await asyncio.sleep(0.01)
    assert waiting_threads() == KEPT_IDLE


@pytest.mark.django_db(transaction=True)
@ABANDONED
async def test_nobody_waits_for_a_view_that_was_given_up(handler: SynchronousHandler) -> None:
    await get(handler, "/quick")
    await give_up_a_slow_one(handler)
    assert await get(handler, "/quick"), "the view of the first is still going on"
    assert waiting_threads() == 2
    await let_it_end(handler, 2)
    assert await get(handler, "/quick")
    assert waiting_threads() == 2, "both serve on"


@pytest.mark.django_db(transaction=True)
@ABANDONED
@pytest.mark.parametrize(("where", "kind"), [("/v1/me", "application/json"), ("/x", "text/plain")])
async def test_views_that_were_given_up_count_among_those_at_once(where: str, kind: str) -> None:
    handler = SynchronousHandler({}, most_threads=1, waits_s=0.05)
    await give_up_a_slow_one(handler)
    refused = ask(handler, where)
    await refused.send_input({"type": "http.request"})
    start = await refused.receive_output(10)
    headers = dict(start["headers"])
    assert (start["status"], headers[b"Retry-After"]) == (503, b"5")
    assert headers[b"Content-Type"].decode().startswith(kind)
    await refused.wait(10)
    await let_it_end(handler, 1)
    assert await get(handler, "/quick")
    handler._idle.pop().end()


async def give_up_a_slow_one(handler: SynchronousHandler) -> None:
    """Begin a request, hang up, and end it as daphne does."""
    asking = ask(handler, "/slow")
    await asking.send_input({"type": "http.request"})
    assert await asyncio.to_thread(STARTED.acquire, timeout=10)
    await asking.send_input({"type": "http.disconnect"})
    while not asking.input_queue.empty():
        await asyncio.sleep(0)
    await asyncio.sleep(0.01)
    asking.stop()
    with contextlib.suppress(asyncio.CancelledError):
        await asking.future


async def let_it_end(handler: SynchronousHandler, idle: int) -> None:
    GO_ON.set()
    async with asyncio.timeout(10):
        while len(handler._idle) < idle:
            await asyncio.sleep(0.01)
    gc.collect()


def waiting_threads() -> int:
    return sum(thread.name.startswith("request") for thread in threading.enumerate())
