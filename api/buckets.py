"""How many requests an address and an API secret may send, and what the answers say of it.

Every request counts for its address. One that a secret opens counts for the secret besides, as
read or write, and a secret that opens nothing counts as a failure of its address; the headers
tell of the last of these.
"""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from tokens import limits
from tokens.addresses import network_of
from tokens.errors import RateLimited, Window
from tokens.models import Account

READS = frozenset({"GET", "HEAD", "OPTIONS"})
WINDOW = "parley.window"
"""Where in a request's META the window is that its answer's headers tell of."""


def count_address(request: HttpRequest) -> None:
    """Count one request of the address that it comes from.

    Raises:
        RateLimited: the address has sent too many.
    """
    _count(request, settings.PARLEY_RATE_ADDRESS, "address", _network_of(request))


def count_secret(request: HttpRequest, secret: str) -> None:
    """Count one request that `secret` opened.

    Raises:
        RateLimited: the secret has been used too often.
    """
    if request.method in READS:
        _count(request, settings.PARLEY_RATE_READ, "read", secret)
    else:
        _count(request, settings.PARLEY_RATE_WRITE, "write", secret)


def count_failure(request: HttpRequest) -> None:
    """Count one secret, or none, that opened nothing.

    A good secret from the same address still opens: guessing 256 random bits is hopeless anyway,
    and nobody shall be able to lock out the others behind a shared address.

    Raises:
        RateLimited: the address has failed too often.
    """
    _count(request, settings.PARLEY_RATE_AUTH_FAILURES, "failures", _network_of(request))


def count_upload(request: HttpRequest, account: Account) -> None:
    """Count one file or document of `account`, besides the request that brings it.

    Raises:
        RateLimited: it has sent too many.
    """
    request.META[WINDOW] = limits.count_upload(account)


def tell(request: HttpRequest, response: HttpResponseBase) -> None:
    """Write the headers of the window that the request was counted in."""
    window: Window | None = request.META.get(WINDOW)
    if window is not None:
        response.headers["X-RateLimit-Limit"] = str(window.limit)
        response.headers["X-RateLimit-Remaining"] = str(window.remaining)
        response.headers["X-RateLimit-Reset"] = str(window.resets_at)


def remember(request: HttpRequest, error: RateLimited) -> None:
    """Let the answer's headers tell of the limit that was met."""
    if error.window is not None:
        request.META[WINDOW] = error.window


def _count(request: HttpRequest, rate: str, *identifiers: str) -> None:
    request.META[WINDOW] = limits.hit(rate, *identifiers)


def _network_of(request: HttpRequest) -> str:
    return network_of(str(request.META.get("REMOTE_ADDR", "")))
