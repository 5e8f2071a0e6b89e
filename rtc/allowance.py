"""How much of an agent's minutes for today is left, and what its live visits may take of it."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import timezone

from agents.models import Agent
from rtc import selectors
from rtc.models import DailyTalk, Session
from rtc.services import midnight


def left_s(agent: Agent, now: datetime) -> float | None:
    """Seconds that are left today, live visits counted so far; None: as many as there are."""
    if agent.minutes_per_day is None:
        return None
    past = DailyTalk.objects.filter(agent=agent, day=now.date()).first()
    spent_s = past.seconds if past is not None else 0.0
    began = selectors.live().filter(agent=agent)
    for opened_at in filter(None, began.values_list("opened_at", flat=True)):
        spent_s += (now - max(opened_at, midnight(now))).total_seconds()
    return timedelta(minutes=agent.minutes_per_day).total_seconds() - spent_s


def shares_s(sids: Iterable[str]) -> dict[str, float]:
    """Seconds that each of these visits may still last, without those that have no such bound.

    The live visits of an agent share what is left: together they spend it that much faster.
    """
    now = timezone.now()
    bounded = Session.objects.filter(sid__in=list(sids), agent__minutes_per_day__isnull=False)
    visits = defaultdict[Agent, list[str]](list)
    for visit in bounded.select_related("agent"):
        visits[visit.agent].append(visit.sid)
    live = Counter(selectors.live().filter(agent__in=visits).values_list("agent", flat=True))
    shares: dict[str, float] = {}
    for agent, own in visits.items():
        left = left_s(agent, now) or 0.0
        shares |= dict.fromkeys(own, max(0.0, left) / max(1, live[agent.pk]))
    return shares
