"""A real coturn that all media of a visit goes through, and that can fall silent."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

SECRET = "a relay's static-auth-secret"
READY_WITHIN_S = 10.0


class Relay:
    """`url` is for PARLEY_TURN_URLS, with SECRET as PARLEY_TURN_SECRET."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "turn.log"
        address = _own_address()
        port = _free_port(address)
        self.url = f"turn:{address}:{port}?transport=udp"
        with self._log.open("wb") as out:
            self._process = subprocess.Popen(
                [
                    "turnserver", "-n", "--no-tls", "--no-dtls", "--no-cli", "--log-file=stdout",
                    f"--listening-ip={address}", f"--relay-ip={address}",
                    f"--listening-port={port}", "--min-port=50000", "--max-port=50200",
                    "--allow-loopback-peers", "--realm=parley", "--use-auth-secret",
                    f"--static-auth-secret={SECRET}", f"--userdb={folder / 'turn.sqlite'}",
                    f"--pidfile={folder / 'turn.pid'}",
                ],
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
        self._wait(address, port)

    def freeze(self) -> None:
        """Swallow every packet from now on, as a network that has changed does."""
        os.kill(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self._process.pid, signal.SIGCONT)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait(READY_WITHIN_S)

    def _wait(self, address: str, port: int) -> None:
        deadline_s = time.monotonic() + READY_WITHIN_S
        while True:
            try:
                socket.create_connection((address, port), timeout=1).close()
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline_s:
                    log = self._log.read_text(errors="replace")
                    raise RuntimeError(f"coturn did not start:\n{log}") from None
                time.sleep(0.05)


@contextmanager
def relay(folder: Path) -> Iterator[Relay]:
    running = Relay(folder)
    try:
        yield running
    finally:
        running.stop()


def _own_address() -> str:
    """An IPv4 address of a network card: browsers do not relay over loopback."""
    stats = psutil.net_if_stats()
    for name, addresses in psutil.net_if_addrs().items():
        for each in addresses if stats[name].isup else []:
            if each.family == socket.AF_INET and not each.address.startswith("127."):
                return str(each.address)
    return "127.0.0.1"


def _free_port(address: str) -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
        return port
