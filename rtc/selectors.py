"""Reading visits: the rooms that commands go to, and what their owner may see of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from rtc.models import ACTIVE_STATES, Line, Session
from rtc.services import STALE_AFTER_S
from tokens.models import Account

RECENT_HOURS = 24

Window = Literal["live", "recent", "all"]


@dataclass(frozen=True, slots=True)
class Room:
    """A visit's place: the process that holds it."""

    sid: str
    process: str


def live_rooms(agent_code: str, room: str | None = None) -> list[Room]:
    """The agent's active rooms, or the one of this name or sid: live once, and not over."""
    rooms = live().filter(agent__code=agent_code, joined_at__isnull=False)
    if room is not None:
        rooms = rooms.filter(Q(room_name=room) | Q(sid=room))
    return [Room(sid, process) for sid, process in rooms.values_list("sid", "process")]


def places(sids: Iterable[str]) -> list[Room]:
    """The places of those visits that go on, be they only connecting."""
    found = live().filter(sid__in=list(sids))
    return [Room(sid, process) for sid, process in found.values_list("sid", "process")]


def live() -> QuerySet[Session]:
    """The visits that go on, by their state and their process's heartbeat."""
    alive = timezone.now() - timedelta(seconds=STALE_AFTER_S)
    return Session.objects.filter(state__in=ACTIVE_STATES, heartbeat_at__gte=alive)


def visits_of(account: Account, window: Window = "all") -> QuerySet[Session]:
    """The account's visits that began, the newest first, with `has_transcript`.

    "recent" are those of the last 24 hours and those that go on.
    """
    visits = Session.objects.filter(agent__account=account, started_at__isnull=False)
    if window == "live":
        visits = visits.filter(pk__in=live().values("pk"))
    elif window == "recent":
        since = timezone.now() - timedelta(hours=RECENT_HOURS)
        visits = visits.filter(Q(ended_at__gte=since) | Q(pk__in=live().values("pk")))
    has_lines = Exists(Line.objects.filter(session=OuterRef("pk")))
    return (
        visits.select_related("agent")
        .annotate(has_transcript=has_lines)
        .order_by("-started_at", "-pk")
    )


def owned(account: Account) -> QuerySet[Session]:
    """All of the account's visits, those included whose token was never used."""
    return Session.objects.filter(agent__account=account).select_related("agent")


def records(visits: QuerySet[Session]) -> QuerySet[Session]:
    """`visits`, each with its lines and turns at hand, oldest first."""
    return visits.prefetch_related("lines", "turns").order_by("issued_at", "pk")
