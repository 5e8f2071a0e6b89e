"""Who is told (Endpoint), what (Event), and what came of it (Delivery, Attempt)."""

from datetime import datetime

from django.db import models
from django.utils import timezone

from tokens.models import Account, random_id
from webhooks.events import EVENTS


def endpoint_uid() -> str:
    return random_id("wh_")


def event_uid() -> str:
    return random_id("evt_")


def delivery_uid() -> str:
    return random_id("dlv_")


class Endpoint(models.Model):
    """An address of an account's back end, and the events that it wants."""

    class Signature(models.TextChoices):
        AUTO = "auto", "by event: room.join and chat.push over the body, others timestamped"
        BODY = "body", "over the body"
        TIMESTAMPED = "timestamped", "over timestamp and body"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="webhooks")
    uid = models.CharField(max_length=32, unique=True, default=endpoint_uid, editable=False)
    url = models.CharField("address", max_length=2000)
    description = models.CharField(max_length=200, blank=True)
    events = models.JSONField(default=list)
    signature = models.CharField(max_length=16, choices=Signature.choices, default=Signature.AUTO)
    secret_sealed = models.TextField(editable=False)
    previous_secret_sealed = models.TextField(blank=True, editable=False)
    previous_until = models.DateTimeField(null=True, blank=True, editable=False)
    headers_sealed = models.TextField(blank=True, editable=False)
    active = models.BooleanField(default=True)
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    failed_in_a_row = models.PositiveIntegerField(default=0, editable=False)
    switched_off_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="By Parley, after days of failing"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "webhook"

    def __str__(self) -> str:
        return self.url

    def has_previous(self, now: datetime) -> bool:
        """Whether the secret before the present one still signs too."""
        return self.previous_until is not None and self.previous_until > now


class Event(models.Model):
    """A fact with the exact text that every endpoint gets of it."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    uid = models.CharField(max_length=32, unique=True, default=event_uid, editable=False)
    event_type = models.CharField(max_length=32, choices=[(name, name) for name in EVENTS])
    order_key = models.CharField(max_length=128)
    body = models.TextField()
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        indexes = [models.Index(fields=["account", "order_key"])]

    def __str__(self) -> str:
        return f"{self.event_type} {self.uid}"


class Delivery(models.Model):
    """One event for one endpoint; waits until it is settled.

    It is leased while a deliverer tries it: `leased_by` holds it until `leased_until`.
    """

    uid = models.CharField(max_length=32, unique=True, default=delivery_uid, editable=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    order_key = models.CharField(max_length=128)
    tries = models.PositiveSmallIntegerField(default=0, help_text="Since it was last queued")
    max_tries = models.PositiveSmallIntegerField(default=4)
    attempt_count = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    leased_by = models.CharField(max_length=64, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    delivered = models.BooleanField(default=False)
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        indexes = [
            # "Is null" and no value of a column: SQLite takes a partial index only where the
            # query says the condition word for word.
            models.Index(
                fields=["endpoint", "order_key", "id"],
                name="webhooks_waiting_in_order",
                condition=models.Q(settled_at__isnull=True),
            ),
            models.Index(
                fields=["endpoint", "id"],
                name="webhooks_waiting",
                condition=models.Q(settled_at__isnull=True),
            ),
            models.Index(
                fields=["next_attempt_at"],
                name="webhooks_due",
                condition=models.Q(settled_at__isnull=True),
            ),
            models.Index(
                fields=["leased_by"],
                name="webhooks_leased",
                condition=models.Q(leased_until__isnull=False),
            ),
            models.Index(fields=["endpoint", "-created_at"], name="webhooks_log"),
        ]

    def __str__(self) -> str:
        return self.uid

    @property
    def state(self) -> str:
        if self.settled_at is None:
            return "waiting" if self.tries == 0 else "retrying"
        return "delivered" if self.delivered else "failed"


class Attempt(models.Model):
    """One try: what came back, how soon, and the first kilobyte of the answer."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    ms = models.PositiveIntegerField()
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    error = models.CharField(max_length=200, blank=True, help_text="Why there was no answer")
    answer = models.TextField(blank=True)

    class Meta:
        ordering = ["delivery", "number", "id"]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.delivery_id}"
