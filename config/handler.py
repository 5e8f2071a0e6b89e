"""Django under ASGI, with threads that last.

Stock, each request gets a thread of its own, with new database connections, and changes between
it and the event loop for every middleware: that is three quarters of what a small request costs.
Here all of Django is synchronous and runs in one piece, in a thread of a pool.
"""

from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any, cast

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.db import connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from config.proxies import Receive, Scope, Send

KEPT_IDLE = 8
BODY = "parley.body"
"""Where a scope has the request's body, an open file, if the server hands it over whole."""


class SynchronousHandler(ASGIHandler):
    """Django for views and middleware that are synchronous; use it on one event loop.

    As many requests as come are served at once, each in a thread to itself. A thread that nobody
    needs waits for the next request and keeps its database connections; of those that wait, the
    one used last is taken first, and no more than KEPT_IDLE are kept. Views find `parts`, what
    they need of the process, in their request's META.
    """

    def __init__(self, parts: Mapping[str, object]) -> None:
        super().__init__()
        self._parts = parts
        self._idle: list[ThreadPoolExecutor] = []

    def load_middleware(self, is_async: bool = False) -> None:
        """Chain the middleware for one thread, whatever is asked for."""
        super().load_middleware(is_async=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        thread = self._idle.pop() if self._idle else ThreadPoolExecutor(1, "request")
        try:
            async with ThreadSensitiveContext(executor=thread):
                await self.handle(cast(dict[str, Any], scope), receive, send)
        finally:
            self._give_back(thread)

    def create_request(
        self, scope: Mapping[str, Any], body_file: IO[bytes]
    ) -> tuple[ASGIRequest, None] | tuple[None, HttpResponseBase]:
        """The request with the process's parts, its body read from the server's file if it has one.

        The request alone holds that file, and with the request it is closed.
        """
        made = super().create_request(scope, scope.get(BODY, body_file))
        if made[0] is not None:
            made[0].META.update(self._parts)
        return made

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """Answer in the request's thread."""
        answer: Callable[[HttpRequest], Awaitable[HttpResponseBase]]
        answer = sync_to_async(self.get_response)
        return await answer(request)

    def _give_back(self, thread: ThreadPoolExecutor) -> None:
        if len(self._idle) < KEPT_IDLE:
            self._idle.append(thread)
        else:
            thread.submit(connections.close_all)
            thread.shutdown(wait=False)
