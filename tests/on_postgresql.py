"""Runs what touches the database on an empty PostgreSQL: `python -m tests.on_postgresql`."""

import os
import subprocess
import sys

from tests.cluster.servers import postgresql

WHAT_TOUCHES_IT = ("tokens", "agents", "webhooks", "rtc", "api", "console")


def main(arguments: list[str]) -> int:
    """The exit code of pytest with `arguments`, over all that touches the database."""
    folders = [f"tests/{package}" for package in WHAT_TOUCHES_IT]
    with postgresql() as url:
        environ = {**os.environ, "PARLEY_TEST_DATABASE_URL": url}
        command = [sys.executable, "-m", "pytest", *folders, *arguments]
        return subprocess.run(command, env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
