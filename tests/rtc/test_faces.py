"""A visitor sees the face that the operator built for the agent."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from pytest_django import Settings

from agents.models import Agent
from avatar import CHARACTERS, DEFAULT
from files import services as files
from files.models import Category
from rtc.registry import Registry
from tests.avatar.files import as_file, npy
from tests.rtc.callers import Caller

pytestmark = pytest.mark.django_db(transaction=True)

DARK = 60


async def corner(registry: Registry, agent: Agent) -> float:
    """The mean brightness of a corner of the first pictures that a visitor gets."""
    caller = await (await Caller(registry, agent).knock()).call()
    async with asyncio.timeout(10):
        while len(caller.visitor.received.video) < 3:
            await asyncio.sleep(0.02)
    _, _, picture = caller.visitor.received.video[-1]
    await caller.leave()
    return float(picture[:40, :40].mean())


def dark_face(path: Path) -> Path:
    with np.load(CHARACTERS / DEFAULT / "planes.npz") as planes:
        base = planes["base"].copy()
    base[:512] = np.maximum(16, base[:512].astype(np.int16) - DARK)
    return as_file(CHARACTERS / DEFAULT, path, base=npy(base))


async def test_a_built_face_is_shown_beside_the_default_one(
    registry: Registry, agent: Agent, settings: Settings, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path
    (tmp_path / "avatars").mkdir()
    await asyncio.to_thread(dark_face, tmp_path / "avatars" / "ruby.avatar")
    bright = await corner(registry, agent)
    await Agent.objects.aupdate(avatar="ruby")
    assert await corner(registry, agent) < bright - DARK / 2


async def test_the_face_that_was_made_for_it_is_shown(
    registry: Registry, agent: Agent, settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT, settings.DATA_DIR = tmp_path / "media", tmp_path
    path = await asyncio.to_thread(dark_face, tmp_path / "made.avatar")
    file = await asyncio.to_thread(files.keep, agent.account, path, category=Category.MODELS)
    bright = await corner(registry, agent)
    await Agent.objects.aupdate(face=file)
    assert await corner(registry, agent) < bright - DARK / 2
