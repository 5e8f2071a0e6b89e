"""Every variable that Parley reads, declared once; docs/settings.md prints these tables."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

from django.core.exceptions import ImproperlyConfigured

from config.environment import variable
from config.environment.limits import Limits
from config.environment.media import Media
from config.environment.providers import Providers
from config.environment.server import Diagnosis, Keys, Server
from config.environment.variable import Variable

PREFIX = "PARLEY_"


@dataclass(frozen=True, slots=True)
class Environment:
    """What the environment says, read and checked; one section to a field."""

    server: Server
    keys: Keys
    media: Media
    limits: Limits
    providers: Providers
    diagnosis: Diagnosis


def sections() -> Iterator[tuple[str, list[Variable]]]:
    """Each section's heading and variables, in the order of the documentation."""
    for each in fields(Environment):
        section = each.type
        if isinstance(section, type):
            yield vars(section)["heading"], [it for _, it in variable.declared(section)]


def read(environ: Mapping[str, str]) -> Environment:
    """Read and check every variable.

    Raises:
        ImproperlyConfigured: with one sentence for each variable whose value is nonsense.
    """
    problems: list[str] = []
    environment = Environment(
        server=variable.read(Server, environ, problems),
        keys=variable.read(Keys, environ, problems),
        media=variable.read(Media, environ, problems),
        limits=variable.read(Limits, environ, problems),
        providers=variable.read(Providers, environ, problems),
        diagnosis=variable.read(Diagnosis, environ, problems),
    )
    problems.extend(_contradictions(environment))
    if problems:
        raise ImproperlyConfigured("\n".join(["Parley cannot start.", *problems]))
    return environment


def unknown(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Variables that begin like ours and are not, each with the nearest of ours or ''."""
    ours = {it.name.removeprefix(PREFIX): it.name for _, each in sections() for it in each}
    for name in sorted(environ):
        bare = name.removeprefix(PREFIX)
        if bare != name and name not in ours.values():
            nearest = difflib.get_close_matches(bare, ours, n=1)
            yield name, ours[nearest[0]] if nearest else ""


def _contradictions(environment: Environment) -> Iterator[str]:
    media, providers = environment.media, environment.providers
    if bool(media.turn_urls) != bool(media.turn_secret):
        yield "PARLEY_TURN_URLS and PARLEY_TURN_SECRET belong together: set both or none."
    if media.ice_transport == "relay" and not (media.turn_urls or media.ice_servers):
        yield "PARLEY_ICE_TRANSPORT=relay needs PARLEY_TURN_URLS or PARLEY_ICE_SERVERS."
    for stage, names in providers.names().items():
        if getattr(providers, stage) not in names:
            yield _unknown_provider(stage.upper(), names)


def _unknown_provider(stage: str, names: list[str]) -> str:
    further = f"  Further names come from PARLEY_PLUGINS_{stage}"
    if "openai" not in names:
        further += (
            f";\n  openai comes with PARLEY_OPENAI_{stage}_URL (your own server) or "
            f"PARLEY_OPENAI_{stage}_KEY (OpenAI's)"
        )
    return f"PARLEY_{stage} must be one of {', '.join(names)}.\n{further}."
