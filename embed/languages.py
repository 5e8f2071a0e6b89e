"""Which languages an agent's providers hear and speak."""

from collections.abc import Mapping

from django.conf import settings

from agents.models import Agent
from agents.providers import provider_spec

OFFLINE: Mapping[str, tuple[str, ...]] = {"offline": ("en",)}
"""Providers that know certain languages only; the others are taken to know any."""


def spoken_languages(agent: Agent) -> tuple[str, ...]:
    """BCP 47 tags in which a spoken conversation with `agent` works; empty: any."""
    defaults = settings.PARLEY.providers
    hears = provider_spec(agent.providers, "stt").name or defaults.stt
    speaks = provider_spec(agent.providers, "tts").name or defaults.tts
    return OFFLINE.get(hears) or OFFLINE.get(speaks) or ()
