"""A visit's token: what it says, and everything that must not pass for one."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt as pyjwt
import pytest
from pytest_django import Settings

from rtc.messages import parse
from tokens import jwt
from tokens.errors import TokenExpired, TokenForOtherAgent, TokenInvalid

OLD_KEY = "old-" * 12
NEW_KEY = "new-" * 12
CODE = "A91XMB7113"


@pytest.fixture(autouse=True)
def keys(settings: Settings) -> None:
    settings.PARLEY_SIGNING_KEYS = [OLD_KEY]


def sign(**changes: Any) -> jwt.SignedToken:
    asked = {
        "account_uid": "usr_1",
        "sid": "ses_1",
        "agent_code": CODE,
        "model": "essence",
        "fingerprint": "abc",
    }
    return jwt.sign(**{**asked, **changes})


def forged(
    key: str = OLD_KEY, drop: str = "", headers: dict[str, str] | None = None, **changes: Any
) -> str:
    claims = pyjwt.decode(sign().token, options={"verify_signature": False}) | changes
    claims.pop(drop, None)
    kid = {"kid": jwt.key_id(OLD_KEY)}
    return pyjwt.encode(claims, key, algorithm="HS256", headers=kid | (headers or {}))


def test_says_what_the_contract_lists() -> None:
    signed = sign()
    header = pyjwt.get_unverified_header(signed.token)
    claims = pyjwt.decode(signed.token, OLD_KEY, algorithms=["HS256"], issuer="parley")
    assert header == {"alg": "HS256", "typ": "JWT", "kid": jwt.key_id(OLD_KEY)}
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["exp"] == signed.expires_at.timestamp()
    assert len(claims.pop("jti")) >= 16
    assert {name: claims[name] for name in claims if name not in {"iat", "exp"}} == {
        "userId": "usr_1",
        "sessionId": "ses_1",
        "agentCode": CODE,
        "model": "essence",
        "app": "embed",
        "iss": "parley",
        "fingerprint": "abc",
        "endUserId": "abc",
    }


def test_verifies_its_own() -> None:
    claims = jwt.verify(sign().token, agent_code=CODE)
    assert (claims.sid, claims.account_uid, claims.fingerprint) == ("ses_1", "usr_1", "abc")


@pytest.mark.parametrize("character", ["x", "é", "字", "😀", '"', "\x01"])
def test_the_longest_fingerprint_of_any_script_opens_its_visit(character: str) -> None:
    token = sign(
        fingerprint=character * 256, sid="ses_" + "x" * 60, model="m" * 64, account_uid="u" * 64
    ).token
    assert jwt.verify(token, agent_code=CODE).fingerprint == character * 256
    assert parse(json.dumps({"type": "hello", "token": token}))


def test_the_key_s_name_tells_nothing_of_the_key() -> None:
    assert OLD_KEY not in json.dumps(pyjwt.get_unverified_header(sign().token))


def test_a_token_outlives_the_rotation_of_keys_until_its_key_is_dropped(
    settings: Settings,
) -> None:
    old = sign().token
    settings.PARLEY_SIGNING_KEYS = [NEW_KEY, OLD_KEY]
    new = sign().token
    assert pyjwt.get_unverified_header(new)["kid"] == jwt.key_id(NEW_KEY)
    assert jwt.verify(old, agent_code=CODE).sid == jwt.verify(new, agent_code=CODE).sid
    settings.PARLEY_SIGNING_KEYS = [NEW_KEY]
    with pytest.raises(TokenInvalid):
        jwt.verify(old, agent_code=CODE)


def test_expired() -> None:
    token = sign(ttl_s=60, now=datetime.now(UTC) - timedelta(seconds=61)).token
    with pytest.raises(TokenExpired):
        jwt.verify(token, agent_code=CODE)


def test_for_another_agent() -> None:
    with pytest.raises(TokenForOtherAgent):
        jwt.verify(sign().token, agent_code="A00AAA0000")


@pytest.mark.parametrize("claim", jwt.REQUIRED_CLAIMS)
def test_a_missing_claim(claim: str) -> None:
    with pytest.raises(TokenInvalid):
        jwt.verify(forged(drop=claim), agent_code=CODE)


@pytest.mark.parametrize(
    "changes",
    [
        {"sessionId": 7},
        {"agentCode": [CODE]},
        {"fingerprint": None},
        {"exp": "tomorrow"},
        {"iss": "somebody"},
        {"jti": {}},
    ],
)
def test_a_claim_of_the_wrong_kind(changes: dict[str, Any]) -> None:
    with pytest.raises(TokenInvalid):
        jwt.verify(forged(**changes), agent_code=CODE)


def test_another_key() -> None:
    with pytest.raises(TokenInvalid):
        jwt.verify(forged(key="x" * 40), agent_code=CODE)


def test_a_key_that_is_not_ours_by_name() -> None:
    with pytest.raises(TokenInvalid):
        jwt.verify(forged(headers={"kid": "../../dev/null"}), agent_code=CODE)


def test_alg_none() -> None:
    claims = sign().token.split(".")[1]
    header = {"alg": "none", "typ": "JWT", "kid": jwt.key_id(OLD_KEY)}
    encoded = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    for signature in ("", sign().token.split(".")[2]):
        with pytest.raises(TokenInvalid):
            jwt.verify(f"{encoded}.{claims}.{signature}", agent_code=CODE)


def test_another_algorithm_with_our_key() -> None:
    claims = pyjwt.decode(sign().token, options={"verify_signature": False})
    kid = {"kid": jwt.key_id(OLD_KEY)}
    token = pyjwt.encode(claims, OLD_KEY * 2, algorithm="HS512", headers=kid)
    with pytest.raises(TokenInvalid):
        jwt.verify(token, agent_code=CODE)


@pytest.mark.parametrize("token", ["", ".", "a.b.c", "é.é.é", "eyJ" * 5000, "\0", "null"])
def test_garbage(token: str) -> None:
    with pytest.raises(TokenInvalid):
        jwt.verify(token, agent_code=CODE)


@pytest.mark.parametrize("ttl_s", [0, -1, 3601])
def test_no_token_is_signed_for_longer_than_an_hour(ttl_s: int) -> None:
    with pytest.raises(ValueError, match="3600"):
        sign(ttl_s=ttl_s)
