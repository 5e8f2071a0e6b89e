"""A small server that speaks just enough of the signalling for a visitor to connect."""

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable
from typing import Protocol

import aiohttp
from aiohttp import web

PORT_LINE = "Listening on "


class Side(Protocol):
    """The server's side of one visit."""

    async def answer(self, sdp: str) -> str:
        """Answer the visitor's offer."""

    async def close(self) -> None:
        """End the visit."""


def run(make_side: Callable[[], Side]) -> None:
    """Serve visits on a free loopback port, which the first line printed names, until SIGTERM."""
    logging.getLogger("aioice").setLevel(logging.WARNING)
    with contextlib.suppress(asyncio.CancelledError, KeyboardInterrupt):
        asyncio.run(_serve(application(make_side)))


def application(make_side: Callable[[], Side]) -> web.Application:
    """The signalling as an aiohttp application; each visit gets a side of its own."""

    async def visit(request: web.Request) -> web.WebSocketResponse:
        return await _visit(request, make_side())

    app = web.Application()
    app.router.add_get("/ws/embed/{code}", visit)
    return app


async def _serve(app: web.Application) -> None:
    runner = web.AppRunner(app, handle_signals=True, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(f"{PORT_LINE}{runner.addresses[0][1]}", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


async def _visit(request: web.Request, side: Side) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    try:
        async for frame in socket:
            if frame.type is not aiohttp.WSMsgType.TEXT:
                continue
            message = json.loads(frame.data)
            if message["type"] == "hello":
                await socket.send_json({"type": "welcome"})
            elif message["type"] == "offer":
                await socket.send_json({"type": "answer", "sdp": await side.answer(message["sdp"])})
            elif message["type"] == "end":
                await socket.send_json({"type": "state", "state": "ended", "reason": "visitor"})
                await socket.close()
    finally:
        await side.close()
    return socket
