"""The signalling door: one WebSocket of one page; it parses, opens the visit, and passes on."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer

from rtc.errors import BadMessage, Refused
from rtc.messages import Hello, Inbound, Ping, parse
from rtc.opening import Elsewhere, Knock
from rtc.registry import Registry
from rtc.session import LiveSession
from rtc.visit_log import sid_var
from rtc.wire import Payload, Wire

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

logger = logging.getLogger(__name__)

HELLO_WITHIN_S = 10.0
BAD_CLOSE_CODE = 4400
BROKEN_CLOSE_CODE = 1011
BAD_MESSAGES_ALLOWED = 5
MESSAGES_PER_S = 50
BURST = 200


class EmbedConsumer(AsyncWebsocketConsumer):  # type: ignore[misc] # channels has no types
    """`/ws/embed/<code>`: the first message must be `hello`; docs/protocol.md has the rest."""

    # No such layer: commands come through the registry, and a socket that listened to Redis would
    # close when that goes away.
    channel_layer_alias = "none"

    def __init__(self, *, registry: Registry) -> None:
        super().__init__()
        self.registry = registry
        self.wire = Wire(self._send, self.close)
        self.session: LiveSession | None = None
        self._bad = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket; however that ends, the visit is told and the pump is gone."""
        loop = asyncio.get_running_loop()
        self._budget, self._budget_at = float(BURST), loop.time()
        self._hello_timer = loop.call_later(HELLO_WITHIN_S, self._no_hello)
        self._pump = asyncio.create_task(self._pump_once_accepted(), name="signalling pump")
        self._accepted = asyncio.Event()
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._hello_timer.cancel()
            if self.session is not None:
                self.session.detach(self.wire)
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)

    async def connect(self) -> None:
        await self.accept()
        self._accepted.set()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            self._spend()
            message = parse(text_data or "")
        except BadMessage as error:
            self._complain(error)
            return
        if isinstance(message, Ping):
            self.wire.send("pong", t=message.t)
        elif self.session is not None:
            if isinstance(message, Hello):
                self._complain(BadMessage("hello: the visit is open already"))
            else:
                self.session.receive(message)
        else:
            await self._open(message)

    async def _open(self, message: Inbound) -> None:
        if not isinstance(message, Hello):
            self._complain(BadMessage("hello: must be the first message"))
            return
        self._hello_timer.cancel()
        knock = self._knock(message)
        try:
            session, opening = await self.registry.open(knock)
        except Refused as refusal:
            logger.info("visit refused", extra={"code": refusal.code})
            self.wire.refuse(
                refusal.code,
                refusal.message,
                refusal.close_code,
                retry_after_s=refusal.retry_after_s,
            )
        except Elsewhere:
            self.wire.send("moved")
            self.wire.close(BAD_CLOSE_CODE)
        else:
            sid_var.set(session.sid)
            self.session = session
            resumed = opening.running or bool(opening.lines)
            session.attach(self.wire, message, opening.resume, resumed=resumed)

    def _knock(self, hello: Hello) -> Knock:
        headers = dict(self.scope["headers"])
        client = self.scope.get("client") or ("", 0)
        return Knock(
            code=self.scope["url_route"]["kwargs"]["code"],
            hello=hello,
            process=self.registry.process_id,
            client_hash=self.registry.client_hash(str(client[0])),
            browser=headers.get(b"user-agent", b"").decode("latin-1"),
        )

    def _spend(self) -> None:
        now = asyncio.get_running_loop().time()
        self._budget += (now - self._budget_at) * MESSAGES_PER_S
        self._budget = min(self._budget, BURST) - 1
        self._budget_at = now
        if self._budget < 0:
            raise BadMessage("too many messages")

    def _complain(self, error: BadMessage) -> None:
        self._bad += 1
        if self._bad > BAD_MESSAGES_ALLOWED:
            self.wire.refuse(error.code, str(error), BAD_CLOSE_CODE)
        else:
            self.wire.error(error.code, str(error))

    def _no_hello(self) -> None:
        self.wire.refuse("bad_message", "hello: must come within 10 s", BAD_CLOSE_CODE)

    async def _pump_once_accepted(self) -> None:
        await self._accepted.wait()
        try:
            await self.wire.pump()
        except Exception:  # the socket's last line: a page that gets nothing more shall come back
            logger.exception("a socket cannot be written to")
            await self.close(BROKEN_CLOSE_CODE)

    async def _send(self, payload: Payload) -> None:
        await self.send(text_data=json.dumps(payload, ensure_ascii=False, separators=(",", ":")))
