"""A page's side of a visit: its socket, and the rows that it leaves."""

import asyncio
import json
from typing import Any

from asgiref.sync import sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.urls import path

from rtc.consumers import EmbedConsumer
from rtc.models import Line, Session, State
from rtc.registry import Registry

Message = dict[str, Any]


class Page:
    """One page's socket."""

    def __init__(self, registry: Registry, code: str) -> None:
        consumer = EmbedConsumer.as_asgi(registry=registry)
        app = URLRouter([path("ws/embed/<str:code>", consumer)])
        self._socket = WebsocketCommunicator(
            app, f"/ws/embed/{code}", headers=[(b"user-agent", b"Test 1.0")]
        )
        self.seen: list[Message] = []

    async def hello(self, **fields: object) -> "Page":
        await self._socket.connect()
        await self.send("hello", **{"mode": "text", **fields})
        return self

    async def send(self, kind: str, **fields: object) -> None:
        await self._socket.send_to(text_data=json.dumps({"type": kind, **fields}))

    async def send_raw(self, text: str) -> None:
        await self._socket.send_to(text_data=text)

    async def until(self, kind: str, *, within_s: float = 3, **fields: object) -> Message:
        """The next message of this kind and with these fields; others are kept in `seen`."""
        while True:
            message = await self._next(within_s)
            matches = all(message.get(key) == value for key, value in fields.items())
            if message["type"] == kind and matches:
                return message

    async def _next(self, within_s: float) -> Message:
        message: Message = json.loads(await self._socket.receive_from(timeout=within_s))
        self.seen.append(message)
        return message

    async def first(self, *kinds: str) -> Message:
        """The next message of one of these kinds."""
        while (message := await self._next(3))["type"] not in kinds:
            pass
        return message

    async def closed(self) -> int:
        while True:
            output = await self._socket.receive_output(timeout=3)
            if output["type"] == "websocket.close":
                return int(output["code"])
            self.seen.append(json.loads(output["text"]))

    async def leave(self) -> None:
        await self._socket.disconnect()


@sync_to_async
def row(sid: str) -> Session:
    return Session.objects.get(sid=sid)


@sync_to_async
def transcript(sid: str) -> list[tuple[str, str]]:
    return list(Line.objects.filter(session__sid=sid).values_list("role", "text"))


async def ended(sid: str) -> Session:
    """The visit's row once its end is written."""
    return await reached(sid, State.ENDED)


async def reached(sid: str, state: State) -> Session:
    """The visit's row once it says `state`."""
    async with asyncio.timeout(3):
        while (session := await row(sid)).state != state:
            await asyncio.sleep(0.02)
    return session


async def gone(registry: Registry) -> None:
    async with asyncio.timeout(3):
        while len(registry):
            await asyncio.sleep(0.01)
