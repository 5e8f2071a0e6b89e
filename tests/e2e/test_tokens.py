"""A site's back end mints a token; the visitor comes with it, or is told why it does not fit."""

import base64
import json

import jwt
import pytest
from playwright.sync_api import expect

from tests.e2e import agents
from tests.e2e.conftest import Visitors
from tests.e2e.parley import Parley
from tests.e2e.records import read_visit


def test_a_token_in_the_fragment_opens_its_own_visit(visitors: Visitors, parley: Parley) -> None:
    minted = parley.mint(agents.GUESTS, context={"name": "Ada", "order_number": 4711})
    context, watch = visitors.person()
    widget = visitors.alone(f"/embed/{agents.GUESTS}#token={minted['token']}", context=context)
    widget.type_instead()
    assert widget.sid == minted["sid"]
    widget.say("What is my order number?")
    widget.wait_for_line("assistant", lambda line: "4711" in line)
    visit = read_visit(parley.database, minted["sid"])
    assert visit.fingerprint == "visitor-7"
    assert not any(minted["token"] in address for address in watch.addresses if "#" not in address)
    assert minted["token"] not in parley.log


def test_a_token_in_the_query_is_scrubbed_at_once(visitors: Visitors, parley: Parley) -> None:
    minted = parley.mint(agents.GUESTS)
    widget = visitors.alone(f"/embed/{agents.GUESTS}?theme=dark&token={minted['token']}")
    widget.page.wait_for_url(f"**/embed/{agents.GUESTS}?theme=dark")
    widget.type_instead()
    assert widget.sid == minted["sid"]
    assert minted["token"] not in parley.log


def expired(parley: Parley) -> str:
    """A token that was good until a second ago, signed with the server's own key."""
    token = parley.mint(agents.GUESTS)["token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    claims.update(iat=claims["iat"] - 3600, exp=claims["iat"] - 1)
    return resigned(token, claims, (parley.data_dir / "signing.key").read_text().strip())


def unsigned(parley: Parley) -> str:
    """A token that says itself that nobody has signed it."""
    head, claims, _ = parley.mint(agents.GUESTS)["token"].split(".")
    header = {**json.loads(base64.urlsafe_b64decode(head + "==")), "alg": "none"}
    head = base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
    return f"{head}.{claims}."


def forged(parley: Parley) -> str:
    token = parley.mint(agents.GUESTS)["token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    return resigned(token, claims, "somebody else's key of more than 32 characters")


def resigned(token: str, claims: dict[str, object], key: str) -> str:
    kid = jwt.get_unverified_header(token)["kid"]
    return jwt.encode(claims, key, algorithm="HS256", headers={"kid": kid})


@pytest.mark.parametrize(
    ("token", "code", "words"),
    [
        (expired, "token_expired", "Session link expired"),
        (lambda parley: parley.mint(agents.OTHER)["token"], "token_invalid", "not valid"),
        (forged, "token_invalid", "not valid"),
        (unsigned, "token_invalid", "not valid"),
        (lambda parley: "garbage.of.some-kind", "token_invalid", "not valid"),
        (lambda parley: "", "token_missing", "invited visitors only"),
    ],
    ids=["expired", "of another agent", "forged", "unsigned", "garbage", "missing"],
)
def test_a_token_that_does_not_fit_is_refused_in_a_sentence(
    visitors: Visitors, parley: Parley, token: object, code: str, words: str
) -> None:
    assert callable(token)
    given = token(parley)
    widget = visitors.alone(f"/embed/{agents.GUESTS}" + (f"#token={given}" if given else ""))
    widget.at("start-text").click()
    refused, sentences = widget.refusal()
    assert refused == code
    assert words in sentences
    expect(widget.at("error")).to_be_visible()
    assert widget.kept == {}
