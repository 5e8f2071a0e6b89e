"""daphne, with the bounds that it leaves open."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from daphne.http_protocol import WebRequest
from daphne.server import Server

from api.errors import Code, envelope, failure_of_status
from api.request_id import HEADER, number_for
from config.proxies import Application

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


class BoundedServer(Server):  # type: ignore[misc]  # daphne has no types
    """daphne over `application` on `endpoints`, Twisted's descriptions."""

    def __init__(
        self, application: Application, endpoints: list[str], on_ready: Callable[[], None]
    ) -> None:
        self._on_ready = on_ready
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
        super().protocol_connected(protocol)

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        queue = super().create_application(protocol, scope)
        if queue is None or scope["type"] != "websocket":
            return queue
        return Inbox(queue, protocol.dropConnection)


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
