"""Refusals that are made before Django sees a request, in the words of whoever asked."""

import json

from api.errors import Failure, envelope
from api.middleware import is_of_api
from api.request_id import HEADER, number_for

Headers = list[tuple[bytes, bytes]]


def answer_of(path: str, failure: Failure) -> tuple[int, Headers, bytes]:
    """Status, headers and body: the API's envelope for its own addresses, else a line of text."""
    told = envelope(failure)
    if is_of_api(path):
        kind, body = b"application/json", json.dumps(told).encode()
    else:
        kind, body = b"text/plain; charset=utf-8", f"{told['message']}\n".encode()
    headers = [
        (b"Content-Type", kind),
        (b"Content-Length", str(len(body)).encode()),
        (b"Cache-Control", b"no-store"),
        (HEADER.encode(), number_for("").encode()),
    ]
    if failure.retry_after_s:
        headers.append((b"Retry-After", str(failure.retry_after_s).encode()))
    return told["status_code"], headers, body
