"""Agents that a back end has made, as it follows their making: by the REST interface."""

import shutil
import time
from pathlib import Path
from typing import Any

import httpx

from avatar.photo import models
from tests.e2e.parley import Parley

MADE_WITHIN_S = 500.0
ASKED_EVERY_S = 0.5


def give_face_tools(parley: Parley, kept: Path) -> None:
    """Let the server find faces in photos: by models of an earlier run, or fetched now."""
    source = next((each for each in (models.default_folder(), kept) if complete(each)), None)
    if source is None:
        models.fetch(kept)
        source = kept
    shutil.copytree(source, parley.data_dir / "models" / "face", dirs_exist_ok=True)


def complete(folder: Path) -> bool:
    return all((folder / name).is_file() for name in models.FILES)


def generate(parley: Parley, **wish: Any) -> str:
    """Ask for an agent; its code."""
    code: str = parley.call("POST", "/v1/agent/generate", json=wish)["agent_id"]
    return code


def settled(parley: Parley, code: str) -> dict[str, Any]:
    """What its status says as soon as it is ready or has failed."""
    deadline_s = time.monotonic() + MADE_WITHIN_S
    while True:
        told: dict[str, Any] = parley.call("GET", f"/v1/agent/status/{code}")["data"]
        if told["status"] in ("ready", "failed"):
            return told
        assert time.monotonic() < deadline_s, told
        time.sleep(ASKED_EVERY_S)


def fetched(url: str) -> bytes:
    """What anybody gets at this address."""
    answer = httpx.get(url, timeout=30.0)
    answer.raise_for_status()
    return answer.content
