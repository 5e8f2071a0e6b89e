"""One try: the POST, and what came of it in words."""

import contextlib
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import httpx

from outbound.errors import OutboundError
from outbound.reasons import reason
from outbound.transport import Bounds
from outbound.urls import check_url
from webhooks import signing
from webhooks.leases import Claim, Destination, Outcome
from webhooks.signing import Signed

ATTEMPT_S = 30.0
BOUNDS = Bounds(connect_s=10.0, exchange_s=ATTEMPT_S, answer_bytes=64 * 1024, connections=800)
KEPT_ANSWER_CHARS = 1024
READ_ANSWER_BYTES = 16 * 1024
HIDDEN = "[hidden]"
USER_AGENT = "Parley-Webhooks/1"


async def attempt(
    client: httpx.AsyncClient, claim: Claim, *, loopback: bool, clock: Callable[[], datetime]
) -> Outcome:
    """POST the event; every failure is an outcome, and 2xx alone is success."""
    at, began_s = clock(), time.perf_counter()
    result = await _post(client, claim, at, loopback=loopback)
    ms = round((time.perf_counter() - began_s) * 1000)
    return Outcome(claim.delivery_pk, at, ms, **result)


async def _post(
    client: httpx.AsyncClient, claim: Claim, at: datetime, *, loopback: bool
) -> dict[str, Any]:
    if not claim.destination.keys:
        return {"error": "its stored secret cannot be read: PARLEY_STORAGE_KEYS has changed"}
    try:
        check_url(claim.destination.url, loopback=loopback)
        async with client.stream(
            "POST",
            claim.destination.url,
            content=claim.body.encode(),
            headers=headers(claim, at),
        ) as response:
            answer = await _beginning(response)
    except (OutboundError, httpx.HTTPError, httpx.InvalidURL) as error:
        return {"error": reason(error, BOUNDS)}
    return {"status_code": response.status_code, "answer": _kept(answer, claim.destination)}


def headers(claim: Claim, at: datetime) -> dict[str, str]:
    """All headers of one attempt; the owner's own come first and cannot replace ours.

    While two secrets are in force, tries alternate between them, so that a receiver that knows
    either accepts the first or the second.
    """
    signed = Signed(claim.event_type, claim.event_uid, claim.delivery_uid, claim.body, at)
    keys = claim.destination.keys
    turn = claim.tries % len(keys)
    return {
        **claim.destination.headers,
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        **signing.headers(signed, keys[turn:] + keys[:turn], claim.destination.family),
    }


async def _beginning(response: httpx.Response) -> bytes:
    """What the answer begins with; whatever happens to its rest, the status has been said."""
    parts: list[bytes] = []
    with contextlib.suppress(OutboundError, httpx.HTTPError):
        async for part in response.aiter_raw():
            parts.append(part)
            if sum(map(len, parts)) > READ_ANSWER_BYTES:
                break
    return b"".join(parts)


def _kept(answer: bytes, destination: Destination) -> str:
    """The answer's first kilobyte, without the secrets that a receiver may have echoed."""
    text = answer.decode("utf-8", "replace").replace("\0", "\ufffd")
    for secret in _secrets(destination.keys, destination.headers):
        text = text.replace(secret, HIDDEN)
    return text[:KEPT_ANSWER_CHARS].encode()[:KEPT_ANSWER_CHARS].decode("utf-8", "ignore")


def _secrets(keys: tuple[str, ...], custom: Mapping[str, str]) -> list[str]:
    """The values to hide, longest first; a word too short to be one is left alone."""
    values = [part for value in custom.values() for part in (value, *value.split())]
    return sorted((value for value in [*keys, *values] if len(value) >= 6), key=len, reverse=True)
