"""Names whose servers never answer hold up nobody else's look-ups."""

import asyncio
import collections
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from outbound import resolver
from outbound.errors import HostUnknown
from outbound.resolver import Resolver
from webhooks.attempt import BOUNDS

ADDRESS = "93.184.216.34"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[collections.Counter[str]]:
    """How often each name was looked up; those that begin with "black" wait until the end."""
    counts: collections.Counter[str] = collections.Counter()
    over = threading.Event()

    def look_up(host: str, *_: object, **__: object) -> list[Any]:
        counts[host] += 1
        if host.startswith("black"):
            over.wait(20)
            raise socket.gaierror(socket.EAI_AGAIN, "no answer")
        if host.startswith("nowhere"):
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [(socket.AF_INET, 1, 6, "", (ADDRESS, 0))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(resolver, "LOOK_UP_WITHIN_S", 0.2)
    yield counts
    over.set()


@pytest.mark.parametrize("hosts", [1, 150])
async def test_a_dead_name_server_holds_up_nobody_else(
    asked: collections.Counter[str], hosts: int
) -> None:
    names = Resolver(threads=BOUNDS.connections)
    black = [f"black{number % hosts}.example" for number in range(300)]
    waiting = [asyncio.create_task(names.look_up(host)) for host in black]
    await asyncio.sleep(0)
    began_s = time.monotonic()
    assert [str(each) for each in await names.look_up("shop.example")] == [ADDRESS]
    assert time.monotonic() - began_s < 5
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(answer) for answer in answers} == {HostUnknown}
    with pytest.raises(HostUnknown):
        await names.look_up(black[0])
    assert asked.total() == hosts + 1, "a host has one look-up at a time, however many ask"
    assert str((await names.look_up("other.example"))[0]) == ADDRESS
    names.close()


async def test_a_name_is_looked_up_anew_once_the_last_look_up_is_over(
    asked: collections.Counter[str],
) -> None:
    names = Resolver(threads=2)
    for _ in range(2):
        await names.look_up("shop.example")
        with pytest.raises(HostUnknown):
            await names.look_up("nowhere.example")
    assert asked == {"shop.example": 2, "nowhere.example": 2}
    names.close()
