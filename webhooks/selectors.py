"""Reading webhooks: each account its own."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, QuerySet
from django.utils import timezone

from tokens.models import Account
from webhooks.errors import WebhookNotFound
from webhooks.models import Attempt, Delivery, Endpoint, Event


def endpoints(account: Account) -> QuerySet[Endpoint]:
    return Endpoint.objects.filter(account=account)


def endpoint(account: Account, uid: str) -> Endpoint:
    """The endpoint of `account` with that id.

    Raises:
        WebhookNotFound: there is none.
    """
    found = endpoints(account).filter(uid=uid).first()
    if found is None:
        raise WebhookNotFound(uid)
    return found


def deliveries(of: Endpoint) -> QuerySet[Delivery]:
    """The delivery log of an endpoint, newest first, with events."""
    return Delivery.objects.filter(endpoint=of).select_related("event").order_by("-pk")


def delivery(of: Endpoint, uid: str) -> Delivery:
    """The delivery of `of` with that id.

    Raises:
        WebhookNotFound: there is none.
    """
    found = deliveries(of).filter(uid=uid).first()
    if found is None:
        raise WebhookNotFound(uid)
    return found


def attempts(of: Delivery) -> QuerySet[Attempt]:
    """Its tries, in their order."""
    return Attempt.objects.filter(delivery=of).order_by("number", "pk")


def events(account: Account, order_keys: Collection[str]) -> QuerySet[Event]:
    """What the log keeps under `order_keys` (sids), in its order, with deliveries and attempts."""
    return (
        Event.objects.filter(account=account, order_key__in=order_keys)
        .prefetch_related("deliveries__endpoint", "deliveries__attempts")
        .order_by("pk")
    )


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits for active endpoints, and how many seconds the longest-due has been due."""

    waiting: int
    lag_s: float


def backlog(now: datetime | None = None) -> Backlog:
    """How far delivery is behind, over all accounts."""
    now = now or timezone.now()
    waiting = Delivery.objects.filter(settled_at__isnull=True, endpoint__active=True)
    found = waiting.aggregate(count=Count("pk"), oldest=Min("next_attempt_at"))
    lag_s = (now - found["oldest"]).total_seconds() if found["oldest"] else 0.0
    return Backlog(found["count"], max(0.0, lag_s))
