"""The whole of Parley put together: built once by whoever serves it, held by nobody else."""

import ipaddress
from dataclasses import dataclass
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.urls import path

from api.tts import SERVICE
from config.access import SocketAccess
from config.environment import Environment
from config.handler import SynchronousHandler
from config.machine import cores
from config.measures import Measures
from config.operations import Operations
from config.origins import OwnOrigin
from config.proxies import Application, TrustedProxies
from config.readiness import Readiness
from config.voices import voice_settings
from rtc.consumers import EmbedConsumer
from rtc.ice import IceConfig, IceServer
from rtc.policy import RtcSettings
from rtc.registry import Registry
from voice.runtime import Runtime
from voice.spec import AgentSpec

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
    return Composition(application(parley, registry, runtime), registry, runtime)


def application(parley: Environment, registry: Registry, runtime: Runtime) -> Application:
    """The ASGI application: pages and API over HTTP, visits over WebSockets."""
    embed = path("ws/embed/<str:code>", EmbedConsumer.as_asgi(registry=registry))
    sockets = OwnOrigin(URLRouter([embed]), settings.PARLEY_PUBLIC_URL, settings.ALLOWED_HOSTS)
    router: Any = ProtocolTypeRouter(
        {
            "http": SynchronousHandler({SERVICE: runtime.speech}),
            "websocket": SocketAccess(sockets),
        }
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
