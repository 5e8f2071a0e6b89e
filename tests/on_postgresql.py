"""Runs what touches the database on an empty PostgreSQL: `python -m tests.on_postgresql`."""

import os
import subprocess
import sys

from tests.cluster.servers import postgresql


def main(arguments: list[str]) -> int:
    """The exit code of pytest with `arguments`; tests/conftest.py leaves out what touches none."""
    with postgresql() as url:
        environ = {**os.environ, "PARLEY_TEST_DATABASE_URL": url}
        # The server ends with the run, so that nobody has to drop the database before it.
        command = [sys.executable, "-m", "pytest", "--reuse-db", *arguments]
        return subprocess.run(command, env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
