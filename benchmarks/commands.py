"""How soon a back end that makes an avatar speak knows that its line is queued."""

import asyncio
import statistics
import time
from dataclasses import dataclass

import aiohttp

from tests.served import Served

WARM_UP = 20
HEARD_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Milliseconds from sending the request until its answer was here, each."""

    took_ms: list[float]

    @property
    def p95_ms(self) -> float:
        """95 of 100 took no longer."""
        return statistics.quantiles(self.took_ms, n=20)[-1]

    def details(self) -> str:
        """For the reader."""
        return f"P50 {statistics.median(self.took_ms):.1f} ms, P95 {self.p95_ms:.1f} ms"


async def measure(holder: Served, asked: Served, count: int) -> Acknowledged:
    """Open a visit by text at `holder` and let `asked`, which may be the same, make it speak."""
    agent = holder.fact("Demo agent")
    headers = {"api-secret": holder.fact("API secret")}
    page = f"{holder.url}/ws/embed/{agent}"
    took_ms = []
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(page, headers={"Origin": holder.url}) as socket,
    ):
        await socket.send_json({"type": "hello", "v": 1, "mode": "text", "greeting": False})
        await _active(http, f"{asked.url}/v1/agent/{agent}/add-context", headers)
        speak = f"{asked.url}/v1/agent/{agent}/speak"
        for number in range(WARM_UP + count):
            line = f"Line {number}."
            started_s = time.monotonic()
            async with http.post(speak, json={"message": line}, headers=headers) as answer:
                answer.raise_for_status()
                await answer.read()
            took_ms.append((time.monotonic() - started_s) * 1000)
            await _heard(socket, "text", line)
    return Acknowledged(took_ms[WARM_UP:])


async def _active(http: aiohttp.ClientSession, context: str, headers: dict[str, str]) -> None:
    """Wait until every process can know of the room; it is written down behind the visit."""
    async with asyncio.timeout(HEARD_WITHIN_S):
        while True:
            async with http.post(context, json={"context": "Nothing."}, headers=headers) as answer:
                if answer.status == 200:
                    return
            await asyncio.sleep(0.05)


async def _heard(socket: aiohttp.ClientWebSocketResponse, field: str, value: str) -> None:
    async with asyncio.timeout(HEARD_WITHIN_S):
        while (await socket.receive_json()).get(field) != value:
            pass
