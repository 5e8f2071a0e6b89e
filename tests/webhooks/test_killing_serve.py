"""`serve` killed while visitors talk: what the database has is what the receiver was told."""

import asyncio
import contextlib
import json
import random
import signal
import sqlite3
from collections import defaultdict
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest

from tests.cluster.visits import visiting
from tests.served import Served, free_port
from tests.webhooks.receiving import Receiving, eventually

KILLS = 6
AT_ONCE = 3
LINES = 4
ENVIRON = {
    "DEBUG": "on",
    "PARLEY_ALLOW_LOOPBACK_URLS": "on",
    "PARLEY_ANONYMOUS_VISITS_PER_IP": "100",
    "PARLEY_ANONYMOUS_VISITS_PER_HOUR": "10000",
}
EVENTS = ["room.join", "chat.push", "session.ended"]


class Shop:
    """One data folder that is served again and again, and the receiver of its events."""

    def __init__(self, data_dir: Path, receiver: Receiving) -> None:
        self._data_dir = data_dir
        self._receiver = receiver
        self._port = free_port()
        self.agent = ""

    def serve(self) -> Served:
        return Served(self._data_dir, ENVIRON, self._port)

    def register(self, served: Served) -> None:
        """Register the receiver, once, with what the first start has printed."""
        if self.agent:
            return
        served.wait_for("shown this once")
        self.agent = served.fact("Demo agent")
        answer = httpx.post(
            f"{served.url}/v1/webhooks",
            json={"url": self._receiver.url("/slow/0.02"), "events": EVENTS},
            headers={"api-secret": served.fact("API secret")},
        )
        self._receiver.tell_secret(answer.json()["data"]["secret"])

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(self._data_dir / "parley.sqlite3")) as database:
            return database.execute(query).fetchall()

    def transcripts(self) -> dict[str, list[str]]:
        """What was said in each visit that was ever live."""
        lines = self.ask(
            "SELECT sid, text FROM rtc_session LEFT JOIN rtc_line"
            " ON session_id = rtc_session.id AND text != ''"
            " WHERE joined_at IS NOT NULL ORDER BY at, rtc_line.id"
        )
        found: dict[str, list[str]] = defaultdict(list)
        for sid, text in lines:
            found[sid] += [text] if text is not None else []
        return found

    def told(self) -> dict[str, list[dict[str, Any]]]:
        """The events of each visit in the order in which they first came."""
        received = self._receiver.received()
        assert all(line["verified"] for line in received)
        bodies = [json.loads(line["body"]) for line in received]
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for event in {body["id"]: body for body in reversed(bodies)}.values():
            found[event["data"]["session_id"]].insert(0, event)
        return found


async def talk(served: Served, agent: str) -> None:
    """One visit after the other, until the server dies; some end, some are cut."""
    with contextlib.suppress(aiohttp.ClientError, TypeError, OSError):
        while True:
            async with visiting(served, agent) as visit:
                for number in range(LINES):
                    await visit.say(f"line {number}")
                    await visit.hear("caption", role="assistant", final=True)


async def talk_until_killed(served: Served, agent: str) -> None:
    visitors = [asyncio.create_task(talk(served, agent)) for _ in range(AT_ONCE)]
    await asyncio.sleep(random.uniform(0.5, 4.0))
    await asyncio.to_thread(served.stop, signal.SIGKILL)
    await asyncio.gather(*visitors)


@pytest.mark.timeout(600)
def test_what_was_said_is_what_was_told(tmp_path: Path, receiver: Receiving) -> None:
    shop = Shop(tmp_path / "var", receiver)
    for _ in range(KILLS):
        with shop.serve() as served:
            shop.register(served)
            asyncio.run(talk_until_killed(served, shop.agent))
    going_on = "SELECT 1 FROM rtc_session WHERE state NOT IN ('ended', 'issued')"
    waiting = "SELECT 1 FROM webhooks_delivery WHERE settled_at IS NULL"
    with shop.serve():
        eventually(lambda: not shop.ask(going_on) and not shop.ask(waiting), 120)
    assert shop.ask("SELECT 1 FROM webhooks_delivery WHERE NOT delivered") == []
    transcripts, told = shop.transcripts(), shop.told()
    assert sum(map(len, transcripts.values())) > KILLS, "something was said"
    assert told.keys() == transcripts.keys()
    for sid, lines in transcripts.items():
        first, *chat, last = told[sid]
        assert (first["event"], last["event"]) == ("room.join", "session.ended")
        assert {event["event"] for event in chat} <= {"chat.push"}
        assert [event["data"]["message"] for event in chat] == lines
    reasons = {events[-1]["data"]["reason"] for events in told.values()}
    assert "server_lost" in reasons, "the kills were felt"
