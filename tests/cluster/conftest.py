"""Two real `serve` processes over one PostgreSQL and one Redis, started at the same moment."""

import contextlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.cluster.servers import postgresql, redis_server
from tests.served import Served

SHARED = {"SECRET_KEY": "k" * 50, "PARLEY_SIGNING_KEYS": "s" * 50, "PARLEY_STORAGE_KEYS": "t" * 50}
QUICK = {"DEBUG": "on"}  # no static files are collected


@dataclass(frozen=True, slots=True)
class Cluster:
    """The processes, and what the first start of one of them made."""

    one: Served
    two: Served
    agent: str
    secret: str


@contextlib.contextmanager
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with postgresql() as database_url, redis_server() as redis_url, contextlib.ExitStack() as stack:
        environ = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, **SHARED, **QUICK}
        both = [Served(tmp_path_factory.mktemp("data") / "var", environ) for _ in range(2)]
        with ThreadPoolExecutor(2) as threads:
            for served in threads.map(Served.__enter__, both):
                stack.push(served.__exit__)
        one, two = sorted(both, key=lambda served: "migrations applied" not in served.output)
        _wait_for("shown this once", one)
        yield Cluster(one, two, one.fact("Demo agent"), one.fact("API secret"))


def _wait_for(words: str, served: Served) -> None:
    """Like Served.wait_for, for what may have been looked at already."""
    deadline_s = time.monotonic() + 5
    while words not in served.output:
        assert time.monotonic() < deadline_s, served.output
        time.sleep(0.02)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory) as running:
        yield running
