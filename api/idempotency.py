"""The header Idempotency-Key: a request that is sent again is not done again."""

import hashlib
from collections.abc import Callable
from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Header
from pydantic import BeforeValidator

from api.auth import AuthorizedRequest
from rtc.receipts import Keyed, once

MAX_KEY_CHARS = 255


def _key(value: object) -> str | None:
    if value is None:
        return None
    if not (isinstance(value, str) and 0 < len(value) <= MAX_KEY_CHARS and value.isprintable()):
        raise ValueError(f"must have 1 to {MAX_KEY_CHARS} printable characters")
    return value


IdempotencyKey = Annotated[
    str | None,
    BeforeValidator(_key),
    Header(
        default=None,
        alias="Idempotency-Key",
        description="A request with the same key and body is answered for a day with the first "
        "answer, and `Idempotency-Replayed: true`.",
    ),
]


def served_once(
    request: AuthorizedRequest,
    response: HttpResponse,
    key: str | None,
    serve: Callable[[str], dict[str, Any]],
    body: bytes | None = None,
) -> dict[str, Any]:
    """The answer of `serve`, or the earlier one to the same key.

    `serve` gets a digest of account, route and key to tell visits a repetition by; "" without
    a key. `body` stands for the request's, where that is read nowhere whole.
    """
    if key is None:
        return serve("")
    own = request.body if body is None else body
    keyed = Keyed(request.auth, request.path, key, own)
    mark = hashlib.sha256(f"{request.auth.uid}\0{request.path}\0{key}".encode()).hexdigest()
    answer, replayed = once(keyed, lambda: serve(mark))
    if replayed:
        response["Idempotency-Replayed"] = "true"
    return answer
