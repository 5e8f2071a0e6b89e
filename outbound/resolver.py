"""Names to addresses, off the event loop and under a deadline."""

import asyncio
import ipaddress
import socket
from concurrent.futures import ThreadPoolExecutor

from outbound.addresses import Address
from outbound.errors import HostUnknown

LOOK_UP_WITHIN_S = 10.0


class Resolver:
    """Looks names up in threads of its own: a slow name server holds up nobody else's work.

    No call ends `getaddrinfo` early, so that a dead name server keeps a thread beyond the deadline.
    Therefore a host has one look-up at a time, which all share that ask for it, and there are
    threads for as many hosts as there can be exchanges; they are made when they are needed. Use it
    on one event loop.

    `getaddrinfo` also reads what C reads as an address: decimal, octal, hexadecimal and short
    forms come out as the address that they are.
    """

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="resolver")
        self._under_way: dict[str, asyncio.Future[list[Address]]] = {}

    async def look_up(self, host: str) -> list[Address]:
        """The addresses of `host`, in the system's order, without repetition.

        Raises:
            HostUnknown: there is none, or not in time.
        """
        try:
            async with asyncio.timeout(LOOK_UP_WITHIN_S):
                found = await asyncio.shield(self._asked(host))
        except (OSError, UnicodeError, TimeoutError) as error:
            raise HostUnknown(host) from error
        if not found:
            raise HostUnknown(host)
        return found

    def _asked(self, host: str) -> asyncio.Future[list[Address]]:
        """The look-up of `host` that is under way, or a new one."""
        future = self._under_way.get(host)
        if future is None:
            future = asyncio.wrap_future(self._threads.submit(_addresses, host))
            self._under_way[host] = future
            future.add_done_callback(lambda done: self._on_done(host, done))
        return future

    def _on_done(self, host: str, done: asyncio.Future[list[Address]]) -> None:
        del self._under_way[host]
        if not done.cancelled():
            done.exception()  # those who asked may all have gone

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _addresses(host: str) -> list[Address]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ipaddress.ip_address(str(each[4][0])) for each in found))
