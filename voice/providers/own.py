"""Clients for the services that agents' owners name: strangers' addresses, checked to connect."""

import httpx2
import openai

from outbound.httpx2_transport import httpx2_client
from outbound.transport import Bounds
from voice.providers import openai_api
from voice.settings import OpenAIEndpoint
from voice.spec import OwnService

BOUNDS = Bounds(
    connect_s=openai_api.CONNECT_S,
    exchange_s=120.0,  # speech is read as fast as it is played
    answer_bytes=8 * 1024 * 1024,
    connections=200,
    idle_s=30.0,
)


class OwnClients:
    """What the clients of one process connect with; they are made for a visit and hold nothing."""

    def __init__(self, *, loopback: bool) -> None:
        self._strange = httpx2_client(BOUNDS, loopback=loopback)
        self._trusted = httpx2.AsyncClient()
        self.client(OwnService("", "https://localhost"), openai_api.CONNECT_S)  # the first

    def client(self, service: OwnService, timeout_s: float) -> openai.AsyncOpenAI:
        """Make a visit's client for one stage; nobody need close it."""
        made = openai_api.client(
            OpenAIEndpoint(service.base_url, service.api_key),
            timeout_s,
            self._trusted if service.trusted else self._strange,
        )
        # The library has read these from the server's environment, which is the operator's.
        made.organization = made.project = made.admin_api_key = None
        made._custom_headers = {}
        return made

    async def aclose(self) -> None:
        """Close the connections."""
        await self._strange.aclose()
        await self._trusted.aclose()
