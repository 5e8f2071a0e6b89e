"""The headers by which a receiver knows that an event is Parley's and nobody has changed it."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from standardwebhooks import Webhook

from webhooks.events import BODY_SIGNED
from webhooks.models import Endpoint

MARK = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """`whsec_` and base64, as Standard Webhooks wants it."""
    return MARK + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


@dataclass(frozen=True, slots=True)
class Signed:
    """What is signed: one delivery of one event, at the time of the attempt."""

    event_type: str
    event_uid: str
    delivery_uid: str
    body: str
    at: datetime


def headers(signed: Signed, keys: Sequence[str], family: str) -> dict[str, str]:
    """The headers of one attempt.

    `keys` are the secrets in force; the first signs `X-bitHuman-Signature`, which has room for
    one, and all of them sign `webhook-signature`. `family` is one of Endpoint.Signature.
    """
    seconds = int(signed.at.timestamp())
    if family == Endpoint.Signature.AUTO:
        timestamped = signed.event_type not in BODY_SIGNED
    else:
        timestamped = family == Endpoint.Signature.TIMESTAMPED
    content = f"{seconds}.{signed.body}" if timestamped else signed.body
    return {
        "X-bitHuman-Signature": f"sha256={digest(keys[0], content)}",
        "X-bitHuman-Timestamp": str(seconds),
        "X-bitHuman-Event": signed.event_type,
        "X-bitHuman-Delivery": signed.delivery_uid,
        "webhook-id": signed.event_uid,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(
            Webhook(key).sign(signed.event_uid, signed.at, signed.body) for key in keys
        ),
    }


def digest(key: str, content: str) -> str:
    """Hexadecimal HMAC-SHA256; the key is the whole secret as it was shown, `whsec_` included."""
    return hmac.new(key.encode(), content.encode(), hashlib.sha256).hexdigest()
