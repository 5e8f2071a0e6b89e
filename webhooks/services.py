"""Writes about webhooks: endpoints and their secrets, events recorded, deliveries queued again."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from tokens.models import Account
from tokens.sealing import seal
from webhooks import body
from webhooks.errors import WebhookInvalid, WebhookNotFound
from webhooks.events import DEFAULT_EVENTS, EVENTS
from webhooks.fields import COLUMNS, assign
from webhooks.models import Delivery, Endpoint, Event, event_uid
from webhooks.signing import new_secret

MAX_ENDPOINTS = 20
OVERLAP = timedelta(days=1)
LONGEST_OVERLAP = timedelta(days=30)


@transaction.atomic
def register(
    *,
    account: Account,
    url: str,
    events: Collection[str] = DEFAULT_EVENTS,
    description: str = "",
    headers: Mapping[str, str] | None = None,
    signature: str = Endpoint.Signature.AUTO,
) -> tuple[Endpoint, str]:
    """A new endpoint, and its secret, which is shown nowhere again.

    Raises:
        WebhookInvalid: a field cannot be, or the account has MAX_ENDPOINTS already.
    """
    # One registration of an account after the other, so that each counts those before it.
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    if Endpoint.objects.filter(account=account).count() >= MAX_ENDPOINTS:
        raise WebhookInvalid("url", f"would be one more than the {MAX_ENDPOINTS} that you have")
    secret = new_secret()
    endpoint = Endpoint(account=account, secret_sealed=seal(secret))
    assign(
        endpoint,
        {
            "url": url,
            "events": events,
            "description": description,
            "headers": headers or {},
            "signature": signature,
        },
    )
    endpoint.save()
    return endpoint, secret


@transaction.atomic
def change(endpoint: Endpoint, fields: Mapping[str, Any]) -> None:
    """Give `endpoint` the `fields` among url, events, description, headers, signature, active.

    Switching it on forgets its failures. What else has changed since `endpoint` was read stays so.

    Raises:
        WebhookInvalid: a field cannot be; nothing is changed.
        WebhookNotFound: it has been deleted.
    """
    assign(endpoint, fields)
    _locked(endpoint)
    columns = [column for name in fields for column in COLUMNS[name]]
    endpoint.save(update_fields=[*columns, "updated_at"])


def check(fields: Mapping[str, Any]) -> None:
    """Say what `change` would say of `fields`, and change nothing.

    Raises:
        WebhookInvalid: a field cannot be.
    """
    assign(Endpoint(), fields)


@transaction.atomic
def rotate_secret(endpoint: Endpoint, overlap: timedelta = OVERLAP) -> str:
    """A new secret, shown nowhere again; the present one goes on signing for `overlap`.

    Raises:
        WebhookInvalid: the overlap is none, or too long.
        WebhookNotFound: it has been deleted.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        longest_s = int(LONGEST_OVERLAP.total_seconds())
        raise WebhookInvalid("overlap_seconds", f"must be from 0 to {longest_s}")
    secret, present = new_secret(), _locked(endpoint).secret_sealed
    endpoint.previous_secret_sealed = present if overlap else ""
    endpoint.previous_until = timezone.now() + overlap if overlap else None
    endpoint.secret_sealed = seal(secret)
    endpoint.save(
        update_fields=[
            *("secret_sealed", "previous_secret_sealed", "previous_until", "updated_at"),
        ]
    )
    return secret


def delete(endpoint: Endpoint) -> None:
    """Forget it, with everything that waits for it and its log."""
    endpoint.delete()


def record(
    *,
    account: Account,
    event_type: str,
    agent_code: str,
    data: Mapping[str, Any],
    order_key: str,
    at: datetime | None = None,
) -> None:
    """Keep an event for every endpoint of `account` that wants it; call it where the fact commits.

    Events of one `order_key` leave in the order of these calls. What is wanted by an endpoint
    that Parley has switched off is kept as failed, to be delivered again.

    Raises:
        ValueError: there is no such event, or `data` cannot be written as a body.
    """
    if event_type not in EVENTS:
        raise ValueError(f"{event_type} is no event")
    wanting = [
        endpoint
        for endpoint in Endpoint.objects.filter(
            Q(active=True) | Q(switched_off_at__isnull=False), account=account
        ).only("pk", "events", "active")
        if event_type in endpoint.events
    ]
    if not wanting:
        return
    with transaction.atomic():
        _wait_for_earlier(order_key)
        event = create_event(
            account=account,
            event_type=event_type,
            agent_code=agent_code,
            data=data,
            order_key=order_key,
            at=at or timezone.now(),
        )
        Delivery.objects.bulk_create(
            Delivery(
                endpoint=endpoint,
                event=event,
                order_key=event.order_key,
                settled_at=None if endpoint.active else timezone.now(),
            )
            for endpoint in wanting
        )


def create_event(
    *,
    account: Account,
    event_type: str,
    agent_code: str,
    data: Mapping[str, Any],
    order_key: str,
    at: datetime,
) -> Event:
    """The row of an event with its final body; nobody is told of it yet."""
    uid = event_uid()
    return Event.objects.create(
        account=account,
        uid=uid,
        event_type=event_type,
        order_key=order_key[:128],
        body=body.compose(uid=uid, event_type=event_type, agent_code=agent_code, data=data, at=at),
    )


def redeliver(delivery: Delivery) -> bool:
    """Queue a settled delivery again with all its tries; False where it still waits."""
    return bool(_queue_again(Q(pk=delivery.pk)))


def redeliver_failed(endpoint: Endpoint, since: datetime) -> int:
    """Queue everything again that failed for good at or after `since`; how many that are."""
    return _queue_again(Q(endpoint=endpoint, delivered=False, settled_at__gte=since))


@transaction.atomic
def erase(account: Account, order_key: str) -> int:
    """Forget every event of `account` under `order_key` (a visit's sid), waiting ones included."""
    events = Event.objects.filter(account=account, order_key=order_key)
    count = events.count()
    events.delete()
    return count


@transaction.atomic
def forget_old(now: datetime | None = None) -> int:
    """Delete events older than PARLEY_WEBHOOK_LOG_DAYS with their deliveries; returns how many.

    What still waits for an endpoint stays until it is settled.
    """
    before = (now or timezone.now()) - timedelta(days=settings.PARLEY_WEBHOOK_LOG_DAYS)
    waiting = Delivery.objects.filter(event=OuterRef("pk"), settled_at__isnull=True)
    old = Event.objects.filter(~Exists(waiting), created_at__lt=before)
    count = old.count()
    old.delete()
    return count


def _queue_again(which: Q) -> int:
    now = timezone.now()
    return Delivery.objects.filter(which, settled_at__isnull=False).update(
        settled_at=None,
        delivered=False,
        tries=0,
        max_tries=4,
        next_attempt_at=now,
        updated_at=now,
    )


def _wait_for_earlier(order_key: str) -> None:
    """Let events of one key commit one after the other, so that their ids tell their order.

    SQLite has one writer anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [order_key])


def _locked(endpoint: Endpoint) -> Endpoint:
    """The row as it is now, locked until the transaction ends."""
    row = Endpoint.objects.select_for_update(no_key=True).filter(pk=endpoint.pk).first()
    if row is None:
        raise WebhookNotFound(endpoint.uid)
    return row
