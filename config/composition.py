"""The whole of Parley put together: built once by whoever serves it, held by nobody else."""

import ipaddress
import os
from dataclasses import dataclass, replace
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.urls import path

from config.access import SocketAccess
from config.environment import Environment
from config.handler import SynchronousHandler
from config.measures import Measures
from config.operations import Operations
from config.origins import OwnOrigin
from config.proxies import Application, TrustedProxies
from config.readiness import Readiness
from rtc.consumers import EmbedConsumer
from rtc.ice import IceConfig, IceServer
from rtc.policy import RtcSettings
from rtc.registry import Registry
from voice.runtime import Runtime
from voice.settings import OpenAIEndpoint, VoiceSettings
from voice.spec import AgentSpec

OPENAI_URL = "https://api.openai.com/v1"
VISITS_PER_CORE = 8


@dataclass(frozen=True, slots=True)
class Composition:
    """What a server runs, and the holder of live visits that it starts, drains and closes."""

    application: Application
    registry: Registry
    runtime: Runtime

    def senses(self) -> tuple[bool, bool]:
        """Whether agents with the default providers hear and speak here; once started."""
        spec = AgentSpec(code="", name="")
        return self.runtime.hears(spec), self.runtime.speaks(spec)


def build(parley: Environment) -> Composition:
    """Everything of one serving process; `registry.start()` is still to be awaited.

    Raises:
        voice.errors.VoiceError: a plug-in cannot be loaded.
    """
    runtime = Runtime(voice_settings(parley))
    registry = Registry(rtc_settings(parley), runtime)
    return Composition(application(parley, registry), registry, runtime)


def application(parley: Environment, registry: Registry) -> Application:
    """The ASGI application: pages and API over HTTP, visits over WebSockets."""
    embed = path("ws/embed/<str:code>", EmbedConsumer.as_asgi(registry=registry))
    sockets = OwnOrigin(URLRouter([embed]), settings.PARLEY_PUBLIC_URL, settings.ALLOWED_HOSTS)
    router: Any = ProtocolTypeRouter(
        {"http": SynchronousHandler(), "websocket": SocketAccess(sockets)}
    )
    operations = Operations(
        router, Readiness(registry), Measures(registry), parley.diagnosis.metrics_networks
    )
    return TrustedProxies(operations, parley.server.trusted_proxies)


def rtc_settings(parley: Environment) -> RtcSettings:
    limits = parley.limits
    return RtcSettings(
        data_dir=settings.DATA_DIR,
        max_visits=limits.max_visits or VISITS_PER_CORE * cores(),
        admit_by_load=limits.admit_by_load,
        idle_voice_s=limits.idle_voice_s,
        idle_text_s=limits.idle_text_s,
        max_visit_s=limits.max_visit_s,
        grace_s=limits.grace_s,
        anonymous_per_address=limits.anonymous_visits_per_ip,
        anonymous_per_hour=limits.anonymous_visits_per_hour,
        video_kbps=parley.media.video_kbps,
        loopback=_is_reached_on_loopback(parley),
        raw_user=parley.providers.user == "fingerprint",
        ice=ice_config(parley),
        render_threads=cores(),
    )


def _is_reached_on_loopback(parley: Environment) -> bool:
    """Whether visitors are on this machine: behind a proxy it listens on loopback as well."""
    hosts = map(ipaddress.ip_address, parley.server.hosts)
    return parley.server.local and all(host.is_loopback for host in hosts)


def ice_config(parley: Environment) -> IceConfig:
    media = parley.media
    servers = [_ice_server(server) for server in media.ice_servers]
    if media.turn_urls:
        servers.append(IceServer(media.turn_urls))
    return IceConfig(
        visitor_servers=tuple(servers),
        turn_secret=media.turn_secret,
        turn_ttl_s=media.turn_ttl_s,
        transport="relay" if media.ice_transport == "relay" else "all",
        public_ip=media.public_ip,
    )


def _ice_server(server: dict[str, Any]) -> IceServer:
    urls = server["urls"]
    return IceServer(
        urls=(urls,) if isinstance(urls, str) else tuple(urls),
        username=server.get("username", ""),
        credential=server.get("credential", ""),
    )


def voice_settings(parley: Environment) -> VoiceSettings:
    providers = parley.providers
    return VoiceSettings(
        openai_stt=_endpoint(
            providers.openai_stt_url, providers.openai_stt_key, providers.openai_stt_model
        ),
        openai_llm=_endpoint(
            providers.openai_llm_url, providers.openai_llm_key, providers.openai_llm_model
        ),
        openai_tts=replace(
            _endpoint(
                providers.openai_tts_url, providers.openai_tts_key, providers.openai_tts_model
            ),
            voice=providers.openai_tts_voice,
        ),
        plugins={
            "stt": providers.plugins_stt or {},
            "llm": providers.plugins_llm or {},
            "tts": providers.plugins_tts or {},
        },
        stt_provider=providers.stt,
        llm_provider=providers.llm,
        tts_provider=providers.tts,
        stt_workers=providers.stt_workers or max(1, cores() // 2),
        stt_timeout_s=providers.timeout_s,
        llm_timeout_s=providers.timeout_s,
        tts_timeout_s=providers.timeout_s,
        loopback=parley.diagnosis.allow_loopback_urls,
    )


def _endpoint(url: str, key: str, model: str) -> OpenAIEndpoint:
    """An endpoint with a key alone is OpenAI's own; one with neither is not offered."""
    return OpenAIEndpoint(url or (OPENAI_URL if key else ""), key, model)


def cores() -> int:
    """The cores that this process may use, containers' limits on their number included."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
