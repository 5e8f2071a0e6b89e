"""The kinds of values that a variable may have: what each looks like and how it is read."""

import ipaddress
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

import environ

T = TypeVar("T")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})
TIERS = ("free", "pro", "enterprise", "unlimited")
PLUGIN = re.compile(r"^[a-z][a-z0-9_-]*=[A-Za-z_][\w.]*:[A-Za-z_]\w*$")


class Wrong(ValueError):
    """A value's fault in words that give nothing of the value away."""


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """`looks` continues "must be …"; `parse` raises ValueError, or Wrong to say why."""

    looks: str
    example: str
    parse: Callable[[str], T]


def text(looks: str, example: str, *, minimum: int = 1) -> Kind[str]:
    def parse(raw: str) -> str:
        if len(raw) < minimum:
            raise Wrong(f"it has {len(raw)} characters")
        return raw

    return Kind(looks, example, parse)


def flag() -> Kind[bool]:
    def parse(raw: str) -> bool:
        if raw.lower() not in TRUE | FALSE:
            raise ValueError
        return raw.lower() in TRUE

    return Kind("on or off", "on", parse)


def whole(minimum: int, maximum: int, example: int, unit: str = "") -> Kind[int]:
    def parse(raw: str) -> int:
        number = int(raw)
        if not minimum <= number <= maximum:
            raise Wrong("it is outside that range")
        return number

    of = f" of {unit}" if unit else ""
    return Kind(f"a whole number{of} from {minimum} to {maximum}", str(example), parse)


def choice(*names: str) -> Kind[str]:
    def parse(raw: str) -> str:
        if raw not in names:
            raise ValueError
        return raw

    return Kind("one of " + ", ".join(names), names[0], parse)


def url(example: str, *schemes: str, bare: bool = False) -> Kind[str]:
    """An absolute address; `bare` allows no path, so that it is an origin."""

    def parse(raw: str) -> str:
        parts = urlsplit(raw.rstrip("/") if bare else raw)
        if parts.scheme not in schemes or not parts.hostname:
            raise ValueError
        if bare and (parts.path or parts.query or parts.fragment or parts.username):
            raise Wrong("it has more than a scheme, a host and a port")
        parts.port  # noqa: B018  # reading it is what checks it
        return parts.geturl()

    looks = "an address that begins with " + " or ".join(f"{scheme}://" for scheme in schemes)
    return Kind(looks + (", without a path" if bare else ""), example, parse)


def database() -> Kind[dict[str, Any]]:
    def parse(raw: str) -> dict[str, Any]:
        if urlsplit(raw).scheme not in {"sqlite", "postgres", "postgresql"}:
            raise ValueError
        settings: dict[str, Any] = environ.Env.db_url_config(raw)
        if not settings.get("NAME"):
            raise Wrong("it names no database")
        return settings

    looks = "a database address that begins with sqlite:/// or postgres://"
    return Kind(looks, "postgres://parley:password@localhost/parley", parse)


def path(example: str) -> Kind[Path]:
    def parse(raw: str) -> Path:
        place = Path(raw).expanduser()
        if place.exists() and not place.is_dir():
            raise Wrong("it is a file")
        return place

    return Kind("a folder", example, parse)


def address() -> Kind[str]:
    def parse(raw: str) -> str:
        return str(ipaddress.ip_address(raw))

    return Kind("an IP address", "203.0.113.7", parse)


def listed(item: Kind[T], looks: str, example: str) -> Kind[tuple[T, ...]]:
    """Several, separated by commas; none is nonsense, since then the variable is left out."""

    def parse(raw: str) -> tuple[T, ...]:
        values = []
        for number, part in enumerate(raw.split(","), start=1):
            try:
                values.append(item.parse(part.strip()))
            except ValueError as error:
                raise Wrong(f"item {number} is not{reason(error)}") from error
        return tuple(values)

    return Kind(looks, example, parse)


def network() -> Kind[Network]:
    return Kind("a network", "10.0.0.0/8", ipaddress.ip_network)


def ice_servers() -> Kind[tuple[dict[str, Any], ...]]:
    """A JSON list of RTCIceServer objects, as browsers take them."""

    def parse(raw: str) -> tuple[dict[str, Any], ...]:
        servers = json.loads(raw)
        if not isinstance(servers, list):
            raise Wrong("it is not a list")
        for number, server in enumerate(servers, start=1):
            _check_ice_server(number, server)
        return tuple(servers)

    looks = "a JSON list of RTCIceServer objects"
    return Kind(looks, '[{"urls": "stun:stun.example.org:3478"}]', parse)


def _check_ice_server(number: int, server: object) -> None:
    if not isinstance(server, dict):
        raise Wrong(f"item {number} is not an object")
    urls = server.get("urls")
    for each in urls if isinstance(urls, list) else [urls]:
        if not (isinstance(each, str) and re.match(r"^(stun|stuns|turn|turns):\S+$", each)):
            raise Wrong(f"item {number} has no urls that begin with stun: or turn:")
    if set(server) - {"urls", "username", "credential"}:
        raise Wrong(f"item {number} has a field that is not urls, username or credential")


def turn_url() -> Kind[str]:
    def parse(raw: str) -> str:
        if not re.match(r"^turns?:\S+$", raw):
            raise ValueError
        return raw

    return Kind("a turn: address", "turn:turn.example.org:3478", parse)


def plugins(example: str) -> Kind[dict[str, str]]:
    """`name=module:Class` pairs, as a mapping from name to `module:Class`."""

    def parse(raw: str) -> dict[str, str]:
        found = {}
        for number, part in enumerate(raw.split(","), start=1):
            if not PLUGIN.match(part.strip()):
                raise Wrong(f"item {number} is not")
            name, _, target = part.strip().partition("=")
            if name in {"offline", "openai"} or name in found:
                raise Wrong(f"the name of item {number} is taken")
            found[name] = target
        return found

    looks = "a list of name=module:Class, separated by commas"
    return Kind(looks, example, parse)


def rate(example: str = "30/minute") -> Kind[str]:
    def parse(raw: str) -> str:
        if not re.fullmatch(r"[1-9]\d{0,8}/(second|minute|hour|day)", raw):
            raise ValueError
        return raw

    return Kind("a number each second, minute, hour or day", example, parse)


def tier_limits(example: str = "free=2,pro=10") -> Kind[dict[str, int]]:
    """`tier=number` pairs."""

    def parse(raw: str) -> dict[str, int]:
        found = {}
        for number, part in enumerate(raw.split(","), start=1):
            tier, _, limit = part.strip().partition("=")
            if tier not in TIERS or not limit.isdecimal():
                raise Wrong(f"item {number} is not")
            found[tier] = int(limit)
        return found

    looks = f"a list of tier=number, separated by commas, with tiers {', '.join(TIERS)}"
    return Kind(looks, example, parse)


def kind_of(raw: str) -> str:
    """What a bad value is, in words that give none of it away: it may be a secret."""
    if not raw.strip():
        return "nothing"
    if re.fullmatch(r"[+-]?\d+(\.\d+)?", raw):
        return "a number"
    if raw.lstrip()[:1] in "[{":
        return "JSON" if _is_json(raw) else "something like JSON that cannot be read"
    return "a list of texts" if "," in raw else "a text"


def _is_json(raw: str) -> bool:
    try:
        json.loads(raw)
    except ValueError:
        return False
    return True


def reason(error: ValueError) -> str:
    """What a parser says about a bad value, as the tail of a sentence."""
    return f" ({error})" if isinstance(error, Wrong) else ""
