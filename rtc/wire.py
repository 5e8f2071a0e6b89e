"""The outbound side of one socket: messages in order, bounded, sent by one task."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

Payload = Mapping[str, object]
Send = Callable[[Payload], Awaitable[None]]
Close = Callable[[int], Awaitable[None]]

_CLOSED_CODE_SLOW = 4408


class Wire:
    """Sends messages to one page without ever making the caller wait.

    At most `limit` messages wait; a page that falls further behind is closed (it comes back
    by resuming), because half a conversation on screen is worse than a reconnect.
    """

    def __init__(self, send: Send, close: Close, *, limit: int = 512) -> None:
        self._send = send
        self._close = close
        self._queue: asyncio.Queue[Payload | int] = asyncio.Queue(limit)
        self._closing = False

    def send(self, kind: str, **fields: object) -> None:
        """Queue one message of type `kind`."""
        if self._closing:
            return
        try:
            self._queue.put_nowait({"type": kind, **fields})
        except asyncio.QueueFull:
            self._drop_queued()
            self.close(_CLOSED_CODE_SLOW)

    def error(self, code: str, message: str, *, retry_after_s: int | None = None) -> None:
        """Queue an error that the visit survives."""
        self._error(code, message, retry_after_s, fatal=False)

    def refuse(
        self, code: str, message: str, close_code: int, *, retry_after_s: int | None = None
    ) -> None:
        """Queue a fatal error and the close after it."""
        self._error(code, message, retry_after_s, fatal=True)
        self.close(close_code)

    def close(self, code: int) -> None:
        """Close the socket after what is queued."""
        if self._closing:
            return
        self._closing = True
        if self._queue.full():
            self._drop_queued()
        self._queue.put_nowait(code)

    async def pump(self) -> None:
        """Send what is queued until the close; run it as the socket's one sending task."""
        while True:
            item = await self._queue.get()
            if isinstance(item, int):
                await self._close(item)
                return
            await self._send(item)

    def _error(self, code: str, message: str, retry_after_s: int | None, *, fatal: bool) -> None:
        fields: dict[str, object] = {"code": code, "message": message, "fatal": fatal}
        if retry_after_s is not None:
            fields["retry_after"] = retry_after_s
        self.send("error", **fields)

    def _drop_queued(self) -> None:
        while not self._queue.empty():
            self._queue.get_nowait()
