"""What an operator should know about settings that are sound and still surprise."""

import ipaddress
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from config import environment
from config.environment import Environment


def remarks(parley: Environment, environ: Mapping[str, str]) -> Iterator[str]:
    """One sentence for each thing that stands out."""
    for name, nearest in environment.unknown(environ):
        hint = f" Did you mean {nearest}?" if nearest else ""
        yield f"{name} is no setting of Parley and is ignored.{hint}"
    public = urlsplit(parley.server.public_url)
    if not public.hostname and not all(map(_is_loopback, parley.server.hosts)):
        yield (
            "HOST lets others in, but without PARLEY_PUBLIC_URL only localhost is answered: "
            "set it to the address that browsers shall use."
        )
    if public.scheme == "http" and not parley.server.local:
        yield (
            "PARLEY_PUBLIC_URL is not https: browsers will give no microphone, and visitors can "
            "only type."
        )
    if parley.diagnosis.debug:
        yield "DEBUG is on: errors show their inside to everybody."


def _is_loopback(host: str) -> bool:
    return ipaddress.ip_address(host).is_loopback
