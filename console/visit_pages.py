"""Visits: found by sid, fingerprint or room, read with transcript and latencies."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from asgiref.sync import async_to_sync
from django.contrib import admin
from django.contrib.admin import DateFieldListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter

from agents.selectors import providers_of, visible_agents
from console.base import OwnedPages, ReadOnlyRows, column
from console.requests import viewer
from rtc import commands
from rtc.models import ACTIVE_STATES, Line, Session, Turn
from voice.spec import OWN_PREFIX

STATE_LABELS = {
    "issued": "info",
    "connecting": "warning",
    "live": "success",
    "reconnecting": "warning",
    "ended": "default",
}


class AgentFilter(DropdownFilter):  # type: ignore[misc] # unfold has no types
    """Offers the viewer's own agents, never the names of others'."""

    title = "agent"
    parameter_name = "agent"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        agents = visible_agents(viewer(request)).order_by("name")
        return [(str(agent.pk), str(agent)) for agent in agents]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Session]) -> QuerySet[Session]:
        chosen = str(self.value() or "")
        return queryset.filter(agent=int(chosen)) if chosen.isdecimal() else queryset


class Transcript(ReadOnlyRows):
    model = Line
    verbose_name_plural = "Transcript"
    fields = ("clock", "speaker", "text", "source", "cut", "looked_up")
    readonly_fields = ("clock", "speaker", "cut", "looked_up")

    @column("Time")
    def clock(self, line: Line) -> str:
        return f"{timezone.localtime(line.at):%H:%M:%S}"

    @column("Who")
    def speaker(self, line: Line) -> str:
        return "Visitor" if line.role == "user" else "Avatar"

    @column("Heard")
    def cut(self, line: Line) -> str:
        return "interrupted" if line.interrupted else "whole"

    @column("From")
    def looked_up(self, line: Line) -> str:
        """The documents, with pages, that an answer is from."""
        return "; ".join(dict.fromkeys(map(_place, line.sources))) or "–"


class Latencies(ReadOnlyRows):
    model = Turn
    verbose_name_plural = "Latencies of each turn, in milliseconds"
    fields = ("clock", "endpointing", "stt", "llm", "tts", "reply", "cut")
    readonly_fields = ("clock", "endpointing", "stt", "llm", "tts", "reply", "cut")

    @column("Time")
    def clock(self, turn: Turn) -> str:
        return f"{timezone.localtime(turn.at):%H:%M:%S}"

    @column("End of turn")
    def endpointing(self, turn: Turn) -> str:
        return _ms(turn.endpointing_ms)

    @column("Hearing")
    def stt(self, turn: Turn) -> str:
        return _ms(turn.stt_ms)

    @column("Answering")
    def llm(self, turn: Turn) -> str:
        return _ms(turn.llm_ms)

    @column("Speaking")
    def tts(self, turn: Turn) -> str:
        return _ms(turn.tts_ms)

    @column("Reply")
    def reply(self, turn: Turn) -> str:
        return _ms(turn.reply_ms)

    @column("Heard")
    def cut(self, turn: Turn) -> str:
        return "interrupted" if turn.interrupted else "whole"


class VisitPages(OwnedPages):
    owner = "agent__account"
    list_display = ("sid", "agent_name", "state_label", "when", "length", "visitor", "end_reason")
    list_select_related = ("agent",)
    list_filter = (
        AgentFilter,
        ("state", ChoicesDropdownFilter),
        ("end_reason", ChoicesDropdownFilter),
        ("issued_at", DateFieldListFilter),
    )
    list_filter_submit = True
    search_fields = ("sid", "fingerprint", "room_name")
    search_help_text = "Search by sid, fingerprint or room"
    date_hierarchy = "issued_at"
    inlines = (Transcript, Latencies)
    actions = ("end_now",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("sid", "room_name"),
                    ("agent", "visitor"),
                    ("state_label", "end_reason"),
                    ("issued_at", "length"),
                    ("started_at", "ended_at"),
                    ("origin", "browser"),
                    "error",
                    "lost_providers",
                )
            },
        ),
        ("Given with the token", {"fields": ("context",), "classes": ("collapse",)}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A visitor may ask for it; a visit that goes on is ended first."""
        return self.may(request, obj) and (obj is None or obj.state not in ACTIVE_STATES)

    def delete_model(self, request: HttpRequest, obj: Session) -> None:
        """Erase it, with what waits to be told of it."""
        self.delete_queryset(request, Session.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Session]) -> None:
        async_to_sync(commands.erase)(Session.objects.filter(pk__in=queryset.values("pk")))

    @admin.action(description="End now")
    def end_now(self, request: HttpRequest, queryset: QuerySet[Session]) -> None:
        """End what is still going on; the visitor is told the reason and it stays ended."""
        live = queryset.filter(state__in=ACTIVE_STATES).values_list("sid", flat=True)
        ended = async_to_sync(commands.terminate)(list(live))
        self.message_user(request, f"{len(ended)} ended.")

    @column("State", ordering="state", labels=STATE_LABELS)
    def state_label(self, visit: Session) -> str:
        return visit.state

    @column("Agent", ordering="agent__name")
    def agent_name(self, visit: Session) -> str:
        return visit.agent.name

    @column("Began", ordering="issued_at")
    def when(self, visit: Session) -> str:
        return f"{timezone.localtime(visit.started_at or visit.issued_at):%d %b, %H:%M}"

    @column("Visitor", ordering="fingerprint")
    def visitor(self, visit: Session) -> str:
        return visit.fingerprint or "anonymous"

    @column("Lost providers")
    def lost_providers(self, visit: Session) -> SafeString:
        """Which of the account's own were lost, why, and what served from then on."""
        names = {each.uid: str(each) for each in providers_of(visit.agent.account)}
        rows = (
            (
                each["stage"],
                names.get(each["provider"].removeprefix(OWN_PREFIX), each["provider"]),
                each["reason"],
                each["substitute"],
                f"{timezone.localtime(datetime.fromisoformat(each['at'])):%H:%M:%S}",
            )
            for each in visit.fallbacks
        )
        told = "{}: “{}” was lost ({}); the default, {}, went on at {}."
        return format_html_join(SafeString("<br>"), told, rows) or SafeString("none")

    @column("Length")
    def length(self, visit: Session) -> str:
        if visit.started_at is None:
            return "–"
        end = visit.ended_at or timezone.now()
        return minutes(end - visit.started_at)


def minutes(length: timedelta) -> str:
    """`length` as m:ss."""
    whole, seconds = divmod(max(0, int(length.total_seconds())), 60)
    return f"{whole}:{seconds:02d}"


def _place(source: dict[str, Any]) -> str:
    page = f", page {source['page']}" if source["page"] else ""
    heading = f" ({source['heading']})" if source["heading"] else ""
    return f"{source['title']}{page}{heading}"


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}"
