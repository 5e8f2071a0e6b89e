"""The served Parley that visitors of these tests meet, and its back end's view of it."""

import json
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from tests.served import ROOT, Served

MADE_WITHIN_S = 60.0
STOPPED_WITHIN_S = 20.0
ANSWERED_WITHIN_S = 30.0

# Every visitor of a run comes from one address, more often than any person would, and on a
# machine that may be busy with other things.
CROWD = {
    "PARLEY_ADMIT_BY_LOAD": "off",
    "PARLEY_GRACE_SECONDS": "20",
    "PARLEY_ANONYMOUS_VISITS_PER_IP": "50",
    "PARLEY_ANONYMOUS_VISITS_PER_HOUR": "10000",
    "PARLEY_MAX_VISITS": "50",
}
MAKE_AGENTS = """
import json, sys
from agents.models import Agent
from tokens.models import Account
owner = Account.objects.order_by("pk").first()
for fields in json.load(sys.stdin):
    agent = Agent(account=owner, **fields)
    agent.full_clean()
    agent.save()
"""


class Parley:
    """One server over one data folder; `start` it again after its end and it serves the same."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.data_dir = folder / "data"
        self.agent = ""
        self.secret = ""
        self.password = ""
        self._served = Served(self.data_dir, {**CROWD, **settings})
        self._earlier = ""

    @property
    def port(self) -> int:
        return self._served.port

    @property
    def host_url(self) -> str:
        """Where the embedding page lives: another site than the frame's, for every cookie rule."""
        return f"http://localhost:{self.port}"

    @property
    def frame_url(self) -> str:
        return self._served.url

    @property
    def log(self) -> str:
        """Everything that the server has printed since its first start."""
        return self._earlier + self._served.output

    @property
    def database(self) -> Path:
        return self.data_dir / "parley.sqlite3"

    def embed_url(self, code: str) -> str:
        return f"{self.frame_url}/embed/{code}"

    def start(self) -> None:
        """Start and wait until it serves."""
        again = bool(self.agent)
        if again:
            self._earlier = self.log
        self._served.__enter__()
        if not again:
            self._read_first_start()

    def terminate(self) -> None:
        """Ask it to stop gracefully, and do not wait."""
        self._served.process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        """Wait for its end and return its exit status."""
        return self._served.process.wait(STOPPED_WITHIN_S)

    def stop(self) -> None:
        self._served.__exit__(None, None, None)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._served.stop(signal.SIGKILL)
        self.stop()

    def make_agents(self, agents: Sequence[Mapping[str, Any]]) -> None:
        """Add agents with these fields to the first account."""
        subprocess.run(
            [sys.executable, "manage.py", "shell", "--no-imports", "-c", MAKE_AGENTS],
            cwd=ROOT,
            env={"PARLEY_ENV_FILE": "/dev/null", "PARLEY_DATA_DIR": str(self.data_dir)},
            input=json.dumps(agents).encode(),
            check=True,
            capture_output=True,
            timeout=MADE_WITHIN_S,
        )

    def mint(self, code: str, **fields: object) -> dict[str, Any]:
        """A visitor's token as a site's back end gets it: the answer's `data`."""
        wanted = {"agent_id": code, "fingerprint": "visitor-7", **fields}
        data: dict[str, Any] = self.call("POST", "/v1/embed-tokens/request", json=wanted)["data"]
        return data

    def call(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        """What the REST interface answers the site's back end."""
        answer = httpx.request(
            method,
            f"{self.frame_url}{path}",
            headers={"api-secret": self.secret},
            timeout=ANSWERED_WITHIN_S,
            **body,
        )
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told

    def _read_first_start(self) -> None:
        self._served.wait_for("shown this once")
        self.agent = self._served.fact("Demo agent")
        self.secret = self._served.fact("API secret")
        login = next(line for line in self.log.splitlines() if "/console/" in line)
        self.password = login.rpartition("·")[2].strip()
