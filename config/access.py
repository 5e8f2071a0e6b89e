"""The access log's lines about WebSockets, under whatever server."""

import logging
import time
from typing import Any

from config.proxies import Application, Receive, Scope, Send

logger = logging.getLogger("parley.access")


class SocketAccess:
    """ASGI middleware: a line when a socket opens or is refused, and one when it is gone.

    No line has the query, address or browser. The last one has the sid of the socket's visit,
    which its first message names: both run in one task.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, accepted, since_s = scope["path"], False, time.monotonic()

        async def noting(message: Any) -> None:
            nonlocal accepted
            await send(message)
            if message["type"] == "websocket.accept":
                accepted = True
                logger.info("websocket", extra={"action": "connected", "path": path})

        try:
            await self._application(scope, receive, noting)
        finally:
            action = "disconnected" if accepted else "rejected"
            lasted_s = round(time.monotonic() - since_s, 1)
            logger.info("websocket", extra={"action": action, "path": path, "seconds": lasted_s})
