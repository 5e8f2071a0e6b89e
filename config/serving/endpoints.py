"""Where the server listens."""

import contextlib
import errno
import ipaddress
import socket
from collections.abc import Iterable

ABSENT = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


class CannotListen(Exception):
    """The message says why and what to do."""


def usable(hosts: Iterable[str], port: int) -> list[str]:
    """Those of `hosts` that this machine has and whose `port` is free.

    An address that the machine lacks, such as ::1 without IPv6, is left out.

    Raises:
        CannotListen: the port is taken or forbidden, or no address is left.
    """
    hosts = list(hosts)
    found = [host for host in hosts if _can_bind(host, port)]
    if not found:
        raise CannotListen(
            f"This machine has none of the addresses {', '.join(hosts)}.\n"
            "  Set HOST to one that it has; 0.0.0.0 means all of them."
        )
    return found


def _can_bind(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
    try:
        with contextlib.closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind((host, port))
            # Binding alone succeeds beside a listener on a wider address.
            probe.listen(1)
    except OSError as error:
        if error.errno in ABSENT:
            return False
        raise CannotListen(_remedy(host, port, error)) from error
    return True


def _remedy(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is already in use on {host}.\n"
            f"  Stop what uses it, or choose another one: make run PORT={port + 1}"
        )
    if error.errno == errno.EACCES:
        return (
            f"Port {port} needs more rights than this user has.\n"
            "  Choose one above 1023 and put a reverse proxy in front: make run PORT=8000"
        )
    return f"Cannot listen on {host}, port {port}: {error.strerror}."


def descriptions(hosts: Iterable[str], port: int) -> list[str]:
    """Twisted's words for listening on `port` of each host."""
    return [f"tcp:port={port}:interface={host.replace(':', chr(92) + ':')}" for host in hosts]
