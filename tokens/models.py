"""Accounts (the tenants, each with its console login) and their API secrets."""

import secrets
import string

from django.contrib.auth.models import AbstractUser
from django.db import models

BASE62 = string.digits + string.ascii_letters


def random_id(prefix: str, length: int = 22) -> str:
    """`prefix` + `length` random base62 characters; 22 carry 131 bits."""
    return prefix + "".join(secrets.choice(BASE62) for _ in range(length))


def account_uid() -> str:
    return random_id("usr_")


class Tier(models.TextChoices):
    FREE = "free"
    PRO = "pro"
    ENTERPRISE = "enterprise"
    UNLIMITED = "unlimited"


class Account(AbstractUser):
    """A tenant: owns agents and API secrets, and signs in to the console."""

    uid = models.CharField(max_length=32, unique=True, default=account_uid, editable=False)
    tier = models.CharField(max_length=16, choices=Tier.choices, default=Tier.UNLIMITED)
    suspended = models.BooleanField(
        default=False, help_text="Refuses the API and new visits; live visits go on."
    )

    minutes_left = models.DecimalField(
        max_digits=12,
        decimal_places=3,
        null=True,
        blank=True,
        help_text="Minutes of visits, counted down by each that ends; empty: unlimited. At 0 no "
        "visit begins any more, if PARLEY_REQUIRE_BALANCE is on.",
    )

    class Meta(AbstractUser.Meta):
        verbose_name = "account"
        verbose_name_plural = "accounts"

    def __str__(self) -> str:
        return self.username


class ApiSecret(models.Model):
    """An API secret: only its SHA-256 and a short prefix to find it by are kept."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="api_secrets")
    name = models.CharField(max_length=100, default="default")
    prefix = models.CharField(max_length=16, db_index=True, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    plain: str = ""
    """The secret itself, on the one object that the console shows after making it."""

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "API secret"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
