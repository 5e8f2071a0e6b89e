"""The fields of an endpoint that its owner sets: what each may be, and where it is kept."""

from collections.abc import Collection, Mapping
from typing import Any

from django.conf import settings

from outbound.errors import UrlRefused
from outbound.urls import check_url
from webhooks import custom_headers
from webhooks.errors import WebhookInvalid
from webhooks.events import EVENTS, normalised
from webhooks.models import Endpoint

MAX_DESCRIPTION_CHARS = 200
COLUMNS = {
    "url": ("url",),
    "events": ("events",),
    "description": ("description",),
    "headers": ("headers_sealed",),
    "signature": ("signature",),
    "active": ("active", "failing_since", "failed_in_a_row", "switched_off_at"),
}
"""What each field that `change` takes is kept in."""


def assign(endpoint: Endpoint, fields: Mapping[str, Any]) -> None:
    """Set `fields` on `endpoint`, and save nothing.

    Raises:
        WebhookInvalid: one of them cannot be.
    """
    for name, value in fields.items():
        match name:
            case "url":
                endpoint.url = _url(value)
            case "events":
                endpoint.events = _events(value)
            case "description":
                endpoint.description = _description(value)
            case "headers":
                endpoint.headers_sealed = custom_headers.sealed(custom_headers.check(value))
            case "signature":
                endpoint.signature = _signature(value)
            case "active":
                _switch(endpoint, value)
            case _:
                raise WebhookInvalid(name, "cannot be changed")


def _url(url: str) -> str:
    url = url.strip()
    try:
        check_url(url, loopback=settings.PARLEY_ALLOW_LOOPBACK_URLS)
    except UrlRefused as error:
        raise WebhookInvalid("url", str(error)) from error
    return url


def _events(names: Collection[str]) -> list[str]:
    try:
        events = normalised(names)
    except ValueError as error:
        raise WebhookInvalid("events", f"must be among {', '.join(EVENTS)}") from error
    if not events:
        raise WebhookInvalid("events", f"must name at least one of {', '.join(EVENTS)}")
    return events


def _description(text: str) -> str:
    text = text.strip()
    if len(text) > MAX_DESCRIPTION_CHARS or "\0" in text:
        raise WebhookInvalid("description", f"must have at most {MAX_DESCRIPTION_CHARS} characters")
    return text


def _signature(name: str) -> str:
    if name not in Endpoint.Signature.values:
        raise WebhookInvalid("signature", f"must be one of {', '.join(Endpoint.Signature.values)}")
    return name


def _switch(endpoint: Endpoint, active: bool) -> None:
    endpoint.active = active
    endpoint.failing_since = None
    endpoint.failed_in_a_row = 0
    endpoint.switched_off_at = None
