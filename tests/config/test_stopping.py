"""What a stop, a second signal and kill -9 do to a visit that is live."""

import asyncio
import contextlib
import signal
import sqlite3
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.served import Served


@contextlib.asynccontextmanager
async def visiting(served: Served) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A socket after its hello."""
    url = f"{served.url}/ws/embed/{served.fact('Demo agent')}"
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url, headers={"Origin": served.url}) as opened,
    ):
        await opened.send_json({"type": "hello", "v": 1, "mode": "text", "greeting": False})
        yield opened


async def hear(opened: aiohttp.ClientWebSocketResponse, kind: str) -> dict[str, object]:
    """The next message of a kind."""
    async with asyncio.timeout(20):
        while True:
            message: dict[str, object] = await opened.receive_json()
            if message["type"] == kind:
                return message


def ends(served: Served) -> list[tuple[str, str]]:
    with contextlib.closing(sqlite3.connect(served.data_dir / "parley.sqlite3")) as database:
        return database.execute("select state, end_reason from rtc_session").fetchall()


@pytest.fixture
def served(tmp_path: Path, request: pytest.FixtureRequest) -> Served:
    return Served(tmp_path / "var", {"PARLEY_DRAIN_SECONDS": str(request.param)})


@pytest.mark.parametrize("served", [3], indirect=True)
def test_a_live_visit_may_go_on_while_no_other_begins(served: Served) -> None:
    async def meanwhile() -> None:
        async with visiting(served) as first:
            await hear(first, "welcome")
            served.process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(served.wait_for, "Stopping")
            async with visiting(served) as second:
                refused = await hear(second, "error")
            assert refused["code"] == "shutdown"
            await first.send_json({"type": "text", "text": "When are you open on Saturday?"})
            while not (caption := await hear(first, "caption"))["final"] or (
                caption["role"] != "assistant"
            ):
                pass
            assert await hear(first, "state") == {
                "type": "state",
                "state": "ended",
                "reason": "shutdown",
            }

    with served:
        served.wait_for("shown this once")
        asyncio.run(meanwhile())
        assert served.process.wait(20) == 0
        assert ends(served) == [("ended", "shutdown")]


@pytest.mark.parametrize("served", [120], indirect=True)
def test_a_second_signal_ends_visits_at_once(served: Served) -> None:
    async def meanwhile() -> None:
        async with visiting(served) as opened:
            await hear(opened, "welcome")
            served.process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(served.wait_for, "Stopping")
            served.process.send_signal(signal.SIGTERM)
            assert (await hear(opened, "state"))["state"] in {"live", "ended"}
            assert await asyncio.to_thread(served.process.wait, 20) == 0

    with served:
        served.wait_for("shown this once")
        started_s = time.monotonic()
        asyncio.run(meanwhile())
        assert time.monotonic() - started_s < 60
        assert ends(served) == [("ended", "shutdown")]


@pytest.mark.parametrize("served", [2], indirect=True)
def test_after_kill_9_the_next_start_closes_what_was_open(served: Served) -> None:
    async def meanwhile() -> None:
        async with visiting(served) as opened:
            await hear(opened, "welcome")
            served.stop(signal.SIGKILL)

    with served:
        served.wait_for("shown this once")
        asyncio.run(meanwhile())
        assert ends(served)[0][0] != "ended"
    with Served(served.data_dir) as again:
        assert ends(again) == [("ended", "server_lost")]
