"""An agent: the character that an embed shows, with what it says and knows."""

import re
import secrets
import string

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models

from agents import faces, gestures
from agents.providers import validate_own, validate_providers
from avatar import AvatarError
from files.models import File
from knowledge.models import KnowledgeBase
from tokens.models import Account, random_id

CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")
RESERVED_CODES = frozenset({"generate", "status"})
ORIGIN = re.compile(
    r"https?://(\*\.)?([A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?"
)
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")


def agent_code() -> str:
    """A fresh code of the shape `A91XMB7113`."""
    letters = "".join(secrets.choice(string.ascii_uppercase) for _ in range(3))
    return f"A{secrets.randbelow(100):02d}{letters}{secrets.randbelow(10_000):04d}"


def provider_uid() -> str:
    return random_id("prv_")


def validate_code(code: str) -> None:
    if code in RESERVED_CODES:
        raise ValidationError(f"“{code}” is reserved. Choose another code.")


def validate_origins(origins: object) -> None:
    """Each an origin such as `https://shop.example` or `https://*.shop.example`."""
    if not isinstance(origins, list):
        raise ValidationError("Give a list of origins.")
    for origin in origins:
        if not (isinstance(origin, str) and ORIGIN.fullmatch(origin)):
            raise ValidationError(
                f"“{origin}” is not an origin. Write it like https://shop.example, without a path."
            )


def validate_language(language: str) -> None:
    if not LANGUAGE.fullmatch(language):
        raise ValidationError(f"“{language}” is not a language. Write it like en or en-GB.")


def validate_avatar(name: str) -> None:
    try:
        faces.find(name)
    except AvatarError as error:
        offered = ", ".join(faces.names())
        raise ValidationError(f"No face is called “{name}”. There are: {offered}.") from error


class Agent(models.Model):
    class Status(models.TextChoices):
        PROCESSING = "processing"
        GENERATING = "generating"
        READY = "ready"
        FAILED = "failed"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="agents")
    code = models.CharField(
        max_length=64,
        unique=True,
        default=agent_code,
        validators=[RegexValidator(rf"^{CODE.pattern}\Z"), validate_code],
    )
    name = models.CharField(max_length=100)
    prompt = models.TextField(blank=True, max_length=20_000)
    greeting = models.CharField(max_length=1_000, blank=True)
    knowledge = models.TextField(blank=True, max_length=200_000)
    knowledge_bases = models.ManyToManyField(KnowledgeBase, blank=True, related_name="agents")
    voice = models.CharField(max_length=100, blank=True)
    language = models.CharField(
        max_length=35,
        default="en",
        validators=[validate_language],
        help_text="BCP 47, for example en-GB",
    )
    avatar = models.CharField(
        max_length=100,
        blank=True,
        validators=[validate_avatar],
        help_text="Empty: the face that was made for it, or else the default one",
    )
    face = models.ForeignKey(
        File,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        help_text="The .avatar file that was made for it",
    )
    poster = models.ForeignKey(
        File,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )
    film = models.ForeignKey(
        File,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        help_text="It speaks its greeting there",
    )
    providers = models.JSONField(
        default=dict,
        blank=True,
        validators=[validate_providers],
        help_text='{"stt"|"llm"|"tts": "default" | {"name": …, "options": {…}} | '
        '{"mode": "custom", "provider_id": …}}; empty: the defaults',
    )
    allowed_origins = models.JSONField(default=list, blank=True, validators=[validate_origins])
    anonymous = models.BooleanField(default=True, help_text="Visitors need no token")
    enabled = models.BooleanField(default=True)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.READY)
    error_message = models.CharField(max_length=500, blank=True)
    keep_transcripts_days = models.PositiveIntegerField(
        default=30, validators=[MaxValueValidator(3650)], help_text="0: not kept at all"
    )
    max_live_visits = models.PositiveIntegerField(null=True, blank=True)
    minutes_per_day = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"

    def clean(self) -> None:
        """Check what the fields cannot see alone: that own providers are the account's."""
        if self.account_id is not None:
            try:
                validate_own(self.providers, self.account)
            except ValidationError as error:
                raise ValidationError({"providers": error}) from None

    @property
    def embeddable(self) -> bool:
        """Whether a visitor may meet it now."""
        return self.enabled and self.status == self.Status.READY and not self.account.suspended


