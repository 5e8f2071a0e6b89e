"""What may be said of an account's own provider, by whatever door it comes."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from agents.errors import ProviderInvalid
from agents.models import Provider
from agents.providers import PROTOCOL, STAGES, validate_options
from outbound.errors import UrlRefused
from outbound.urls import check_url
from tokens.sealing import seal

OPENAI_URL = "https://api.openai.com/v1"
MAX_LABEL_CHARS = 100
MAX_METADATA_BYTES = 4_000
HINT_CHARS = 4
LONG_ENOUGH_TO_HINT = 16
API_KEY = re.compile(r"[!-~]{1,1000}")
"""What a header can carry."""


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """A provider as somebody wants it; it may hold a key, so that it has no repr.

    Without `api_key` a stored one stays, but with `clear_key`. `trusted` is the operator's to say:
    None leaves it as it is while the address stays, and takes it back where that changes.
    """

    id: str = ""
    platform: str = Provider.Platform.OPENAI
    label: str = ""
    base_url: str = ""
    api_key: str = ""
    clear_key: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    trusted: bool | None = None


def assign(provider: Provider, entry: Entry) -> None:
    """Give the unsaved `provider` what `entry` says.

    Raises:
        ProviderInvalid: a field cannot be.
    """
    url = (entry.base_url or OPENAI_URL).rstrip("/")
    same = url == provider.base_url
    trusted = (provider.trusted and same) if entry.trusted is None else entry.trusted
    _check_platform(entry.platform)
    _check_label(entry.label)
    _check_address(url, trusted=trusted)
    _check_options(entry.options)
    _check_metadata(entry.metadata)
    _assign_key(provider, entry, moved=_origin(url) != _origin(provider.base_url))
    provider.label, provider.base_url, provider.trusted = entry.label, url, trusted
    provider.options, provider.metadata = dict(entry.options), dict(entry.metadata)


def _check_platform(platform: str) -> None:
    if platform not in Provider.Platform.values:
        raise ProviderInvalid("platform", f"must be one of {', '.join(Provider.Platform.values)}")


def _check_label(label: str) -> None:
    if len(label) > MAX_LABEL_CHARS:
        raise ProviderInvalid("label", f"must have at most {MAX_LABEL_CHARS} characters")


def _check_address(url: str, *, trusted: bool) -> None:
    try:
        parts = urlsplit(url)
        if parts.query or parts.fragment:
            raise UrlRefused("must not have a query or a fragment")
        if not trusted:
            check_url(url, loopback=settings.PARLEY_ALLOW_LOOPBACK_URLS)
        elif parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
            raise UrlRefused("must be http:// or https:// and a host")
    except ValueError:
        raise ProviderInvalid("credentials.baseUrl", "cannot be read as an address") from None
    except UrlRefused as error:
        raise ProviderInvalid("credentials.baseUrl", str(error)) from None


def _check_options(options: Mapping[str, Any]) -> None:
    for unknown in options.keys() - set(STAGES):
        raise ProviderInvalid("options", f"has “{unknown}”; use {', '.join(STAGES)}")
    for stage in STAGES:
        if stage not in options:
            continue
        try:
            validate_options(stage, PROTOCOL, options[stage])
        except ValidationError as error:
            raise ProviderInvalid("options", f"cannot be so: {error.messages[0]}") from None
        if not options[stage].get("model"):
            raise ProviderInvalid(f"options.{stage}.model", "must name the model to ask for")


def _check_metadata(metadata: Mapping[str, Any]) -> None:
    try:
        size = len(json.dumps(metadata, ensure_ascii=False, allow_nan=False).encode())
    except ValueError:
        raise ProviderInvalid("metadata", "must be text and finite numbers") from None
    if size > MAX_METADATA_BYTES:
        raise ProviderInvalid("metadata", f"must have at most {MAX_METADATA_BYTES} bytes as JSON")
    if "\\u0000" in json.dumps(metadata):
        raise ProviderInvalid("metadata", "must not contain the character U+0000")


def _assign_key(provider: Provider, entry: Entry, *, moved: bool) -> None:
    """A stored key goes to no other server: who may change the address may not thereby read it."""
    if entry.api_key:
        if not API_KEY.fullmatch(entry.api_key):
            raise ProviderInvalid(
                "credentials.apiKey", "must be 1 to 1000 visible ASCII characters without spaces"
            )
        known = len(entry.api_key) >= LONG_ENOUGH_TO_HINT
        provider.key_sealed = seal(entry.api_key)
        provider.key_hint = f"…{entry.api_key[-HINT_CHARS:]}" if known else "…"
        provider.key_set_at = timezone.now()
    elif entry.clear_key:
        provider.key_sealed = provider.key_hint = ""
        provider.key_set_at = None
    elif provider.key_sealed and moved:
        raise ProviderInvalid(
            "credentials.apiKey", "must be given again, or cleared, for another server"
        )


def _origin(url: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port
    except ValueError:
        return "", None, None
