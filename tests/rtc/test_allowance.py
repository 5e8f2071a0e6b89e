"""Minutes that an agent may talk in a day, and who ends when they are used up."""

from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from django.utils import timezone

from agents.models import Agent
from rtc import allowance, services
from rtc.models import DailyTalk, EndReason, Session
from rtc.opening import open_visit
from rtc.policy import RtcSettings
from rtc.registry import Registry
from tests.fakes.rtc_runtime import EchoRuntime
from tests.rtc.pages import Page, ended
from tests.rtc.test_opening import knock, mint, refusal
from voice.runtime import Runtime

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


class Clock:
    """Django's time, as the test sets it."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def go_on(self, minutes: float) -> None:
        """Let time pass in which the visits' processes live."""
        self.now += timedelta(minutes=minutes)
        Session.objects.update(heartbeat_at=self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(timezone, "now", clock)
    return clock


def test_minutes_per_day_protect_the_owner(agent: Agent, policy: RtcSettings, clock: Clock) -> None:
    Agent.objects.update(minutes_per_day=10)
    first = open_visit(knock(agent), policy)
    clock.go_on(6)
    open_visit(knock(agent), policy)
    clock.go_on(2)
    spent = refusal(knock(agent), policy)
    assert (spent.code, spent.retry_after_s) == ("quota", (12 * 60 - 8) * 60 + 1)
    services.end_visit(first.sid, EndReason.VISITOR)
    assert refusal(knock(agent), policy).code == "quota"
    clock.go_on(24 * 60)
    services.close_orphans(["proc_a"])
    clock.now = NOON.replace(day=6)
    open_visit(knock(agent), policy)


def test_a_visit_that_is_opened_again_spends_nothing_between(
    agent: Agent, policy: RtcSettings, clock: Clock
) -> None:
    Agent.objects.update(minutes_per_day=10)
    agent.refresh_from_db()
    token = mint(agent).token
    for _ in range(2):
        opening = open_visit(knock(agent, token=token), policy)
        clock.go_on(2)
        services.end_visit(opening.sid, EndReason.VISITOR)
        clock.go_on(20)
    assert allowance.left_s(agent, clock()) == 6 * 60


def test_erasing_what_was_said_gives_no_minutes_back(
    agent: Agent, policy: RtcSettings, clock: Clock
) -> None:
    Agent.objects.update(minutes_per_day=1)
    opening = open_visit(knock(agent), policy)
    clock.go_on(1)
    services.end_visit(opening.sid, EndReason.VISITOR)
    services.erase(Session.objects.all())
    assert refusal(knock(agent), policy).code == "quota"


def test_what_was_talked_before_midnight_is_yesterdays(
    agent: Agent, policy: RtcSettings, clock: Clock
) -> None:
    Agent.objects.update(minutes_per_day=10)
    agent.refresh_from_db()
    clock.now = NOON.replace(hour=23, minute=55)
    opening = open_visit(knock(agent), policy)
    clock.go_on(8)
    assert allowance.left_s(agent, clock()) == 7 * 60
    services.end_visit(opening.sid, EndReason.VISITOR)
    assert allowance.left_s(agent, clock()) == 7 * 60


def test_live_visits_share_what_is_left(agent: Agent, policy: RtcSettings, clock: Clock) -> None:
    sids = [open_visit(knock(agent), policy).sid for _ in range(2)]
    assert allowance.shares_s(sids) == {}
    Agent.objects.update(minutes_per_day=10)
    clock.go_on(1)
    assert allowance.shares_s(sids) == dict.fromkeys(sids, 4 * 60)
    clock.go_on(5)
    assert allowance.shares_s(sids) == dict.fromkeys(sids, 0)


@pytest.mark.django_db(transaction=True)
async def test_a_live_visit_ends_when_the_day_is_used_up(
    policy: RtcSettings, agent: Agent, runtime: EchoRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "HEARTBEAT_S", 0.1)
    registry = Registry(policy, cast(Runtime, runtime))
    await registry.start()
    page = await Page(registry, agent.code).hello()
    sid = (await page.until("welcome"))["sid"]
    await DailyTalk.objects.acreate(agent=agent, day=timezone.now().date(), seconds=58.5)
    await Agent.objects.aupdate(minutes_per_day=1)
    assert (await page.until("warning", code="max_length"))["seconds"] <= 2
    assert (await page.until("state", state="ended"))["reason"] == "quota"
    await ended(sid)
    late = await Page(registry, agent.code).hello()
    assert (await late.until("error"))["code"] == "quota"
    await page.leave()
    await late.leave()
    await registry.aclose()
