"""Documents, the knowledge bases made of them, and the passages that are searched."""

from django.db import models

from knowledge.kinds import Kind
from tokens.models import Account, random_id

NAME_CHARS = 200


def document_uid() -> str:
    return random_id("kf_")


def base_uid() -> str:
    return random_id("kb_")


class Work(models.Model):
    """What a worker does in the background, under a lease that it keeps alive by beats."""

    class State(models.TextChoices):
        WAITING = "waiting"
        WORKING = "working"
        READY = "ready"
        FAILED = "failed"

    state = models.CharField(
        max_length=16, choices=State.choices, default=State.WAITING, editable=False
    )
    error = models.CharField(max_length=500, blank=True, editable=False)
    lease = models.CharField(max_length=32, blank=True, editable=False)
    beat_at = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class Document(Work):
    """A file or a web page. Of a file that has been read only the text is kept."""

    class Sync(models.TextChoices):
        NONE = "none", "never"
        DAILY = "daily", "every day"
        WEEKLY = "weekly", "every week"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="documents")
    uid = models.CharField(max_length=32, unique=True, default=document_uid, editable=False)
    name = models.CharField(max_length=NAME_CHARS)
    url = models.CharField("address", max_length=2000, blank=True)
    sync_freq = models.CharField(
        "fetched again", max_length=8, choices=Sync.choices, default=Sync.NONE
    )
    kind = models.CharField(
        max_length=8, choices=[(kind, kind) for kind in Kind], blank=True, editable=False
    )
    size_bytes = models.PositiveIntegerField(default=0, editable=False)
    kept_bytes = models.PositiveIntegerField(
        default=0, editable=False, help_text="Its bytes until it is read, then those of its text"
    )
    pages = models.PositiveIntegerField(null=True, blank=True, editable=False)
    words = models.PositiveIntegerField(default=0, editable=False)
    digest = models.CharField(max_length=64, blank=True, editable=False)
    fetched_at = models.DateTimeField(null=True, blank=True, editable=False)
    fetch_at = models.DateTimeField(null=True, blank=True, editable=False, db_index=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name


class Content(models.Model):
    """What a document holds: its bytes until they are read, and then its blocks of text."""

    document = models.OneToOneField(Document, on_delete=models.CASCADE, primary_key=True)
    original = models.BinaryField(null=True)
    blocks = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"content of {self.document_id}"


class KnowledgeBase(models.Model):
    """Documents that are searched together; `live` is the build whose passages are searched."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="knowledge_bases")
    uid = models.CharField(max_length=32, unique=True, default=base_uid, editable=False)
    name = models.CharField(max_length=NAME_CHARS)
    description = models.CharField(max_length=1_000, blank=True)
    documents = models.ManyToManyField(Document, blank=True, related_name="bases")
    live = models.OneToOneField(
        "Build",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="live_in",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = "knowledge base"

    def __str__(self) -> str:
        return self.name


class Build(Work):
    """One making of a knowledge base's passages; `error` may also tell what was left out."""

    base = models.ForeignKey(KnowledgeBase, on_delete=models.CASCADE, related_name="builds")
    asked = models.BooleanField(default=True, help_text="By somebody, and not by a changed page")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"build {self.pk}"


class Passage(models.Model):
    """A piece of a document, as it stands in one build; rows are never changed.

    The index over them is the database's own, see knowledge/search.py: triggers keep SQLite's.
    """

    build = models.ForeignKey(Build, on_delete=models.CASCADE, related_name="passages")
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="passages")
    title = models.CharField(max_length=NAME_CHARS)
    heading = models.CharField(max_length=200, blank=True)
    page = models.PositiveIntegerField(null=True)
    text = models.TextField()

    def __str__(self) -> str:
        return f"passage {self.pk}"
