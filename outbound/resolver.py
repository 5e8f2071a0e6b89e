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

    `getaddrinfo` also reads what C reads as an address: decimal, octal, hexadecimal and short
    forms come out as the address that they are.
    """

    def __init__(self, threads: int = 32) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="resolver")

    async def look_up(self, host: str, port: int) -> list[Address]:
        """The addresses of `host`, in the system's order, without repetition.

        Raises:
            HostUnknown: there is none, or not in time.
        """
        try:
            async with asyncio.timeout(LOOK_UP_WITHIN_S):
                found = await asyncio.wrap_future(self._threads.submit(_addresses, host, port))
        except (OSError, UnicodeError, TimeoutError) as error:
            raise HostUnknown(host) from error
        if not found:
            raise HostUnknown(host)
        return found

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _addresses(host: str, port: int) -> list[Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ipaddress.ip_address(str(each[4][0])) for each in found))
