"""Signing in to the console."""

from typing import Any

from django import forms
from django.conf import settings
from unfold.forms import AuthenticationForm

from tokens import limits
from tokens.addresses import network_of
from tokens.errors import RateLimited


class LoginForm(AuthenticationForm):  # type: ignore[misc] # unfold has no types
    """Counts every try of an address before its password is looked at, which takes a while.

    The tries for one name are not counted: nobody shall lock out an owner from elsewhere.
    """

    def clean(self) -> dict[str, Any]:
        network = network_of(str(self.request.META.get("REMOTE_ADDR", "")))
        try:
            limits.hit(settings.PARLEY_RATE_AUTH_FAILURES, "login", network)
        except RateLimited as error:
            raise forms.ValidationError(
                f"Too many tries from your network. Try again in {error.retry_after_s} s"
            ) from error
        cleaned: dict[str, Any] = super().clean()
        return cleaned
