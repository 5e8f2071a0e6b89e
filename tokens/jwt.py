"""Signing and verifying the token of one visit: HS256, one agent, one sid, one hour.

`settings.PARLEY_SIGNING_KEYS` lists the keys: the first signs, all verify, so a key is
rotated by putting a new one in front and dropping the old one an hour later.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from django.conf import settings

from tokens.errors import TokenExpired, TokenForOtherAgent, TokenInvalid

ALGORITHM = "HS256"
ISSUER = "parley"
APP = "embed"
MAX_TTL_S = 3600
MAX_TOKEN_CHARS = 12_000
"""Longer than any that is signed: JSON writes 12 characters for each emoji of a fingerprint, which
is claimed twice, and base64 makes 8 of 6."""
TEXT_CLAIMS = ("userId", "sessionId", "agentCode", "model", "app", "jti", "fingerprint")
REQUIRED_CLAIMS = [*TEXT_CLAIMS, "iat", "exp", "iss"]


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says; `account_uid` is the tenant's, times are aware UTC."""

    account_uid: str
    sid: str
    agent_code: str
    model: str
    app: str
    fingerprint: str
    jti: str
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignedToken:
    token: str
    expires_at: datetime


def sign(
    *,
    account_uid: str,
    sid: str,
    agent_code: str,
    model: str,
    fingerprint: str,
    ttl_s: int = MAX_TTL_S,
    now: datetime | None = None,
) -> SignedToken:
    """A token for the visit `sid`, valid for `ttl_s` seconds (1 to 3600)."""
    if not 1 <= ttl_s <= MAX_TTL_S:
        raise ValueError(f"ttl_s must be 1 to {MAX_TTL_S}, not {ttl_s}")
    issued_at = (now or datetime.now(UTC)).replace(microsecond=0)
    expires_at = issued_at + timedelta(seconds=ttl_s)
    claims = {
        "iss": ISSUER,
        "app": APP,
        "userId": account_uid,
        "sessionId": sid,
        "agentCode": agent_code,
        "model": model,
        "fingerprint": fingerprint,
        "endUserId": fingerprint,
        "jti": secrets.token_urlsafe(16),
        "iat": issued_at,
        "exp": expires_at,
    }
    key = _keys()[0]
    token = jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": key_id(key)})
    return SignedToken(token, expires_at)


def verify(token: str, *, agent_code: str) -> Claims:
    """The claims of a token that may start a visit to `agent_code`.

    Raises:
        TokenExpired: it was good once.
        TokenForOtherAgent: it is good, elsewhere.
        TokenInvalid: anything else; the reason never quotes the token.
    """
    if len(token) > MAX_TOKEN_CHARS:
        raise TokenInvalid("too long")
    claims = _parse(_decode(token))
    if claims.agent_code != agent_code:
        raise TokenForOtherAgent
    return claims


def key_id(key: str) -> str:
    """A name for `key` that tells nothing about it."""
    return hashlib.sha256(b"parley signing key id\0" + key.encode()).hexdigest()[:12]


def _keys() -> list[str]:
    keys: list[str] = settings.PARLEY_SIGNING_KEYS
    return keys


def _decode(token: str) -> dict[str, Any]:
    try:
        decoded: dict[str, Any] = jwt.decode(
            token,
            _verifying_key(token),
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            options={"require": REQUIRED_CLAIMS},
        )
    except jwt.ExpiredSignatureError as error:
        raise TokenExpired from error
    except jwt.InvalidTokenError as error:
        raise TokenInvalid(type(error).__name__) from error
    return decoded


def _verifying_key(token: str) -> str:
    """The key that the header names; the name only chooses among our own keys."""
    kid = jwt.get_unverified_header(token).get("kid")
    for key in _keys():
        if kid == key_id(key):
            return key
    raise TokenInvalid("signed with an unknown key")


def _parse(claims: dict[str, Any]) -> Claims:
    text = {name: claims[name] for name in TEXT_CLAIMS}
    if not all(isinstance(value, str) for value in text.values()):
        raise TokenInvalid("a claim has the wrong type")
    return Claims(
        account_uid=text["userId"],
        sid=text["sessionId"],
        agent_code=text["agentCode"],
        model=text["model"],
        app=text["app"],
        fingerprint=text["fingerprint"],
        jti=text["jti"],
        issued_at=datetime.fromtimestamp(claims["iat"], UTC),
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
    )
