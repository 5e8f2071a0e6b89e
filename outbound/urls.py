"""What can be said of an address before anything is sent to it."""

import ipaddress
from urllib.parse import SplitResult, urlsplit

import httpx

from outbound.addresses import is_allowed
from outbound.errors import UrlRefused

MAX_URL_CHARS = 2000
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


def check_url(url: str, *, loopback: bool, plain: bool = False) -> None:
    """Refuse what no connection could be made to; names are looked up only when connecting.

    With `plain`, http is allowed too; with `loopback`, to this machine alone.

    Raises:
        UrlRefused: with what is wrong.
    """
    if len(url) > MAX_URL_CHARS:
        raise UrlRefused(f"is longer than {MAX_URL_CHARS} characters")
    if any(char <= " " or char == "\x7f" for char in url):
        raise UrlRefused("must not contain spaces or control characters")
    parts = _split(url)
    host = parts.hostname or ""
    if parts.scheme == "http":
        if not (plain or (loopback and host in LOOPBACK_NAMES)):
            raise UrlRefused("must begin with https://, HTTP endpoints are rejected")
    elif parts.scheme != "https":
        raise UrlRefused(f"must begin with https://{' or http://' * plain}")
    if not host:
        raise UrlRefused("must name a host, such as https://shop.example/webhooks")
    if parts.username is not None or parts.password is not None:
        raise UrlRefused("must not contain a user name or password")
    _check_literal(host, loopback=loopback)


def _split(url: str) -> SplitResult:
    try:
        httpx.URL(url)
        parts = urlsplit(url)
        parts.port  # noqa: B018  # reading it is what checks it
    except (ValueError, httpx.InvalidURL):
        raise UrlRefused("cannot be read as an address") from None
    return parts


def _check_literal(host: str, *, loopback: bool) -> None:
    """Refuse early what is an address in its usual form; the connection checks every form."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if not loopback and (host == "localhost" or host.endswith(".localhost")):
            raise UrlRefused("must not be this machine") from None
        return
    if not is_allowed(address, loopback=loopback):
        raise UrlRefused("must have a public host")
