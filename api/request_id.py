"""The id of each request: in its answer, in its log lines, and in the body of a crash."""

import logging
import re
import secrets
import time
from collections.abc import Callable
from contextvars import ContextVar

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

HEADER = "X-Request-Id"
SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
UNLOGGED = ("/static/",)

request_id_var: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that is being served; empty outside of requests."""

logger = logging.getLogger("parley.access")


class RequestIdMiddleware:
    """Takes the caller's `X-Request-Id` if it is sane, else makes one; writes the access log."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started_s, number = time.perf_counter(), number_for(request.headers.get(HEADER, ""))
        token = request_id_var.set(number)
        try:
            return _finished(request, self._get_response(request), number, started_s)
        finally:
            request_id_var.reset(token)


class RequestFilter(logging.Filter):
    """Puts the current request's id on its records, as `request_id`."""

    def filter(self, record: logging.LogRecord) -> bool:
        if number := request_id_var.get():
            record.request_id = number
        return True


def number_for(sent: str) -> str:
    """The id of a request that came with `sent` as its id, or with none."""
    return sent if SANE.fullmatch(sent) else f"req_{secrets.token_hex(12)}"


def _finished(
    request: HttpRequest, response: HttpResponseBase, number: str, started_s: float
) -> HttpResponseBase:
    """`response` with its id; one line tells of it, without query, address or browser."""
    response.headers[HEADER] = number
    if response.status_code >= 400 or not request.path.startswith(UNLOGGED):
        extra = {
            "method": request.method,
            "path": _told(request.path),
            "status": response.status_code,
            "ms": round((time.perf_counter() - started_s) * 1000),
        }
        logger.info("request", extra=extra)
    return response


def _told(path: str) -> str:
    """The path, without the name of a file: whoever knows that may read it."""
    return f"{settings.MEDIA_URL}…" if path.startswith(settings.MEDIA_URL) else path
