"""A file that is kept: whose it is, where it lies, and what it is."""

from django.db import models
from django.utils import timezone

from tokens.models import Account


class Category(models.TextChoices):
    """What a file serves as; the wire calls it `asset_category`."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    DOCS = "docs"
    MODELS = "models"


class File(models.Model):
    """`name` is the storage's, and who knows it may read the file: it cannot be guessed."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="files")
    category = models.CharField(max_length=16, choices=Category.choices)
    name = models.CharField(max_length=200, unique=True)
    size_bytes = models.PositiveBigIntegerField()
    mime_type = models.CharField(max_length=100)
    original_source = models.CharField(
        max_length=2000, blank=True, help_text="The address or the name that it came with"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["account", "-created_at"], name="files_of_account")]

    def __str__(self) -> str:
        return self.name
