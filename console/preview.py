"""Whether the console may show an agent in a frame, by the same rules as any page."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import reverse

from agents import selectors
from agents.models import Agent

DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Preview:
    """`frame` is the address to show; "" where `why_not` tells what is in the way.

    `alone` is the address of the same page on its own, "" where nobody may meet the agent;
    `making` says that there will be one, or another.
    """

    frame: str = ""
    alone: str = ""
    why_not: str = ""
    making: bool = False


def preview_of(agent: Agent, request: HttpRequest) -> Preview:
    """What the agent's page shows of it to a viewer at the request's address."""
    if agent.status in (Agent.Status.PROCESSING, Agent.Status.GENERATING):
        return Preview(why_not="It can be met here once it is made.", making=True)
    if not agent.embeddable:
        return Preview(why_not=_closed(agent))
    address = f"{reverse('embed:page', args=[agent.code])}?start=click"
    if not agent.anonymous:
        return Preview(
            why_not="It meets only visitors with a token from your back end, so it cannot be "
            "talked to here."
        )
    here = f"{request.scheme}://{request.get_host()}"
    if agent.allowed_origins and not lets(agent.allowed_origins, here):
        return Preview(
            alone=address,
            why_not=f"It may be shown in its own pages alone, and the console at {here} is none "
            "of them.",
        )
    return Preview(frame=address, alone=address, making=_gets_another_face(agent))


def _gets_another_face(agent: Agent) -> bool:
    generation = selectors.generation_of(agent)
    return generation is not None and not generation.settled


def lets(origins: Iterable[str], page: str) -> bool:
    """Whether one of `origins`, which may begin with `*.`, is that of the page."""
    return any(_matches(origin, page) for origin in origins)


def _matches(origin: str, page: str) -> bool:
    wanted, found = urlsplit(origin), urlsplit(page)
    host, page_host = wanted.hostname or "", found.hostname or ""
    same_host = page_host.endswith(host[1:]) if host.startswith("*.") else page_host == host
    return same_host and wanted.scheme == found.scheme and _port(origin) == _port(page)


def _port(origin: str) -> int | None:
    parts = urlsplit(origin)
    return parts.port or DEFAULT_PORTS.get(parts.scheme)


def _closed(agent: Agent) -> str:
    if agent.status == Agent.Status.FAILED:
        return "There is nobody to meet: it could not be made."
    if not agent.enabled:
        return "It is switched off. Switch it on below to meet it."
    return "Its account is suspended, so nobody can meet it."
