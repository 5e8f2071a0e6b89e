"""The record of a visit: its session, its turns with their latencies, its transcript."""

from django.db import models
from django.db.models import Q

from agents.models import Agent
from tokens.models import Account, random_id


def session_sid() -> str:
    return random_id("ses_")


class State(models.TextChoices):
    ISSUED = "issued"
    CONNECTING = "connecting"
    LIVE = "live"
    RECONNECTING = "reconnecting"
    ENDED = "ended"


ACTIVE_STATES = (State.CONNECTING, State.LIVE, State.RECONNECTING)


class EndReason(models.TextChoices):
    VISITOR = "visitor"
    IDLE = "idle"
    MAX_LENGTH = "max_length"
    QUOTA = "quota"
    TAKEN_OVER = "taken_over"
    NETWORK = "network"
    OPERATOR = "operator"
    ERROR = "error"
    SHUTDOWN = "shutdown"
    SERVER_LOST = "server_lost"
    EXPIRED = "expired"


class Session(models.Model):
    """One visitor's visit, known by its sid."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="sessions")
    sid = models.CharField(max_length=32, unique=True, default=session_sid, editable=False)
    room_name = models.CharField(max_length=64, unique=True, editable=False)
    fingerprint = models.CharField(max_length=256, blank=True, help_text="Empty: anonymous")
    state = models.CharField(max_length=16, choices=State.choices, default=State.ISSUED)
    end_reason = models.CharField(max_length=16, choices=EndReason.choices, blank=True)
    issued_at = models.DateTimeField(auto_now_add=True)
    token_expires_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(
        null=True, blank=True, help_text="When its token, or none, opened it the last time"
    )
    joined_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was live for the first time"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    context = models.TextField(blank=True, help_text="Given at mint by the site's back end")
    origin = models.CharField(max_length=255, blank=True, help_text="Of the embedding page")
    browser = models.CharField(max_length=255, blank=True)
    client_hash = models.CharField(
        max_length=64, blank=True, help_text="Keyed hash of the visitor's address, to limit by"
    )
    process = models.CharField(max_length=32, blank=True, db_index=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    resume_digest = models.CharField(max_length=64, blank=True)
    error = models.CharField(max_length=500, blank=True)
    end_note = models.CharField(
        max_length=200, blank=True, help_text="What the operator told the visitor at the end"
    )
    fallbacks = models.JSONField(
        default=list,
        blank=True,
        help_text="Services of the owner's that were lost: [{at, stage, provider, substitute, "
        "reason}]",
    )

    class Meta:
        ordering = ["-issued_at"]
        verbose_name = "visit"
        indexes = [
            models.Index(fields=["agent", "-issued_at"]),
            models.Index(fields=["fingerprint"]),
            models.Index(
                fields=["agent", "state"], name="rtc_active", condition=~Q(state=State.ENDED)
            ),
        ]

    def __str__(self) -> str:
        return f"visit {self.sid}"


class DailyTalk(models.Model):
    """How long the visits of an agent that are over lasted on one day (UTC), in seconds."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    seconds = models.FloatField(default=0.0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agent", "day"], name="rtc_talk_once_a_day")]

    def __str__(self) -> str:
        return f"{self.seconds:.0f} s on {self.day}"


class Turn(models.Model):
    """One exchange and how long each of its stages took, in milliseconds."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="turns")
    at = models.DateTimeField()
    endpointing_ms = models.FloatField(null=True)
    stt_ms = models.FloatField(null=True)
    llm_ms = models.FloatField(null=True)
    tts_ms = models.FloatField(null=True)
    reply_ms = models.FloatField(null=True)
    interrupted = models.BooleanField(default=False)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"turn {self.pk}"


class Line(models.Model):
    """One utterance as it was heard (avatar) or understood (visitor).

    A `speak` that was dropped before anything of it was heard has an empty text; `unsaid` is
    then what it was to say.
    """

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="lines")
    at = models.DateTimeField()
    role = models.CharField(max_length=16, choices=[("user", "visitor"), ("assistant", "avatar")])
    text = models.TextField()
    source = models.CharField(max_length=16, default="voice")
    interrupted = models.BooleanField(default=False)
    unsaid = models.TextField(blank=True)
    sources = models.JSONField(
        default=list,
        blank=True,
        help_text="Of an answer: the passages it is from, as title, heading, page, document_id",
    )

    class Meta:
        ordering = ["at", "id"]
        verbose_name = "transcript line"

    def __str__(self) -> str:
        return f"{self.role}: {self.text[:40]}"


class Receipt(models.Model):
    """The answer to a request that carried an Idempotency-Key; null while it is being made."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    route = models.CharField(max_length=200)
    key = models.CharField(max_length=255)
    body_digest = models.CharField(max_length=64)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "route", "key"], name="rtc_receipt_once")
        ]

    def __str__(self) -> str:
        return f"receipt {self.pk}"
