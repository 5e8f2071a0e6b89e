"""Runs what touches the database on an empty PostgreSQL: `python -m tests.on_postgresql`."""

import os
import subprocess
import sys

from tests.cluster.servers import postgresql

WHAT_TOUCHES_IT = (
    *("tokens", "agents", "files", "knowledge", "webhooks", "rtc", "api", "console", "config"),
)
WITH_ONE_OF_THEIR_OWN = (
    "api/test_snippets.py",
    "config/test_large.py",
    "config/test_serve.py",
    "config/test_stopping.py",
    "webhooks/test_killing_serve.py",
)
"""They start servers over databases of their own."""
LEFT_OPEN = "ignore::ResourceWarning"
"""A thread of a test that ends takes its connection with it, which the driver remarks on."""


def main(arguments: list[str]) -> int:
    """The exit code of pytest with `arguments`; tests/conftest.py leaves out what touches none."""
    places = [f"tests/{package}" for package in WHAT_TOUCHES_IT]
    places += ["tests/embed/test_page.py"]
    places += [f"--ignore=tests/{module}" for module in WITH_ONE_OF_THEIR_OWN]
    with postgresql() as url:
        environ = {**os.environ, "PARLEY_TEST_DATABASE_URL": url}
        # The server ends with the run, so that nobody has to drop the database before it.
        command = [sys.executable, "-m", "pytest", "--reuse-db", "-W", LEFT_OPEN]
        command += [*places, *arguments]
        return subprocess.run(command, env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
