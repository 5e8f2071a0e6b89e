import asyncio
import base64
import contextlib
import hashlib
import hmac
import shutil
import socket
import time
from collections.abc import AsyncIterator

import aioice
import aioice.turn
import pytest

from rtc.ice import IceConfig, IceServer, turn_credentials

SECRET = "north"
TURN = IceServer(("turn:turn.example:3478?transport=udp",))


def test_credentials_are_those_of_coturns_shared_secret_scheme() -> None:
    name, password = turn_credentials(SECRET, "ses_1", 1_700_000_000)
    assert name == "1700000000:ses_1"
    digest = hmac.new(b"north", b"1700000000:ses_1", hashlib.sha1).digest()
    assert base64.b64decode(password) == digest


def test_only_turn_servers_without_a_name_get_time_limited_credentials() -> None:
    fixed = IceServer(("turns:other.example",), "me", "mine")
    stun = IceServer(("stun:stun.example:3478",))
    ice = IceConfig(visitor_servers=(TURN, fixed, stun), turn_secret=SECRET, turn_ttl_s=60)
    turn, other, plain = ice.for_visitor("ses_1", 1000.7)
    assert turn["username"] == "1060:ses_1"
    assert turn["urls"] == ["turn:turn.example:3478?transport=udp"]
    assert (other["username"], other["credential"]) == ("me", "mine")
    assert plain == {"urls": ["stun:stun.example:3478"]}


def test_by_default_nobody_is_asked_for_an_address() -> None:
    assert IceConfig().for_server(0.0) == []
    assert IceConfig().for_visitor("ses_1", 0.0) == []


@pytest.mark.parametrize("url", ["", "http://turn.example", "turn:", "turn:a b", "stun:x?y=1"])
def test_nonsense_urls_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="URL"):
        IceServer((url,))


def test_nonsense_addresses_and_lifetimes_are_refused() -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        IceConfig(public_ip="my-host")
    with pytest.raises(ValueError, match="credentials"):
        IceConfig(turn_ttl_s=0)
    with pytest.raises(ValueError, match="needs a URL"):
        IceServer(())


def test_secrets_do_not_show_in_what_is_logged() -> None:
    ice = IceConfig(visitor_servers=(IceServer(("turn:t",), "me", "hush"),), turn_secret="hush")
    assert "hush" not in repr(ice)


@contextlib.asynccontextmanager
async def coturn() -> AsyncIterator[int]:
    """A real TURN server that shares SECRET with us, on a free port."""
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        "turnserver",
        *("-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}"),
        *("--min-port=50000", "--max-port=50100", "--allow-loopback-peers", "--use-auth-secret"),
        *(f"--static-auth-secret={SECRET}", "--realm=parley", "--no-tls", "--no-dtls", "--no-cli"),
        *("--log-file=stdout", "--simple-log", "--pidfile=/dev/null"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(10):
            while not await _listens(port):
                await asyncio.sleep(0.05)
        yield port
    finally:
        process.terminate()
        await process.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def _allocate(port: int, ice: IceConfig, now_s: float) -> list[str]:
    """The kinds of candidates that a peer with these credentials gathers."""
    (server,) = ice.for_visitor("ses_1", now_s)
    connection = aioice.Connection(
        ice_controlling=True,
        turn_server=("127.0.0.1", port),
        turn_username=server.get("username"),
        turn_password=server.get("credential"),
        transport_policy=aioice.ice.TransportPolicy.RELAY,
    )
    try:
        await connection.gather_candidates()
        return [candidate.type for candidate in connection.local_candidates]
    finally:
        await connection.close()


@pytest.mark.skipif(shutil.which("turnserver") is None, reason="coturn is not installed")
async def test_coturn_takes_our_credentials_and_no_expired_or_foreign_ones() -> None:
    async with coturn() as port:
        ours = IceConfig(visitor_servers=(TURN,), turn_secret=SECRET)
        assert await _allocate(port, ours, time.time()) == ["relay"]
        assert await _allocate(port, ours, time.time() - 7200) == []
        foreign = IceConfig(visitor_servers=(TURN,), turn_secret="south")
        assert await _allocate(port, foreign, time.time()) == []
