from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from agents.models import Agent
from rtc import services
from rtc.errors import Refused
from rtc.messages import Hello
from rtc.models import EndReason, Session, State
from rtc.opening import Elsewhere, Knock, Opening, open_visit
from rtc.policy import RtcSettings
from tokens import jwt
from tokens.models import Account, Tier


def knock(agent: Agent | str, process: str = "proc_a", client: str = "", **hello: object) -> Knock:
    code = agent if isinstance(agent, str) else agent.code
    return Knock(
        code=code,
        hello=Hello.model_validate({"type": "hello", **hello}),
        process=process,
        client_hash=client,
        browser="test",
    )


def mint(agent: Agent, **fields: object) -> services.MintedVisit:
    asked: dict[str, object] = {"model": "essence", "ttl_s": 3600, "context": ""} | fields
    return services.mint_visit(
        account=agent.account,
        agent=agent,
        fingerprint="abc123",
        **asked,  # type: ignore[arg-type]
    )


def refusal(call: Knock, policy: RtcSettings) -> Refused:
    with pytest.raises(Refused) as caught:
        open_visit(call, policy)
    return caught.value


def test_a_token_opens_its_own_sid_with_its_context(agent: Agent, policy: RtcSettings) -> None:
    minted = mint(agent, context="The cart holds two mugs.")
    assert "mugs" not in minted.token
    opening = open_visit(knock(agent, token=minted.token), policy)
    assert opening.sid == minted.sid
    assert opening.room_name == f"room_{minted.sid}"
    assert opening.context == "The cart holds two mugs."
    row = Session.objects.get(sid=minted.sid)
    assert (row.state, row.process, row.fingerprint) == (State.CONNECTING, "proc_a", "abc123")
    assert row.started_at is not None


def test_without_a_token_only_where_the_agent_allows_it(agent: Agent, policy: RtcSettings) -> None:
    opening = open_visit(knock(agent), policy)
    assert opening.sid.startswith("ses_")
    assert Session.objects.get(sid=opening.sid).fingerprint == ""
    Agent.objects.update(anonymous=False)
    assert refusal(knock(agent), policy).code == "token_missing"


@pytest.mark.parametrize("change", [{"enabled": False}, {"status": Agent.Status.FAILED}])
def test_an_unavailable_agent_is_like_an_unknown_one(
    agent: Agent, policy: RtcSettings, change: dict[str, object]
) -> None:
    unknown = refusal(knock("A00AAA0000"), policy)
    Agent.objects.update(**change)
    assert refusal(knock(agent), policy) == unknown


def test_bad_tokens_are_told_apart_only_as_expired_or_invalid(
    agent: Agent, account: Account, policy: RtcSettings
) -> None:
    other = Agent.objects.create(account=account, name="Other", code="A00OTH0000")
    old = jwt.sign(
        account_uid=account.uid,
        sid="ses_x",
        agent_code=agent.code,
        model="essence",
        fingerprint="f",
        now=datetime.now(UTC) - timedelta(hours=2),
    )
    unknown_sid = jwt.sign(
        account_uid=account.uid, sid="ses_x", agent_code=agent.code, model="m", fingerprint="f"
    )
    assert refusal(knock(agent, token=old.token), policy).code == "token_expired"
    assert refusal(knock(agent, token=mint(other).token), policy).code == "token_invalid"
    assert refusal(knock(agent, token="rubbish"), policy).code == "token_invalid"
    assert refusal(knock(agent, token=unknown_sid.token), policy).code == "token_invalid"


def open_by_token(agent: Agent, policy: RtcSettings) -> tuple[str, Opening]:
    token = mint(agent).token
    return token, open_visit(knock(agent, token=token), policy)


def test_a_second_tab_joins_the_running_visit(agent: Agent, policy: RtcSettings) -> None:
    token, first = open_by_token(agent, policy)
    second = open_visit(knock(agent, token=token), policy)
    assert (second.sid, second.running) == (first.sid, True)
    assert second.resume != first.resume


def test_another_process_sends_it_there(agent: Agent, policy: RtcSettings) -> None:
    token, _ = open_by_token(agent, policy)
    with pytest.raises(Elsewhere):
        open_visit(knock(agent, process="proc_b", token=token), policy)


def test_a_process_that_fell_silent_loses_its_visit(agent: Agent, policy: RtcSettings) -> None:
    token, first = open_by_token(agent, policy)
    Session.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=20))
    again = open_visit(knock(agent, process="proc_b", token=token), policy)
    assert (again.sid, again.running) == (first.sid, False)


def test_a_reload_resumes_with_its_secret_only(agent: Agent, policy: RtcSettings) -> None:
    first = open_visit(knock(agent), policy)
    again = open_visit(knock(agent, sid=first.sid, resume=first.resume), policy)
    assert (again.sid, again.resume, again.running) == (first.sid, first.resume, True)
    assert refusal(knock(agent, sid=first.sid, resume="guess"), policy).code == "session_over"


def test_within_its_hour_a_token_reopens_its_sid_with_the_transcript(
    agent: Agent, policy: RtcSettings
) -> None:
    token, first = open_by_token(agent, policy)
    services.record_line(first.sid, {"at": timezone.now(), "role": "user", "text": "Hello"})
    services.end_visit(first.sid, EndReason.NETWORK)
    again = open_visit(knock(agent, token=token), policy)
    assert (again.sid, again.running) == (first.sid, False)
    assert [line.text for line in again.lines] == ["Hello"]
    assert Session.objects.get(sid=first.sid).end_reason == ""


def test_what_an_operator_ended_stays_ended(agent: Agent, policy: RtcSettings) -> None:
    token, first = open_by_token(agent, policy)
    services.end_visit(first.sid, EndReason.OPERATOR)
    assert refusal(knock(agent, token=token), policy).code == "ended_by_operator"
    resumed = knock(agent, sid=first.sid, resume=first.resume)
    assert refusal(resumed, policy).code == "ended_by_operator"


def test_places_are_limited_and_come_back(agent: Agent, policy: RtcSettings) -> None:
    Account.objects.update(tier=Tier.FREE)
    first = open_visit(knock(agent), policy)
    open_visit(knock(agent), policy)
    busy = refusal(knock(agent), policy)
    assert busy.code == "SESSION_LIMIT"
    assert busy.retry_after_s
    services.end_visit(first.sid, EndReason.VISITOR)
    open_visit(knock(agent), policy)


def test_a_lost_process_frees_its_places(agent: Agent, policy: RtcSettings) -> None:
    Agent.objects.update(max_live_visits=1)
    open_visit(knock(agent), policy)
    assert refusal(knock(agent), policy).code == "SESSION_LIMIT"
    assert services.close_orphans(["proc_a"]) == 1
    open_visit(knock(agent), policy)
    assert Session.objects.filter(end_reason=EndReason.SERVER_LOST).count() == 1


def test_one_address_cannot_take_every_anonymous_place(agent: Agent, policy: RtcSettings) -> None:
    for _ in range(policy.anonymous_per_address):
        open_visit(knock(agent, client="here"), policy)
    assert refusal(knock(agent, client="here"), policy).code == "RATE_LIMITED"
    open_visit(knock(agent, client="there"), policy)
    open_visit(knock(agent, client="here", token=mint(agent).token), policy)


def test_invited_visitors_take_no_anonymous_place(agent: Agent, policy: RtcSettings) -> None:
    for _ in range(policy.anonymous_per_address):
        open_visit(knock(agent, client="office", token=mint(agent).token), policy)
    open_visit(knock(agent, client="office"), policy)
