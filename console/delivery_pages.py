"""The delivery log: what was sent to whom, every attempt, and sending it again."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter

from console.base import OwnedPages, ReadOnlyRows, column
from console.requests import viewer
from webhooks import selectors, services
from webhooks.models import Attempt, Delivery, Endpoint

STATE_LABELS = {
    "delivered": "success",
    "failed": "danger",
    "waiting": "info",
    "retrying": "warning",
}


class WebhookFilter(DropdownFilter):  # type: ignore[misc] # unfold has no types
    """Offers the viewer's own webhooks, never the addresses of others'."""

    title = "webhook"
    parameter_name = "webhook"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        who = viewer(request)
        rows = Endpoint.objects.all() if who.is_superuser else selectors.endpoints(who)
        return [(str(row.pk), row.url) for row in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        chosen = str(self.value() or "")
        return queryset.filter(endpoint=int(chosen)) if chosen.isdecimal() else queryset


class Attempts(ReadOnlyRows):
    model = Attempt
    verbose_name_plural = "Attempts"
    fields = ("number", "at", "ms", "status_code", "error", "answer")


class DeliveryPages(OwnedPages):
    owner = "endpoint__account"
    list_display = ("when", "event_type", "address", "state_label", "status_code", "attempt_count")
    list_select_related = ("endpoint", "event")
    list_filter = (WebhookFilter, "delivered", "event__event_type")
    list_filter_submit = True
    search_fields = ("uid", "order_key", "event__uid")
    search_help_text = "Search by sid, delivery or event"
    inlines = (Attempts,)
    actions = ("deliver_again",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("uid", "event_uid"),
                    ("event_type", "address"),
                    ("state_label", "status_code"),
                    ("created_at", "next_try"),
                )
            },
        ),
        ("Body, as it is sent", {"fields": ("body",)}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description="Deliver again", permissions=["view"])
    def deliver_again(self, request: HttpRequest, chosen: QuerySet[Delivery]) -> None:
        queued = sum(services.redeliver(row) for row in chosen.order_by("pk"))
        messages.success(request, f"{queued} will be delivered again.")

    @column("When", ordering="created_at")
    def when(self, row: Delivery) -> str:
        return f"{timezone.localtime(row.created_at):%d %b, %H:%M:%S}"

    @column("Event")
    def event_type(self, row: Delivery) -> str:
        return row.event.event_type

    @column("Event's id")
    def event_uid(self, row: Delivery) -> str:
        return row.event.uid

    @column("To")
    def address(self, row: Delivery) -> str:
        return row.endpoint.url

    @column("State", labels=STATE_LABELS)
    def state_label(self, row: Delivery) -> str:
        return row.state

    @column("Next try")
    def next_try(self, row: Delivery) -> str:
        if row.settled_at is not None:
            return "–"
        return f"{timezone.localtime(row.next_attempt_at):%d %b, %H:%M:%S}"

    @column("Body")
    def body(self, row: Delivery) -> str:
        return row.event.body
