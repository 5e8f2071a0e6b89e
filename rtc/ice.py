"""How visitors and server reach each other: ICE servers, TURN credentials, the public address."""

import base64
import hashlib
import hmac
import ipaddress
import re
from dataclasses import dataclass, field
from typing import Literal, NotRequired, TypedDict

_URL = re.compile(r"(stuns?|turns?):[^\s?]+(\?transport=(udp|tcp))?")


class IceServerJson(TypedDict):
    """An RTCIceServer as the browser takes it."""

    urls: list[str]
    username: NotRequired[str]
    credential: NotRequired[str]


@dataclass(frozen=True, slots=True)
class IceServer:
    """One STUN or TURN server; TURN without a user name gets time-limited credentials.

    Raises:
        ValueError: `urls` is empty or holds something that is no ICE server URL.
    """

    urls: tuple[str, ...]
    username: str = ""
    credential: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not self.urls:
            raise ValueError("an ICE server needs a URL")
        for url in self.urls:
            if not _URL.fullmatch(url):
                raise ValueError(f"not a STUN or TURN URL: {url!r}")

    @property
    def relays(self) -> bool:
        return any(url.startswith("turn") for url in self.urls)


@dataclass(frozen=True, slots=True)
class IceConfig:
    """What an operator decides about reachability.

    `visitor_servers` go to browsers. `own_servers` are for this server's side and empty by
    default: it has an address that visitors reach, and an unreachable STUN server would delay
    every call by seconds. `turn_secret` is coturn's `static-auth-secret`. `public_ip` is
    advertised beside the private addresses where a 1:1 NAT stands in front.

    Raises:
        ValueError: `public_ip` is no address or `turn_ttl_s` is not positive.
    """

    visitor_servers: tuple[IceServer, ...] = ()
    own_servers: tuple[IceServer, ...] = ()
    turn_secret: str = field(default="", repr=False)
    turn_ttl_s: int = 3600
    transport: Literal["all", "relay"] = "all"
    public_ip: str = ""

    def __post_init__(self) -> None:
        if self.public_ip:
            ipaddress.ip_address(self.public_ip)
        if self.turn_ttl_s <= 0:
            raise ValueError("TURN credentials must live longer than 0 s")

    def for_visitor(self, user: str, now_s: float) -> list[IceServerJson]:
        """ICE servers for a visitor's browser; `now_s` is Unix time, TURN sees `user`."""
        return [self._json(server, user, now_s) for server in self.visitor_servers]

    def for_server(self, now_s: float) -> list[IceServerJson]:
        """ICE servers for this server's own candidates."""
        return [self._json(server, "parley", now_s) for server in self.own_servers]

    def _json(self, server: IceServer, user: str, now_s: float) -> IceServerJson:
        urls = list(server.urls)
        if server.username:
            return {"urls": urls, "username": server.username, "credential": server.credential}
        if server.relays and self.turn_secret:
            name, password = turn_credentials(self.turn_secret, user, int(now_s) + self.turn_ttl_s)
            return {"urls": urls, "username": name, "credential": password}
        return {"urls": urls}


def turn_credentials(secret: str, user: str, expires_at_s: int) -> tuple[str, str]:
    """User name and password that a TURN server with `use-auth-secret` takes until `expires_at_s`.

    The scheme is that of draft-uberti-behave-turn-rest: HMAC-SHA1 over "expiry:user".
    """
    name = f"{expires_at_s}:{user}"
    digest = hmac.new(secret.encode(), name.encode(), hashlib.sha1).digest()
    return name, base64.b64encode(digest).decode()
