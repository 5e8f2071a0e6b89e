"""Visits by text to real servers, and the back end's requests about them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from tests.cluster.conftest import Cluster
from tests.served import Served

Answer = tuple[int, dict[str, Any]]


class Visit:
    """A visit by text over a real socket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self.sid = ""
        self.over = False

    async def hear(self, kind: str, **fields: object) -> dict[str, Any]:
        """The next message of this kind and with these fields."""
        async with asyncio.timeout(10):
            while True:
                message: dict[str, Any] = await self._socket.receive_json()
                self.over = self.over or message.get("state") == "ended"
                if message["type"] == kind and fields.items() <= message.items():
                    return message

    async def say(self, text: str) -> None:
        await self._socket.send_json({"type": "text", "text": text})


@contextlib.asynccontextmanager
async def visiting(served: Served, agent: str) -> AsyncIterator[Visit]:
    url = f"{served.url}/ws/embed/{agent}"
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url, headers={"Origin": served.url}) as socket,
    ):
        await socket.send_json({"type": "hello", "v": 1, "mode": "text", "greeting": False})
        visit = Visit(socket)
        visit.sid = (await visit.hear("welcome"))["sid"]
        yield visit
        if not visit.over:
            await socket.send_json({"type": "end"})
            await visit.hear("state", state="ended")


async def post(
    both: Cluster, served: Served, path: str, body: dict[str, object], **headers: str
) -> Answer:
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{served.url}{path}", json=body, headers={"api-secret": both.secret, **headers}
        ) as response,
    ):
        return response.status, await response.json()


async def speak(both: Cluster, served: Served, text: str, **fields: object) -> Answer:
    path = f"/v1/agent/{both.agent}/speak"
    return await post(both, served, path, {"message": text, **fields})


async def active(both: Cluster, served: Served, rooms: int) -> None:
    """Wait until every process can know of so many rooms; they are written behind the visits."""
    path = f"/v1/agent/{both.agent}/add-context"
    async with asyncio.timeout(20):
        while True:
            _, answer = await post(both, served, path, {"context": "Nothing new."})
            if answer.get("delivered_to_rooms") == rooms:
                return
            await asyncio.sleep(0.05)
