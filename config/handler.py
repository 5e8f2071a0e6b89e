"""Django under ASGI, with threads that last.

Stock, each request gets a thread of its own, with new database connections, and changes between
it and the event loop for every middleware: that is three quarters of what a small request costs.
Here all of Django is synchronous and runs in one piece, in a thread of a pool.
"""

import asyncio
import io
import logging
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import IO, Any, ParamSpec, TypeVar, cast

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.db import connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from api.errors import Code, Failure
from config.proxies import Receive, Scope, Send
from config.refusals import answer_of

logger = logging.getLogger(__name__)

Given = ParamSpec("Given")
Result = TypeVar("Result")

MOST_THREADS = 200
"""Requests at once, those included whose caller has gone and whose view goes on."""
WAITS_S = 10.0
"""How long a request waits for one of them to end."""
KEPT_IDLE = 8
BODY = "parley.body"
"""Where a scope has the request's body, an open file, if the server hands it over whole."""


class RequestThread(ThreadPoolExecutor):
    """A thread that serves one request at a time, and may have work left when that is over.

    Nothing ends a thread from outside: the view of a request that was given up goes on.
    """

    def __init__(self) -> None:
        super().__init__(1, "request")
        self._asked: list[Future[Any]] = []

    def submit(
        self, fn: Callable[Given, Result], /, *args: Given.args, **kwargs: Given.kwargs
    ) -> Future[Result]:
        future = super().submit(fn, *args, **kwargs)
        self._asked = [each for each in self._asked if not each.done()]
        self._asked.append(future)
        return future

    def is_free(self) -> bool:
        """Whether everything that it was asked to do is done."""
        return all(each.done() for each in self._asked)

    def end(self) -> None:
        """End it, and its database connections, after what it still does."""
        self.submit(connections.close_all)
        self.shutdown(wait=False)


class SynchronousHandler(ASGIHandler):
    """Django for views and middleware that are synchronous; use it on one event loop.

    Requests are served side by side, each in a thread to itself, `most_threads` at once; more
    wait for `waits_s` and are refused then. A thread that nobody needs waits for the next
    request and keeps its database connections; of those that wait, the one used last is taken
    first, and no more than KEPT_IDLE are kept. Views find `parts`, what they need of the
    process, in their request's META.
    """

    def __init__(
        self,
        parts: Mapping[str, object],
        *,
        most_threads: int = MOST_THREADS,
        waits_s: float = WAITS_S,
    ) -> None:
        super().__init__()
        self._parts = parts
        self._places = asyncio.Semaphore(most_threads)
        self._waits_s = waits_s
        self._idle: list[RequestThread] = []

    def load_middleware(self, is_async: bool = False) -> None:
        """Chain the middleware for one thread, whatever is asked for."""
        super().load_middleware(is_async=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(self._waits_s):
                await self._places.acquire()
        except TimeoutError:
            await _refuse(scope, send)
            return
        thread = self._idle.pop() if self._idle else RequestThread()
        try:
            async with ThreadSensitiveContext(executor=thread):
                await self.handle(cast(dict[str, Any], scope), receive, send)
        finally:
            body = scope.get(BODY)
            if body is not None and not isinstance(body, io.BytesIO):
                # A request may outlast its answer until garbage is collected, and its disk with it.
                thread.submit(body.close)
            self._give_back_when_free(thread)

    def create_request(
        self, scope: Mapping[str, Any], body_file: IO[bytes]
    ) -> tuple[ASGIRequest, None] | tuple[None, HttpResponseBase]:
        """The request with the process's parts, its body read from the server's file if it has one.

        The file is closed as soon as the request is over.
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

    def _give_back_when_free(self, thread: RequestThread) -> None:
        """At once, or when the view ends whose caller hung up or was given up."""
        if thread.is_free():
            self._give_back(thread)
            return
        # What is asked of it last is done last.
        last = thread.submit(lambda: None)
        last.add_done_callback(partial(self._freed, asyncio.get_running_loop(), thread))

    def _freed(self, loop: asyncio.AbstractEventLoop, thread: RequestThread, _: object) -> None:
        try:
            loop.call_soon_threadsafe(self._give_back, thread)
        except RuntimeError:  # the loop is closed: there are no more requests
            thread.end()

    def _give_back(self, thread: RequestThread) -> None:
        self._places.release()
        if len(self._idle) < KEPT_IDLE:
            self._idle.append(thread)
        else:
            thread.end()


async def _refuse(scope: Scope, send: Send) -> None:
    logger.warning("request refused, all threads are busy")
    failure = Failure(Code.NO_AVAILABLE_WORKERS, "Too many requests at once", retry_after_s=5)
    status, headers, body = answer_of(scope["path"], failure)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
