"""What browsers are told about the embed page besides its bytes."""

import re
from collections.abc import Iterable

from csp.constants import NONE, SELF
from django.http import HttpRequest, HttpResponse

HOST_SOURCE = re.compile(r"https?://(\*\.)?[A-Za-z0-9.\-\[\]:]+(:(\d{1,5}|\*))?")
PERMISSIONS_POLICY = ", ".join(
    [
        "microphone=(self)",
        "autoplay=(self)",
        "fullscreen=(self)",
        "screen-wake-lock=(self)",
        *(f"{name}=()" for name in ("camera", "display-capture", "geolocation", "payment", "usb")),
    ]
)

Directives = dict[str, list[str]]


def embed_policy(request: HttpRequest, allowed_origins: Iterable[str]) -> Directives:
    """The page's Content-Security-Policy for an agent that these origins may frame.

    No listed origin means that every page may, `file://` ones included, which no value of
    frame-ancestors can say: the directive is left out. Origins that are none are dropped, and
    when none is left nobody may.
    """
    policy = _policy(request)
    listed = list(allowed_origins)
    if listed:
        valid = [origin for origin in listed if HOST_SOURCE.fullmatch(origin)]
        policy["frame-ancestors"] = valid or [NONE]
    return policy


def unavailable_policy(request: HttpRequest) -> Directives:
    """The policy of the answer for an agent that nobody may meet."""
    return {**_policy(request), "frame-ancestors": [NONE]}


def _policy(request: HttpRequest) -> Directives:
    scheme = "wss" if request.is_secure() else "ws"
    return {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "media-src": [SELF],
        # Older browsers do not count WebSockets as 'self'.
        "connect-src": [SELF, f"{scheme}://{request.get_host()}"],
        "base-uri": [NONE],
        "form-action": [NONE],
        "object-src": [NONE],
        "require-trusted-types-for": ["'script'"],
        "trusted-types": [NONE],
    }


def seal(response: HttpResponse) -> HttpResponse:
    """Add the headers that are the same for every answer of the embed page."""
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["Permissions-Policy"] = PERMISSIONS_POLICY
    # Pages that isolate themselves (COEP) may frame it, and what it loads is its own.
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Cross-Origin-Embedder-Policy"] = "credentialless"
    response["X-Robots-Tag"] = "noindex"
    return response
