"""daphne, with the bounds that it leaves open."""

import asyncio
import io
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from daphne.http_protocol import WebRequest
from daphne.server import Server

from api.errors import Code, envelope, failure_of_status
from api.request_id import HEADER, number_for
from config.handler import BODY
from config.proxies import Application
from config.serving.incoming import Incoming, LargeBodies, answer_refused

logger = logging.getLogger("parley.access")

# Room for an error frame about a message over the protocol's own 64 KiB; what is announced as
# longer than this is refused before it is read.
MESSAGE_LIMIT_BYTES = 128 * 1024
UNREAD_MESSAGES = 256


class Inbox:
    """The messages of one WebSocket that the application has not read yet, bounded.

    Full means that the sender floods: its connection is dropped.
    """

    def __init__(self, queue: asyncio.Queue[Any], drop: Callable[[], None]) -> None:
        self._queue = queue
        self._drop = drop

    def put_nowait(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "websocket.receive" and self._queue.qsize() >= UNREAD_MESSAGES:
            logger.warning("websocket dropped, too many unread messages")
            self._drop()
            return
        self._queue.put_nowait(message)


class Outgoing:
    """Lets the pieces of one answer wait until the receiver has taken those before.

    Twisted calls it a push producer. A receiver that takes nothing more is left by the server's
    timeout, which ends the application's task.
    """

    def __init__(self) -> None:
        self._flows = asyncio.Event()
        self._flows.set()

    def pauseProducing(self) -> None:  # noqa: N802 # Twisted's names
        self._flows.clear()

    def resumeProducing(self) -> None:  # noqa: N802 # Twisted's name
        self._flows.set()

    def stopProducing(self) -> None:  # noqa: N802 # Twisted's name
        self._flows.set()

    async def flows(self) -> None:
        await self._flows.wait()


class BoundedServer(Server):  # type: ignore[misc]  # daphne has no types
    """daphne over `application` on `endpoints`, Twisted's descriptions."""

    def __init__(
        self, application: Application, endpoints: list[str], on_ready: Callable[[], None]
    ) -> None:
        self._on_ready = on_ready
        self._large_bodies = LargeBodies()
        super().__init__(
            application,
            endpoints=endpoints,
            signal_handlers=False,
            http_timeout=120,
            websocket_max_message_size=MESSAGE_LIMIT_BYTES,
            websocket_max_frame_size=MESSAGE_LIMIT_BYTES,
            application_close_timeout=5,
            ready_callable=self._ready,
            server_name="parley",
        )

    def _ready(self) -> None:
        # Answer a message that is too long with close code 1009 and not by hanging up.
        self.ws_factory.setProtocolOptions(failByDrop=False)
        self._on_ready()

    def protocol_connected(self, protocol: Any) -> None:
        if isinstance(protocol, WebRequest):
            protocol.basic_error = partial(refuse, protocol)
            protocol.handleContentChunk = Incoming(protocol, self._large_bodies)
            # Twisted would read forms on the event loop, whole, and nobody asks it to.
            protocol._parsePOSTFormSubmission = False
        super().protocol_connected(protocol)

    async def handle_reply(self, protocol: Any, message: Mapping[str, Any]) -> None:
        """Write it; of an answer in several pieces, wait with each until it can leave."""
        about = self.connections.get(protocol)
        if about is None or not isinstance(protocol, WebRequest):
            await super().handle_reply(protocol, message)
            return
        outgoing: Outgoing | None = about.get("outgoing")
        if message.get("more_body"):
            if outgoing is None and protocol.channel is not None:
                outgoing = about["outgoing"] = Outgoing()
                protocol.registerProducer(outgoing, True)
        elif outgoing is not None and protocol.channel is not None:
            protocol.unregisterProducer()
        await super().handle_reply(protocol, message)
        if outgoing is not None and message.get("more_body"):
            await outgoing.flows()
            # The timeout is for answers that stand still, however long they are.
            protocol.request_start = time.time()

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        if scope["type"] == "http":
            if (refusal := protocol.handleContentChunk.refusal) is not None:
                answer_refused(protocol, scope["path"], refusal)
                return None
            _hand_over(protocol, scope)
        queue = super().create_application(protocol, scope)
        if queue is None or scope["type"] != "websocket":
            return queue
        return Inbox(queue, protocol.dropConnection)


def _hand_over(protocol: Any, scope: dict[str, Any]) -> None:
    """Give the application the body as the file that it is: as messages it would all be in memory.

    A body that came without its length gets one, so that what bounds bodies by it holds.
    """
    body, protocol.content = protocol.content, io.BytesIO()
    scope[BODY] = body
    headers = scope["headers"]
    if not any(name == b"content-length" for name, _ in headers):
        length_bytes = body.seek(0, io.SEEK_END)
        body.seek(0)
        scope["headers"] = [*headers, (b"content-length", str(length_bytes).encode())]


def refuse(protocol: Any, status: int, _status_text: bytes, _body: str) -> None:
    """Daphne's own refusals as the API's envelope: what cannot be read, what takes too long."""
    number = number_for("")  # the caller's own may be what cannot be read
    failure = failure_of_status(status)
    if failure.code is Code.INTERNAL_ERROR:
        failure = replace(failure, details={"request_id": number})
    headers = [
        (b"Content-Type", b"application/json"),
        (b"Cache-Control", b"no-store"),
        (HEADER.encode(), number.encode()),
    ]
    protocol.handle_reply({"type": "http.response.start", "status": status, "headers": headers})
    logger.info("refused before it was read", extra={"status": status, "request_id": number})
    body = json.dumps(envelope(failure)).encode()
    protocol.handle_reply({"type": "http.response.body", "body": body})
