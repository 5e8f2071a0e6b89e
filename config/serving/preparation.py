"""What must be there before serving: tables, static files, and on first start somebody to talk to.

Several processes may start at once over one data folder, or one PostgreSQL: locks in both make
one prepare and the others wait.
"""

import contextlib
import fcntl
import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from agents.services import create_demo_agent
from tokens.models import Account
from tokens.services import create_secret

ADMIN = "admin"
ADVISORY_LOCK = int.from_bytes(b"parley")
LOCKED_AT_MOST_S = 300


@dataclass(frozen=True, slots=True)
class FirstStart:
    """What exists from the first start on; the password and the secret are kept nowhere."""

    username: str
    password: str
    api_secret: str
    agent_code: str


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the data folder's lock; the kernel releases it with the process, however it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "start.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def alone_in_database() -> Iterator[None]:
    """Hold PostgreSQL's lock on preparing; the server releases it with the connection.

    SQLite's file lies in a data folder, whose lock is enough.

    Raises:
        django.db.OperationalError: another process has held it for LOCKED_AT_MOST_S.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{LOCKED_AT_MOST_S}s"])
        cursor.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
        cursor.execute("RESET lock_timeout")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])


def migrate() -> int:
    """Bring the tables up to date; returns the number of migrations that were applied."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        call_command("migrate", interactive=False, verbosity=0)
    return len(plan)


def collect_static(folder: Path) -> bool:
    """Collect and hash the static files if one changed since the last time."""
    stamp = folder.with_name(folder.name + ".stamp")
    fingerprint = _static_fingerprint()
    if folder.is_dir() and stamp.is_file() and stamp.read_text() == fingerprint:
        return False
    call_command("collectstatic", interactive=False, verbosity=0, clear=folder.is_dir())
    stamp.write_text(fingerprint)
    return True


def _static_fingerprint() -> str:
    """A digest over the path, size and time of every static file."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list(ignore_patterns=None):
            found = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


@transaction.atomic
def first_start() -> FirstStart | None:
    """Make the first account, its API secret and a demo agent; None where an account exists."""
    if Account.objects.exists():
        return None
    password = secrets.token_urlsafe(12)
    account = Account.objects.create_superuser(ADMIN, password=password)
    _, api_secret = create_secret(account=account, name="first start")
    agent = create_demo_agent(account)
    return FirstStart(ADMIN, password, api_secret, agent.code)
