"""`serve` while Redis is away: what can be done without it is done, and the rest says so."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from tests.cluster.conftest import QUICK, Cluster
from tests.cluster.servers import redis_server
from tests.cluster.visits import active, post, speak, visiting
from tests.served import Served, free_port

BACK_WITHIN_S = 30


@dataclass
class Redis:
    """A Redis that goes and comes back at the same port."""

    port: int
    running: contextlib.ExitStack

    def start(self) -> str:
        return self.running.enter_context(redis_server(self.port))

    def stop(self) -> None:
        self.running.close()


@pytest.fixture
def redis() -> Iterator[Redis]:
    with contextlib.ExitStack() as running:
        yield Redis(free_port(), running)


@pytest.fixture
def alone(redis: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One `serve` over that Redis."""
    environ = {"REDIS_URL": redis.start(), **QUICK}
    with Served(tmp_path_factory.mktemp("data") / "var", environ) as served:
        served.wait_for("shown this once")
        yield Cluster(served, served, served.fact("Demo agent"), served.fact("API secret"))


async def get(alone: Cluster, path: str) -> tuple[int, dict[str, Any]]:
    async with (
        aiohttp.ClientSession(headers={"api-secret": alone.secret}) as session,
        session.get(f"{alone.one.url}{path}") as response,
    ):
        return response.status, await response.json()


async def test_it_goes_on_without_redis_and_with_it_again(alone: Cluster, redis: Redis) -> None:
    served = alone.one
    async with visiting(served, alone.agent) as visit:
        await active(alone, served, 1)
        await asyncio.to_thread(redis.stop)
        body: dict[str, object] = {"agent_id": alone.agent, "fingerprint": "f1"}
        status, answer = await post(alone, served, "/v1/embed-tokens/request", body)
        assert (status, answer["success"]) == (200, True)
        status, answer = await speak(alone, served, "Is anybody there?")
        assert (status, answer["code"]) == (503, "NO_AVAILABLE_WORKERS")
        status, answer = await get(alone, "/readyz")
        checks = {"database": "ok", "channel_layer": "unreachable", "engine": "ok"}
        assert (status, answer["checks"]) == (503, checks)
        await asyncio.to_thread(redis.start)
        async with asyncio.timeout(BACK_WITHIN_S):
            while (await get(alone, "/readyz"))[0] != 200:
                await asyncio.sleep(0.2)
            while (await speak(alone, served, "Back again."))[0] != 200:
                await asyncio.sleep(0.2)
        await visit.hear("caption", text="Back again.")
