from datetime import timedelta

import pytest
from django.utils import timezone

from agents.models import Agent
from rtc import services
from rtc.models import EndReason, Line, Session, State


@pytest.fixture
def visit(agent: Agent) -> Session:
    return Session.objects.create(
        agent=agent,
        room_name="room_x",
        state=State.LIVE,
        process="proc_a",
        heartbeat_at=timezone.now(),
        context="two mugs",
    )


def test_the_first_end_wins(visit: Session) -> None:
    assert services.end_visit(visit.sid, EndReason.VISITOR)
    assert not services.end_visit(visit.sid, EndReason.ERROR)
    services.set_state(visit.sid, State.LIVE)
    visit.refresh_from_db()
    assert (visit.state, visit.end_reason) == (State.ENDED, EndReason.VISITOR)


def test_a_heartbeat_brings_word_of_visits_ended_from_elsewhere(visit: Session) -> None:
    assert services.heartbeat("proc_a", [visit.sid]) == {}
    services.end_visit(visit.sid, EndReason.SERVER_LOST, note="Sorry")
    assert services.heartbeat("proc_a", [visit.sid, "ses_erased"]) == {
        visit.sid: services.Ended(EndReason.SERVER_LOST, "Sorry"),
        "ses_erased": services.Ended(EndReason.OPERATOR),
    }


def test_silent_visits_are_closed_and_beating_ones_are_not(visit: Session) -> None:
    assert services.close_orphans() == 0
    Session.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=16))
    assert services.close_orphans() == 1


def test_transcripts_are_purged_after_their_days(visit: Session, agent: Agent) -> None:
    services.record_line(visit.sid, {"at": timezone.now(), "role": "user", "text": "Hello"})
    services.end_visit(visit.sid, EndReason.VISITOR)
    assert services.purge_transcripts(timezone.now() + timedelta(days=29)) == 0
    assert services.purge_transcripts(timezone.now() + timedelta(days=31)) == 1
    assert not Line.objects.exists()
    visit.refresh_from_db()
    assert visit.context == ""


def test_an_unused_token_expires_its_visit(agent: Agent) -> None:
    minted = services.mint_visit(
        account=agent.account,
        agent=agent,
        fingerprint="f",
        model="essence",
        ttl_s=3600,
        context="",
    )
    assert services.expire_unused() == 0
    Session.objects.update(token_expires_at=timezone.now() - timedelta(seconds=1))
    assert services.expire_unused() == 1
    assert Session.objects.get(sid=minted.sid).end_reason == EndReason.EXPIRED
