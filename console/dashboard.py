"""The start page: what happens now, what happened last, and how to begin."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from agents.selectors import visible_agents
from console import snippets
from rtc.models import ACTIVE_STATES, Session
from tokens.models import Account

LAST_VISITS = 8


def dashboard(who: Account) -> dict[str, Any]:
    """What the template of the start page shows to `who`."""
    visits = Session.objects.select_related("agent")
    if not who.is_superuser:
        visits = visits.filter(agent__account=who)
    agents = visible_agents(who)
    first = agents.order_by("created_at").first()
    return {
        "figures": _figures(visits, agents.count()),
        "last_visits": visits.exclude(started_at=None).order_by("-started_at")[:LAST_VISITS],
        "first_agent": first,
        "meet_url": (snippets.demo_url(first) or snippets.embed_url(first)) if first else "",
        "frame_snippet": snippets.iframe(first) if first else "",
        "token_request": snippets.token_request(first) if first else "",
    }


def _figures(visits: QuerySet[Session], agents: int) -> list[dict[str, Any]]:
    visits_url = reverse("admin:rtc_session_changelist")
    today = _start_of_day()
    began_today = visits.filter(started_at__gte=today)
    return [
        {
            "title": "Live now",
            "value": visits.filter(state__in=ACTIVE_STATES).count(),
            "icon": "sensors",
            "link": f"{visits_url}?state__exact=live",
        },
        {
            "title": "Visits today",
            "value": began_today.count(),
            "icon": "today",
            "link": visits_url,
        },
        {
            "title": "Errors today",
            "value": began_today.exclude(error="").count(),
            "icon": "warning",
            "link": visits_url,
        },
        {
            "title": "Agents",
            "value": agents,
            "icon": "face",
            "link": reverse("admin:agents_agent_changelist"),
        },
    ]


def _start_of_day() -> datetime:
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
