"""The REST interface and the webhooks, measured: `python -m benchmarks.api`.

Starts what it measures in temporary folders, as the tests do: one Parley over SQLite for mints,
speech on command and webhooks, then two over PostgreSQL and Redis for a command that reaches the
process that does not hold the visit. docs/performance.md says what each figure means. The last
line is one JSON object.
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks import commands, deliveries, mints
from tests.cluster.servers import postgresql, redis_server
from tests.served import Served

UNLIMITED = {
    "PARLEY_RATE_ADDRESS": "10000000/minute",
    "PARLEY_RATE_WRITE": "10000000/minute",
    "PARLEY_MAX_VISITS": "1000",
    "PARLEY_DRAIN_SECONDS": "0",
}
SHARED = {"SECRET_KEY": "k" * 50, "PARLEY_SIGNING_KEYS": "s" * 50, "PARLEY_STORAGE_KEYS": "t" * 50}


@contextmanager
def one(folder: Path) -> Iterator[Served]:
    """A Parley by itself, on SQLite."""
    with Served(folder / "one" / "var", UNLIMITED) as served:
        yield served


@contextmanager
def two(folder: Path) -> Iterator[tuple[Served, Served]]:
    """Two of one installation; the first one made the account and the agent."""
    with postgresql() as database_url, redis_server() as redis_url, ExitStack() as stack:
        environ = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, **SHARED, **UNLIMITED}
        first = stack.enter_context(Served(folder / "first" / "var", environ))
        second = stack.enter_context(Served(folder / "second" / "var", environ))
        yield first, second


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="of minting")
    parser.add_argument("--commands", type=int, default=200, help="speak requests, one by one")
    parser.add_argument("--events", type=int, default=3000, help="webhook events to deliver")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as name:
        folder = Path(name)
        with one(folder) as served:
            minted = asyncio.run(mints.measure(served, given.seconds))
            spoken = asyncio.run(commands.measure(served, served, given.commands))
        with two(folder) as (first, second):
            across = asyncio.run(commands.measure(first, second, given.commands))
        delivered = deliveries.measure(folder, given.events)
    for name, figures in {
        "mints": minted.details(),
        "speak": spoken.details(),
        "speak across two": across.details(),
        "deliveries": delivered.details(),
    }.items():
        print(f"    {name:18} {figures}")
    summary = {
        "mints_per_s": round(minted.per_core_s),
        "speak_ack_ms_p95": round(spoken.p95_ms, 1),
        "speak_ack_ms_p95_two": round(across.p95_ms, 1),
        "deliveries_per_s": round(delivered.per_s),
    }
    print(json.dumps(summary), flush=True)


if __name__ == "__main__":
    main()
