"""The bytes of an event, such that `JSON.stringify(JSON.parse(body))` gives them back.

Receivers in JavaScript verify over what they have parsed and written again. So there are no
spaces, no escapes that JavaScript would not write, no floats without a fraction, no keys that it
would sort, and no more bytes than its frameworks read.
"""

import json
import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

MAX_BODY_BYTES = 99_000
SAFE_INTEGER = 2**53 - 1
MICROSECOND = 1e-6


def compose(
    *, uid: str, event_type: str, agent_code: str, data: Mapping[str, Any], at: datetime
) -> str:
    """The body of one event; `data["message"]` is shortened if it would be too long.

    Raises:
        ValueError: `data` has a key that JavaScript would move, or is too long without a message.
    """
    seconds = timestamp(at)
    event = {
        "id": uid,
        "event": event_type,
        "event_type": event_type,
        "agent_id": agent_code,
        "agent_code": agent_code,
        "data": {name: _field(name, value) for name, value in data.items()},
        "timestamp": seconds,
        "created": int(seconds),
    }
    text = _written(event)
    excess = len(text.encode()) - MAX_BODY_BYTES
    if excess > 0:
        message = event["data"].get("message")  # type: ignore[attr-defined] # it is the dict above
        if not isinstance(message, str):
            raise ValueError(f"an event of {excess + MAX_BODY_BYTES} bytes has no message to cut")
        event["data"]["message"] = _shortened(message, excess)  # type: ignore[index] # as above
        text = _written(event)
    return text


def timestamp(at: datetime) -> float:
    """Unix seconds with microseconds that are never zero: a float to every reader."""
    seconds = at.timestamp()
    return seconds if at.microsecond else seconds + MICROSECOND


def _field(name: str, value: object) -> object:
    """One field of `data`: times, under a name that says so, are floats like the event's own."""
    if isinstance(value, datetime):
        return timestamp(value)
    if name == "timestamp" and isinstance(value, int | float) and not value % 1:
        return _portable(value + MICROSECOND)
    return _portable(value)


def _portable(value: object) -> object:
    """`value` with every number and text written as JavaScript writes it."""
    match value:
        case None | bool():
            return value
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case int():
            return value if abs(value) <= SAFE_INTEGER else str(value)
        case float():
            return _number(value)
        case Mapping():
            return {_key(key): _portable(each) for key, each in value.items()}
        case list() | tuple():
            return [_portable(each) for each in value]
        case _:
            raise ValueError(f"an event cannot hold a {type(value).__name__}")


def _number(value: float) -> object:
    if not math.isfinite(value):
        return None
    if value.is_integer():
        return _portable(int(value))
    return value if abs(value) >= MICROSECOND else 0


def _key(key: object) -> str:
    if not isinstance(key, str) or key.isdecimal():
        raise ValueError(f"JavaScript would move or rename the key {key!r}")
    return str(_portable(key))


def _written(event: Mapping[str, object]) -> str:
    return json.dumps(event, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _shortened(message: str, excess_bytes: int) -> str:
    """`message` cut at its end, so that its JSON is at least `excess_bytes` shorter."""
    room = len(_json_bytes(message)) - excess_bytes - len("…".encode())
    low, high = 0, len(message)
    while low < high:
        middle = (low + high + 1) // 2
        if len(_json_bytes(message[:middle])) <= room:
            low = middle
        else:
            high = middle - 1
    return message[:low] + "…"


def _json_bytes(text: str) -> bytes:
    return json.dumps(text, ensure_ascii=False).encode()