class Provider(models.Model):
    """A service of an account's own, for its agents to choose.

    `options` are {"stt"|"llm"|"tts": {"model": …, …}}: it serves the stages that it has there.
    """

    class Platform(models.TextChoices):
        OPENAI = "openai", "any service that speaks OpenAI's protocol"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="providers")
    uid = models.CharField(max_length=32, unique=True, default=provider_uid, editable=False)
    platform = models.CharField(
        max_length=16, choices=Platform.choices, default=Platform.OPENAI, editable=False
    )
    label = models.CharField(max_length=100, blank=True)
    base_url = models.CharField("address", max_length=2000)
    trusted = models.BooleanField(
        default=False, help_text="May be on this machine or in its network, where no tenant gets."
    )
    options = models.JSONField(default=dict, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    key_sealed = models.TextField(blank=True, editable=False)
    key_hint = models.CharField(max_length=8, blank=True, editable=False)
    key_set_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return self.label or self.uid


def generation_uid() -> str:
    return random_id("gen_")


class Generation(models.Model):
    """The making of an agent: what it is made from, and how far it is."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    class Shape(models.TextChoices):
        WIDE = "16:9"
        TALL = "9:16"
        SQUARE = "1:1"

    agent = models.OneToOneField(Agent, on_delete=models.CASCADE, related_name="generation")
    uid = models.CharField(max_length=32, unique=True, default=generation_uid, editable=False)
    prompt = models.TextField(blank=True, max_length=20_000, help_text="Empty: a random look")
    image = models.ForeignKey(
        File, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    video = models.ForeignKey(
        File, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    audio = models.ForeignKey(
        File, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    shape = models.CharField(max_length=8, choices=Shape.choices, default=Shape.WIDE)
    film_s = models.FloatField(default=10.0, help_text="How long its film is")
    seed = models.PositiveIntegerField(default=0)
    marks = models.JSONField(
        null=True,
        blank=True,
        help_text='{"eyes": [[x, y, rx, ry], …], "mouth": [x0, y0, x1, y1]}, shares of the image',
    )
    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    progress = models.FloatField(default=0.0, help_text="0 to 1")
    step = models.CharField(max_length=100, blank=True, help_text="What is being done")
    error_message = models.CharField(max_length=500, blank=True, help_text="Why it failed")
    event = models.CharField(
        max_length=32, default="agent_created", help_text="What was finished last"
    )
    owner = models.CharField(max_length=64, blank=True, help_text="Whoever makes it now")
    attempts = models.PositiveSmallIntegerField(default=0)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["state", "created_at"], name="agents_generations_due")]

    def __str__(self) -> str:
        return f"generation of {self.agent_id}"

    @property
    def kind(self) -> str:
        """What the likeness is taken from: the best of what was given."""
        if self.video_id:
            return "video"
        if self.image_id:
            return "marks" if self.marks else "photo"
        return "prompt"

    @property
    def markable(self) -> bool:
        """Whether its owner may mark the face in its image now."""
        return self.settled and bool(self.image_id) and not self.video_id

    @property
    def settled(self) -> bool:
        """Whether it is over, well or badly."""
        return self.state in (self.State.DONE, self.State.FAILED)

    @property
    def size(self) -> tuple[int, int]:
        """The frame's width and height in px, whose sides the encoder cuts into blocks of 16."""
        return {"16:9": (720, 416), "9:16": (416, 720), "1:1": (512, 512)}[self.shape]


class Dynamics(models.Model):
    """The gestures that an agent makes by itself, and the films that show them."""

    class State(models.TextChoices):
        NEVER = "never"
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    agent = models.OneToOneField(Agent, on_delete=models.CASCADE, related_name="dynamics")
    enabled = models.BooleanField(default=True, help_text="Whether it makes gestures by itself")
    keywords = models.JSONField(
        default=gestures.default_keywords,
        blank=True,
        validators=[gestures.validate_keywords],
        help_text='{"hello": "wave"}: whole words, in either side\'s speech',
    )
    llm_gestures = models.JSONField(
        default=gestures.default_llm_gestures,
        blank=True,
        validators=[gestures.validate_llm_gestures],
        help_text="Those that a language model may make",
    )
    notes = models.JSONField(
        default=dict, blank=True, help_text="What back ends keep here: batch_results and the like"
    )
    seconds = models.FloatField(default=5.0, help_text="How long each film is")
    state = models.CharField(max_length=16, choices=State.choices, default=State.NEVER)
    error_message = models.CharField(max_length=500, blank=True)
    progress = models.FloatField(default=0.0, help_text="0 to 1")
    owner = models.CharField(max_length=64, blank=True, help_text="Whoever films it now")
    attempts = models.PositiveSmallIntegerField(default=0)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    filmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "dynamics"
        indexes = [models.Index(fields=["state", "asked_at"], name="agents_dynamics_due")]

    def __str__(self) -> str:
        return f"dynamics of {self.agent_id}"

    @property
    def being_made(self) -> bool:
        """Whether its films are being made, or wait for it."""
        return self.state in {self.State.QUEUED, self.State.RUNNING}


class Preview(models.Model):
    """The film of one gesture, or of all of them one after the other."""

    dynamics = models.ForeignKey(Dynamics, on_delete=models.CASCADE, related_name="previews")
    gesture = models.CharField(max_length=32, help_text="The face's name of it, or reel")
    file = models.OneToOneField(File, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dynamics", "gesture"], name="one_preview_a_gesture")
        ]

    def __str__(self) -> str:
        return f"{self.gesture} of {self.dynamics_id}"
