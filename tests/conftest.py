"""What holds in every test: no task outlives it, nothing blocks its loop, nothing calls out.

A test that needs a longer loop callback for a stated reason says so:
`@pytest.mark.loop_budget_ms(200, reason="…")`.
"""

import asyncio
import contextlib
import errno
import gc
import inspect
import ipaddress
import os
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

LOOP_BUDGET_MS = 50.0
LEAK_GRACE_S = 0.25


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "loop_budget_ms(milliseconds, reason): the longest loop callback allowed"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give every asynchronous test the leak check, set up first and so torn down last.

    On another database than usual, leave out the tests that touch none.
    """
    if "PARLEY_TEST_DATABASE_URL" in os.environ:
        without = [item for item in items if not _touches_database(item)]
        config.hook.pytest_deselected(items=without)
        items[:] = [item for item in items if _touches_database(item)]
    for item in items:
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.function):
            item.fixturenames.insert(0, "no_leaked_tasks")


def _touches_database(item: pytest.Item) -> bool:
    wanted = {"db", "transactional_db"} & set(getattr(item, "fixturenames", ()))
    return bool(wanted) or item.get_closest_marker("django_db") is not None


def pytest_collection_finish() -> None:
    """Spare loop callbacks the walk through every imported module's objects."""
    gc.collect()
    gc.freeze()


@pytest.fixture
async def no_leaked_tasks() -> AsyncIterator[None]:
    """Fail when a task that the test started still runs after it."""
    before = asyncio.all_tasks()
    yield
    leaked = asyncio.all_tasks() - before - {asyncio.current_task()}
    if leaked:
        _, leaked = await asyncio.wait(leaked, timeout=LEAK_GRACE_S)
    if leaked:
        names = sorted(f"{task.get_name()}: {task.get_coro()!r}" for task in leaked)
        for task in leaked:
            task.cancel()
        await asyncio.wait(leaked, timeout=LEAK_GRACE_S)
        pytest.fail("tasks outlived the test:\n" + "\n".join(names), pytrace=False)


@pytest.fixture(autouse=True)
def no_slow_callbacks(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Fail when one loop callback takes too much CPU of its own thread.

    CPU and not wall time, so that a busy machine fails nobody. Nor is a blocking wait what is
    left of the wall time after CPU and the wait for a core: waiting for the interpreter's lock
    looks the same, and lasts 200 ms where three threads compute. Ruff's ASYNC rules look for
    what blocks. The garbage collector's time is not the callback's own: it
    walks through all that the tests before have left.
    """
    marker = request.node.get_closest_marker("loop_budget_ms")
    budget_ms = float(marker.args[0]) if marker else LOOP_BUDGET_MS
    slow: list[str] = []
    run = asyncio.Handle._run
    collecting_s = [0.0]

    def on_collection(phase: str, _: dict[str, int]) -> None:
        if threading.current_thread() is threading.main_thread():
            collecting_s[0] += time.thread_time() * (1 if phase == "stop" else -1)

    def measured(handle: Any) -> None:
        callback = handle._callback
        collected_s, started_s = collecting_s[0], time.thread_time()
        run(handle)
        own_s = time.thread_time() - started_s - (collecting_s[0] - collected_s)
        spent_ms = own_s * 1000
        if spent_ms > budget_ms:
            slow.append(f"{_name(callback)} took {spent_ms:.0f} ms")

    monkeypatch.setattr(asyncio.Handle, "_run", measured)
    gc.callbacks.append(on_collection)
    yield
    gc.callbacks.remove(on_collection)
    if slow:
        pytest.fail(f"over {budget_ms:.0f} ms on the loop:\n" + "\n".join(slow), pytrace=False)


def _name(callback: object) -> str:
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, asyncio.Task):
        return f"a step of {owner.get_name()}: {owner.get_coro()!r}"
    return repr(callback)


@pytest.fixture(autouse=True)
def no_outgoing_connections(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuse, and fail on, every name look-up and every connection beyond this machine."""
    tried: list[str] = []
    connect, connect_ex, look_up = (
        socket.socket.connect,
        socket.socket.connect_ex,
        socket.getaddrinfo,
    )

    def check(host: object) -> None:
        if not is_this_machine(host):
            tried.append(repr(host))
            raise OSError(errno.ENETUNREACH, f"tests reach nothing beyond this machine: {host!r}")

    def guarded_connect(self: socket.socket, address: Any) -> None:
        check(_host(self, address))
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        check(_host(self, address))
        return connect_ex(self, address)

    def guarded_look_up(host: str | bytes | None, *args: Any, **kwargs: Any) -> Any:
        check(host)
        return look_up(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_look_up)
    yield
    if tried:
        pytest.fail("tried to reach " + ", ".join(tried), pytrace=False)


def _host(sock: socket.socket, address: Any) -> object:
    return None if sock.family == socket.AF_UNIX else address[0]


def is_this_machine(host: object) -> bool:
    """Whether `host` is None, localhost, or an address of one of this machine's interfaces."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if not isinstance(host, str) or host in {"", "localhost", socket.gethostname()}:
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    if address.is_loopback or address.is_unspecified:
        return True
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with contextlib.closing(socket.socket(family, socket.SOCK_DGRAM)) as probe:
        try:
            probe.bind((host, 0))
        except OSError:
            return False
    return True
