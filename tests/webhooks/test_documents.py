"""The receivers of docs/webhooks.md, copied and run as they stand."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.served import ROOT, free_port
from tests.webhooks.conftest import registered
from tests.webhooks.receiving import eventually
from tokens.models import Account
from webhooks import services
from webhooks.events import EVENTS
from webhooks.models import Endpoint
from webhooks.trial import send_sample

RUNS = {"python": ("receiver.py", sys.executable), "js": ("receiver.mjs", "node")}


def listening(port: int) -> Callable[[], bool]:
    def holds() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    return holds


@pytest.mark.parametrize("language", RUNS)
def test_a_copied_receiver_accepts_what_is_sent_and_nothing_else(
    language: str, account: Account, tmp_path: Path
) -> None:
    text = (ROOT / "docs" / "webhooks.md").read_text()
    [snippet] = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    name, program = RUNS[language]
    (tmp_path / name).write_text(snippet)
    port = free_port()
    endpoint, secret = registered(account, f"http://127.0.0.1:{port}/")
    environ = {"PATH": os.environ["PATH"], "PORT": str(port), "WEBHOOK_SECRET": secret}
    process = subprocess.Popen(
        [program, name], cwd=tmp_path, env=environ, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        eventually(listening(port))
        answers = {event: send_sample(endpoint, event).status_code for event in EVENTS}
        services.rotate_secret(endpoint, services.OVERLAP * 0)
        refused = send_sample(Endpoint.objects.get(), "room.join").status_code
    finally:
        process.kill()
        process.wait()
    assert answers == dict.fromkeys(EVENTS, 200)
    assert refused == 401
