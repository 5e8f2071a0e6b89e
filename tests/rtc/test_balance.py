"""Minutes that an account has, and what visits take of them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from pytest_django import Settings

from agents.models import Agent
from rtc import services
from rtc.models import EndReason, Session
from rtc.opening import open_visit
from rtc.policy import RtcSettings
from tests.rtc.test_opening import knock, mint, refusal
from tokens.models import Account


@pytest.fixture(autouse=True)
def required(settings: Settings) -> None:
    settings.PARLEY_REQUIRE_BALANCE = True


def give(minutes: int | None) -> None:
    Account.objects.update(minutes_left=minutes)


def left(agent: Agent) -> Decimal | None:
    return Account.objects.get(pk=agent.account_id).minutes_left


def lasted(sid: str, minutes: float, silent_minutes: float = 0) -> None:
    """Let an open visit have begun that long ago, its process silent since then."""
    now = timezone.now()
    Session.objects.filter(sid=sid).update(
        opened_at=now - timedelta(minutes=minutes),
        heartbeat_at=now - timedelta(minutes=silent_minutes),
    )


def test_a_visit_takes_the_time_that_it_lasted(agent: Agent, policy: RtcSettings) -> None:
    give(10)
    opening = open_visit(knock(agent), policy)
    lasted(opening.sid, 2.5)
    assert services.end_visit(opening.sid, EndReason.VISITOR)
    assert not services.end_visit(opening.sid, EndReason.VISITOR)
    assert left(agent) == pytest.approx(Decimal("7.5"), abs=Decimal("0.1"))


def test_one_that_is_opened_again_pays_for_no_time_twice(agent: Agent, policy: RtcSettings) -> None:
    give(10)
    minted = mint(agent)
    for _ in range(2):
        open_visit(knock(agent, token=minted.token), policy)
        lasted(minted.sid, 1)
        services.end_visit(minted.sid, EndReason.VISITOR)
    assert left(agent) == pytest.approx(Decimal(8), abs=Decimal("0.1"))


def test_a_lost_process_costs_no_more_than_the_visit_can_have_lasted(
    agent: Agent, policy: RtcSettings
) -> None:
    give(1000)
    opening = open_visit(knock(agent), policy)
    lasted(opening.sid, 600, silent_minutes=599)
    assert services.close_orphans() == 1
    assert left(agent) == pytest.approx(Decimal("998.75"), abs=Decimal("0.1"))


def test_nothing_left_begins_nothing_and_cuts_nothing(agent: Agent, policy: RtcSettings) -> None:
    give(1)
    opening = open_visit(knock(agent), policy)
    give(0)
    refused = refusal(knock(agent), policy)
    assert (refused.code, refused.close_code) == ("quota", 4429)
    again = open_visit(knock(agent, sid=opening.sid, resume=opening.resume), policy)
    assert again.running


@pytest.mark.parametrize("minutes", [0, None])
def test_what_is_not_asked_for_or_not_counted_is_not_refused(
    agent: Agent, policy: RtcSettings, settings: Settings, minutes: int | None
) -> None:
    settings.PARLEY_REQUIRE_BALANCE = minutes is None
    give(minutes)
    opening = open_visit(knock(agent), policy)
    lasted(opening.sid, 1)
    services.end_visit(opening.sid, EndReason.VISITOR)
    if minutes is None:
        assert left(agent) is None
