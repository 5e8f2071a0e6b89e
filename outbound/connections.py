"""Connections to checked addresses only."""

from collections.abc import Iterable

import httpcore

from outbound.addresses import is_allowed
from outbound.errors import AddressRefused
from outbound.resolver import Resolver


class CheckedConnections(httpcore.AsyncNetworkBackend):
    """Looks a host up once, and connects to the very addresses that it has checked.

    A name whose answer changes between a check and a connection gains nothing: there is no
    second look-up. One forbidden address among several refuses the host. TLS and the Host header
    keep the name, since only the connection is told the address.
    """

    def __init__(self, resolver: Resolver, *, loopback: bool) -> None:
        self._inner = httpcore.AnyIOBackend()
        self._resolver = resolver
        self._loopback = loopback

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of `host` that answers.

        Raises:
            HostUnknown, AddressRefused: nothing was connected to.
            httpcore.ConnectError, httpcore.ConnectTimeout: none answered.
        """
        addresses = await self._resolver.look_up(host)
        if not all(is_allowed(address, loopback=self._loopback) for address in addresses):
            raise AddressRefused(host)
        failure: Exception = httpcore.ConnectError("no address")
        for address in addresses:
            try:
                return await self._inner.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise AddressRefused(path)

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)
