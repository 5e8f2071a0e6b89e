"""Debian's PostgreSQL and Redis, as processes of their own that end with the test."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import redis

from tests.served import free_port

READY_WITHIN_S = 20.0
PROGRAMS = Path("/usr/lib/postgresql")
UNPRIVILEGED = "postgres"


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """An empty PostgreSQL; its DATABASE_URL. It must not run as root, and so does not."""
    programs = max(PROGRAMS.glob("*/bin"), key=lambda folder: int(folder.parent.name))
    with _folder_of_its_own() as folder:
        data, port = folder / "data", free_port()
        _run(programs / "initdb", "-D", data, "-U", "parley", "-A", "trust", "-E", "UTF8",
             "--no-locale", "--no-sync")  # fmt: skip
        url = f"postgres://parley@127.0.0.1:{port}/postgres"
        command = _unprivileged(
            programs / "postgres", "-D", data, "-p", port, "-k", folder, "-h", "127.0.0.1",
            "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "shared_buffers=32MB",
        )  # fmt: skip
        with _running(command, folder, lambda: psycopg.connect(url).close()):
            yield url


@contextlib.contextmanager
def redis_server(port: int | None = None) -> Iterator[str]:
    """An empty Redis that keeps nothing; its REDIS_URL."""
    with _folder_of_its_own() as folder:
        port = port or free_port()
        url = f"redis://127.0.0.1:{port}/0"
        command = _unprivileged(
            "redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", folder,
            "--save", "", "--appendonly", "no",
        )  # fmt: skip

        def ask() -> None:
            with contextlib.closing(redis.Redis.from_url(url)) as client:
                client.ping()

        with _running(command, folder, ask):
            yield url


@contextlib.contextmanager
def _folder_of_its_own() -> Iterator[Path]:
    """A folder that the unprivileged user owns and can reach."""
    folder = Path(tempfile.mkdtemp(prefix="parley-cluster-"))
    try:
        if os.geteuid() == 0:
            user = pwd.getpwnam(UNPRIVILEGED)
            os.chown(folder, user.pw_uid, user.pw_gid)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged(*command: object) -> list[str]:
    words = [str(word) for word in command]
    if os.geteuid() != 0:
        return words
    return ["setpriv", "--reuid", UNPRIVILEGED, "--regid", UNPRIVILEGED, "--init-groups", *words]


def _run(*command: object) -> None:
    subprocess.run(_unprivileged(*command), check=True, capture_output=True, cwd="/", timeout=60)


@contextlib.contextmanager
def _running(command: list[str], folder: Path, ask: Callable[[], None]) -> Iterator[None]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd="/")
    try:
        _wait(process, ask, folder)
        yield
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], ask: Callable[[], None], folder: Path) -> None:
    deadline_s = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            ask()
        except (OSError, psycopg.OperationalError, redis.ConnectionError):
            if process.poll() is not None or time.monotonic() > deadline_s:
                raise AssertionError((folder / "log").read_text()) from None
            time.sleep(0.05)
        else:
            return
