"""How many visitors' tokens a served Parley mints."""

import asyncio
import time
from dataclasses import dataclass

import aiohttp

from benchmarks.processes import usage
from tests.served import Served

CONNECTIONS = 8
WARM_UP = 200


@dataclass(frozen=True, slots=True)
class Minted:
    """Tokens minted in so many seconds, for so many seconds of the server's processor."""

    count: int
    seconds: float
    cpu_s: float

    @property
    def per_core_s(self) -> float:
        """Per second of one core that the server had to itself."""
        return self.count / self.cpu_s

    def details(self) -> str:
        """For the reader."""
        return (
            f"{self.count / self.seconds:.0f} a second beside the client, "
            f"{self.per_core_s:.0f} a second of processor"
        )


async def measure(served: Served, seconds: float) -> Minted:
    """Mint over some connections at once, each visitor another one."""
    async with aiohttp.ClientSession(headers={"api-secret": served.fact("API secret")}) as http:
        minting = Minting(http, served)
        await asyncio.gather(*(minting.mint() for _ in range(WARM_UP)))
        before, started_s, first = usage(served.process.pid), time.monotonic(), minting.count
        await asyncio.gather(
            *(minting.until(started_s + seconds) for _ in range(CONNECTIONS)),
        )
        spent = usage(served.process.pid).since(before)
        return Minted(minting.count - first, time.monotonic() - started_s, spent.cpu_s)


class Minting:
    """Requests for tokens over one session."""

    def __init__(self, http: aiohttp.ClientSession, served: Served) -> None:
        self._http = http
        self._url = f"{served.url}/v1/embed-tokens/request"
        self._agent = served.fact("Demo agent")
        self.count = 0

    async def mint(self) -> None:
        """One token; anything but one is an error."""
        self.count += 1
        body = {"agent_id": self._agent, "fingerprint": f"visitor-{self.count}"}
        async with self._http.post(self._url, json=body) as answer:
            answer.raise_for_status()
            await answer.read()

    async def until(self, end_s: float) -> None:
        """One after the other, up to a time of the monotonic clock."""
        while time.monotonic() < end_s:
            await self.mint()
