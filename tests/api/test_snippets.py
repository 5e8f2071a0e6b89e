"""What the documents tell back ends to type, copied and run as it stands."""

import asyncio
import contextlib
import os
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from tests.served import ROOT, Served

PROGRAMS = {"sh": ("bash", "-e"), "python": (sys.executable,), "js": ("node",)}
SUFFIXES = {"sh": ".sh", "python": ".py", "js": ".mjs"}
TOPICS = {
    "mint": "/v1/embed-tokens/request",
    "speak": "/speak",
    "context": "/add-context",
    "gesture": "/gesture",
    "generate": "/v1/agent/generate",
    "agents": "/v1/agents",
    "visits": "/runtime-sessions",
    "webhooks": "/v1/webhooks",
    "providers": "/providers",
    "files": "/v1/files/upload",
    "tts": "/v1/tts",
    "openai": "audio.speech",
    "dynamics": "/v1/dynamics",
}
PRINTS = {
    "mint": r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+",
    "speak": r"delivered_to_rooms['\"]?: ?1",
    "context": r"delivered_to_rooms['\"]?: ?1",
    "gesture": r"delivered_to_rooms\": ?1",
    "generate": r"\"status\": ?\"processing\"",
    "agents": r"\"updated\": ?true",
    "webhooks": "whsec_",
    "providers": "prv_",
    "files": r"/media/assets/docs/\w+\.csv",
    "tts": r"audio/wav \d{5,}",
    "openai": r"order\.mp3",
    "dynamics": r"status\": ?\"processing",
}
"""What each must print; of visits, that of the visitor."""
DOCUMENTED = {
    "README.md": {("mint", "sh"): 1, ("mint", "python"): 1},
    "docs/api.md": {
        **{(topic, kind): 1 for topic in ("mint", "speak", "context") for kind in PROGRAMS},
        ("gesture", "sh"): 1,
        **{("files", kind): 1 for kind in ("sh", "python")},
        ("generate", "sh"): 1,
        ("agents", "sh"): 1,
        ("visits", "sh"): 1,
        ("tts", "sh"): 1,
        ("openai", "python"): 1,
    },
    "docs/gestures.md": {("dynamics", "sh"): 1},
    "docs/webhooks.md": {("webhooks", "sh"): 1},
    "docs/providers.md": {("providers", "sh"): 1},
}


@dataclass(frozen=True, slots=True)
class Snippet:
    page: str
    topic: str
    language: str
    text: str


def snippets() -> Iterator[Snippet]:
    """Every block of these pages that calls Parley; receivers have their own test."""
    for page in DOCUMENTED:
        for language, text in re.findall(
            r"^```(sh|python|js)\n(.*?)^```", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE
        ):
            topics = [topic for topic, path in TOPICS.items() if path in text]
            if topics and "PARLEY_URL" in text:
                yield Snippet(page, topics[0], language, text)


def test_nothing_is_missing_or_left_out() -> None:
    found: dict[str, Counter[tuple[str, str]]] = {page: Counter() for page in DOCUMENTED}
    for each in snippets():
        found[each.page][each.topic, each.language] += 1
    assert {page: dict(counted) for page, counted in found.items()} == DOCUMENTED


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("data") / "var", {"DEBUG": "on"}) as running:
        yield running


class Room:
    """A visitor by text, and the captions that it has seen."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, sid: str) -> None:
        self.sid = sid
        self._socket = socket

    async def hears(self, text: str) -> None:
        async with asyncio.timeout(10):
            while (await self._socket.receive_json()).get("text") != text:
                pass


@contextlib.asynccontextmanager
async def a_visitor(served: Served) -> AsyncIterator[Room]:
    """Somebody who is there, so that there is a room to speak in."""
    agent, api_secret = served.fact("Demo agent"), {"api-secret": served.fact("API secret")}
    context = f"{served.url}/v1/agent/{agent}/add-context"
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{served.url}/ws/embed/{agent}", headers={"Origin": served.url}) as socket,
    ):
        await socket.send_json({"type": "hello", "v": 1, "mode": "text", "greeting": False})
        welcome = await socket.receive_json(timeout=10)
        assert welcome["type"] == "welcome"
        async with asyncio.timeout(20):
            while True:
                answer = await http.post(context, json={"context": "Nothing."}, headers=api_secret)
                if answer.status == 200:
                    break
                await asyncio.sleep(0.05)
        yield Room(socket, welcome["sid"])
        await socket.send_json({"type": "end"})
        async with asyncio.timeout(10):
            while (await socket.receive_json()).get("state") != "ended":
                pass


async def run(snippet: Snippet, served: Served, folder: Path) -> str:
    """What it prints when it is copied into a file and run; it must end well."""
    copied = folder / f"snippet{SUFFIXES[snippet.language]}"
    copied.write_text(snippet.text)
    process = await asyncio.create_subprocess_exec(
        *PROGRAMS[snippet.language],
        str(copied),
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "PARLEY_URL": served.url,
            "PARLEY_SECRET": served.fact("API secret"),
            "AGENT": served.fact("Demo agent"),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(30):
        out, error = await process.communicate()
    assert process.returncode == 0, error.decode()
    return out.decode()


@pytest.mark.parametrize(
    "snippet", [*snippets()], ids=lambda each: f"{each.page}-{each.topic}-{each.language}"
)
async def test_a_copied_snippet_does_what_is_said(
    snippet: Snippet, served: Served, tmp_path: Path
) -> None:
    async with a_visitor(served) as room:
        out = await run(snippet, served, tmp_path)
        if snippet.topic == "speak":
            await room.hears("Your order is on its way.")
    assert re.search(PRINTS.get(snippet.topic, room.sid), out), out
