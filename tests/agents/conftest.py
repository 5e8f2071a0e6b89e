"""Agents that are being made, with their files and builds in a folder of each test."""

import base64
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from agents import services
from agents.models import Agent
from agents.services import Wish
from avatar import CHARACTERS, DEFAULT
from tokens.models import Account

PICTURE = CHARACTERS / DEFAULT / "poster.webp"
EYES = [(0.41, 0.415, 0.055, 0.035), (0.6, 0.415, 0.055, 0.035)]
MOUTH = (0.42, 0.55, 0.6, 0.62)
"""Where they lie in PICTURE."""


@pytest.fixture
def places(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.DATA_DIR = tmp_path
    return tmp_path


def data_url(path: Path, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(path.read_bytes()).decode()}"


def begin(account: Account, **wish: Any) -> Agent:
    """An agent that waits to be made of PICTURE, with its face marked."""
    picture = data_url(PICTURE, "image/webp")
    wish = {"image": picture, "shape": "1:1", "film_s": 2.0, **wish}
    agent = services.generate(account, Wish(**wish))
    if agent.generation.image is not None:
        marks = {"eyes": [list(eye) for eye in EYES], "mouth": list(MOUTH)}
        type(agent.generation).objects.filter(agent=agent).update(marks=marks)
    return Agent.objects.get(pk=agent.pk)
