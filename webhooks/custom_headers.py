"""Headers that an owner wants sent with every event, such as `Authorization`."""

import json
import re
from collections.abc import Mapping

from tokens.errors import SealBroken
from tokens.sealing import seal, unseal
from webhooks.errors import WebhookInvalid

MAX_HEADERS = 20
MAX_HEADER_CHARS = 4000
NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
VALUE = re.compile(r"[\x20-\x7e]*")
OURS = ("x-bithuman-", "webhook-", "proxy-", "sec-")
RESERVED = frozenset(
    {
        *("accept-encoding", "connection", "content-encoding", "content-length", "content-type"),
        *("expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"),
        "user-agent",
    }
)


def check(headers: Mapping[str, str]) -> dict[str, str]:
    """`headers`, without surrounding spaces.

    Raises:
        WebhookInvalid: one of them cannot be sent, or would change what Parley sends.
    """
    if len(headers) > MAX_HEADERS:
        raise WebhookInvalid("headers", f"may be {MAX_HEADERS} at most")
    checked: dict[str, str] = {}
    for name, value in headers.items():
        lower = name.lower()
        if not NAME.fullmatch(name):
            raise WebhookInvalid("headers", "must have names such as X-API-Key")
        if lower in RESERVED or lower.startswith(OURS):
            raise WebhookInvalid("headers", f"may not set {name}, which Parley sets")
        if lower in {each.lower() for each in checked}:
            raise WebhookInvalid("headers", f"name {name} twice")
        text = value.strip()
        if len(text) > MAX_HEADER_CHARS or not VALUE.fullmatch(text):
            raise WebhookInvalid("headers", f"must have a value of plain characters for {name}")
        checked[name] = text
    return checked


def sealed(headers: Mapping[str, str]) -> str:
    """As they are stored."""
    return seal(json.dumps(dict(headers))) if headers else ""


def unsealed(text: str) -> dict[str, str]:
    """The headers that `sealed` has made into `text`."""
    found: dict[str, str] = json.loads(unseal(text)) if text else {}
    return found


def names(text: str) -> list[str]:
    """The names of sealed headers; none where the seal is broken."""
    try:
        return list(unsealed(text))
    except SealBroken:
        return []
