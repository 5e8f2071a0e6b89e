"""The outbox as deliverers see it: claim what is next, say what came of it.

A claim is a lease that is longer than an attempt can last. So a deliverer that dies loses
nothing, and one that lives never meets another's attempt at the same delivery.
"""

import logging
import random
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from tokens.errors import SealBroken
from tokens.sealing import unseal
from webhooks import custom_headers
from webhooks.models import Attempt, Delivery, Endpoint

logger = logging.getLogger(__name__)

PER_ENDPOINT = 4
PER_FAILING_ENDPOINT = 1
PER_ACCOUNT = 40
RETRY_AFTER_S = (1.0, 5.0, 30.0)
JITTER = 0.2
OFF_AFTER = timedelta(days=3)
OFF_AFTER_FAILED = 10


@dataclass(frozen=True, slots=True, repr=False)
class Claim:
    """One delivery to try now, with all that the attempt needs.

    It holds speech and secrets, so that it has no repr to end up in a log.
    """

    delivery_pk: int
    delivery_uid: str
    event_uid: str
    event_type: str
    body: str
    tries: int
    destination: "Destination"


@dataclass(frozen=True, slots=True, repr=False)
class Destination:
    """Where an endpoint's events go, and what signs them.

    `keys` are the secrets in force, the older first; none where their seal is broken.
    """

    endpoint_pk: int
    url: str
    family: str
    keys: tuple[str, ...]
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt came to; without a status there was no answer, and `error` says why."""

    delivery_pk: int
    at: datetime
    ms: int
    status_code: int | None = None
    error: str = ""
    answer: str = ""

    @property
    def delivered(self) -> bool:
        return self.status_code is not None and 200 <= self.status_code < 300


def claim(
    owner: str,
    now: datetime,
    lease: timedelta,
    *,
    room: int,
    endpoints: Collection[int] | None = None,
) -> list[Claim]:
    """Lease at most `room` deliveries that are next in line, of `endpoints` or of all.

    Next is the earliest that waits of its order key. Endpoints that another process claims from
    at this moment are left to it, so that the bound for each endpoint holds for all processes.
    An account whose receivers all hang has PER_ACCOUNT under way and leaves the rest to others.
    """
    if room <= 0 or not (_anything_waits() and _due_endpoints(now, endpoints).exists()):
        return []
    with transaction.atomic():
        locked = _due_endpoints(now, endpoints).select_for_update(skip_locked=True, no_key=True)
        found = list(locked)
        random.shuffle(found)  # where room is short, nobody is always last
        left = _left(found, now)
        chosen: list[tuple[Endpoint, list[int]]] = []
        for endpoint in found:
            pks = _next(endpoint, now, min(room, left[endpoint.account_id]))
            room -= len(pks)
            left[endpoint.account_id] -= len(pks)
            chosen.append((endpoint, pks))
        taken = [pk for _, pks in chosen for pk in pks]
        Delivery.objects.filter(pk__in=taken).update(leased_by=owner, leased_until=now + lease)
        rows = Delivery.objects.select_related("event").in_bulk(taken)
    return [
        _claim(rows[pk], destination)
        for endpoint, pks in chosen
        if pks
        for destination in [destination_of(endpoint, now)]
        for pk in pks
    ]


def settle(owner: str, outcomes: Iterable[Outcome], now: datetime) -> None:
    """Write an attempt for each outcome, and what follows from it, in one transaction.

    A delivery whose lease `owner` has lost keeps the state that its new holder gives it.
    """
    outcomes = list(outcomes)
    with transaction.atomic():
        rows = (
            Delivery.objects.select_for_update(of=("self",))
            .select_related("endpoint")
            .in_bulk([outcome.delivery_pk for outcome in outcomes])
        )
        known = [outcome for outcome in outcomes if outcome.delivery_pk in rows]
        for outcome in known:
            row = rows[outcome.delivery_pk]
            row.attempt_count += 1
            row.updated_at = now
            if row.leased_by == owner:
                _conclude(row, outcome, now)
        Attempt.objects.bulk_create(
            _attempt(rows[outcome.delivery_pk], outcome) for outcome in known
        )
        Delivery.objects.bulk_update(rows.values(), CONCLUDED_FIELDS)
        for row in rows.values():
            _note_health(row, now)


CONCLUDED_FIELDS = (
    *("attempt_count", "tries", "status_code", "delivered", "settled_at", "next_attempt_at"),
    *("leased_by", "leased_until", "updated_at"),
)


def release(owner: str) -> int:
    """Give up every lease of `owner` without an attempt; returns how many there were."""
    held = Delivery.objects.filter(leased_by=owner, leased_until__isnull=False)
    return held.update(leased_by="", leased_until=None)


def destination_of(endpoint: Endpoint, now: datetime) -> Destination:
    """What an attempt for `endpoint` needs, unsealed.

    While two secrets are in force the older one comes first: its receiver is the one that has
    not been told yet.
    """
    keys: list[str] = []
    headers: dict[str, str] = {}
    try:
        if endpoint.has_previous(now):
            keys.append(unseal(endpoint.previous_secret_sealed))
        keys.append(unseal(endpoint.secret_sealed))
        headers = custom_headers.unsealed(endpoint.headers_sealed)
    except SealBroken:
        keys.clear()
    return Destination(endpoint.pk, endpoint.url, endpoint.signature, tuple(keys), headers)


def _due(now: datetime) -> Q:
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    return Q(settled_at__isnull=True, next_attempt_at__lte=now) & free


def _anything_waits() -> bool:
    """Asked up to four times a second, mostly in vain: a look into one small index."""
    query = f"SELECT 1 FROM {Delivery._meta.db_table} WHERE settled_at IS NULL LIMIT 1"  # noqa: S608 # our own table's name
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone() is not None


def _due_endpoints(now: datetime, endpoints: Collection[int] | None) -> QuerySet[Endpoint]:
    due = Delivery.objects.filter(_due(now), endpoint=OuterRef("pk"))
    found = Endpoint.objects.filter(Exists(due), active=True)
    return found if endpoints is None else found.filter(pk__in=endpoints)


def _left(endpoints: Iterable[Endpoint], now: datetime) -> dict[int, int]:
    """How many deliveries each account of `endpoints` may still have under way."""
    left = {endpoint.account_id: PER_ACCOUNT for endpoint in endpoints}
    under_way = Delivery.objects.filter(
        settled_at__isnull=True, leased_until__gt=now, endpoint__account__in=left
    )
    counts = under_way.order_by().values_list("endpoint__account").annotate(Count("pk"))
    return left | {account: PER_ACCOUNT - count for account, count in counts}


def _next(endpoint: Endpoint, now: datetime, room: int) -> list[int]:
    """The deliveries of a locked endpoint that may be tried now, within its bound."""
    waiting = Delivery.objects.filter(endpoint=endpoint, settled_at__isnull=True)
    leased = waiting.filter(leased_until__gt=now).count()
    bound = PER_ENDPOINT if endpoint.failing_since is None else PER_FAILING_ENDPOINT
    room = min(room, bound - leased)
    if room <= 0:
        return []
    earlier = Delivery.objects.filter(
        endpoint=OuterRef("endpoint"),
        order_key=OuterRef("order_key"),
        settled_at__isnull=True,
        pk__lt=OuterRef("pk"),
    )
    heads = waiting.filter(_due(now)).exclude(Exists(earlier)).order_by("pk")
    return list(heads.values_list("pk", flat=True)[:room])


def _claim(row: Delivery, destination: Destination) -> Claim:
    return Claim(
        delivery_pk=row.pk,
        delivery_uid=row.uid,
        event_uid=row.event.uid,
        event_type=row.event.event_type,
        body=row.event.body,
        tries=row.tries,
        destination=destination,
    )


def _conclude(row: Delivery, outcome: Outcome, now: datetime) -> None:
    """What the attempt makes of its delivery: delivered, failed for good, or waiting again."""
    row.leased_by, row.leased_until = "", None
    row.status_code = outcome.status_code
    row.tries += 1
    row.delivered = outcome.delivered
    if outcome.delivered or row.tries >= row.max_tries:
        row.settled_at = now
        return
    pause_s = RETRY_AFTER_S[min(row.tries, len(RETRY_AFTER_S)) - 1]
    jitter = random.uniform(1.0, 1.0 + JITTER)  # noqa: S311 # no secret
    row.next_attempt_at = now + timedelta(seconds=pause_s * jitter)


def _attempt(row: Delivery, outcome: Outcome) -> Attempt:
    return Attempt(
        delivery=row,
        number=row.attempt_count,
        at=outcome.at,
        ms=outcome.ms,
        status_code=outcome.status_code,
        error=outcome.error[:200],
        answer=outcome.answer,
    )


def _note_health(row: Delivery, now: datetime) -> None:
    """Count an endpoint's failures; after days of nothing else, switch it off."""
    endpoint = Endpoint.objects.filter(pk=row.endpoint_id)
    if row.delivered:
        if row.endpoint.failed_in_a_row:
            endpoint.update(failing_since=None, failed_in_a_row=0)
        return
    if row.settled_at is None or row.max_tries == 1:
        return
    endpoint.update(
        failing_since=Coalesce("failing_since", Value(now)),
        failed_in_a_row=F("failed_in_a_row") + 1,
    )
    hopeless = endpoint.filter(
        failing_since__lte=now - OFF_AFTER, failed_in_a_row__gte=OFF_AFTER_FAILED
    )
    if hopeless.update(active=False, switched_off_at=now):
        logger.warning(
            "webhook switched off, it failed for days", extra={"webhook": row.endpoint.uid}
        )
        Delivery.objects.filter(endpoint=row.endpoint_id, settled_at__isnull=True).update(
            settled_at=now, leased_by="", leased_until=None, updated_at=now
        )
