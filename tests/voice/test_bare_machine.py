"""A machine without the offline voice or the recogniser: everything still works by text."""

import importlib.util
import logging
import shutil
from importlib.machinery import ModuleSpec

import pytest

from tests.voice.conftest import GUIDE, Visits
from voice.offline import flite as flite_library
from voice.runtime import Runtime
from voice.settings import VoiceSettings


@pytest.fixture
def settings() -> VoiceSettings:
    """The defaults."""
    return VoiceSettings()


@pytest.fixture
def runtime(settings: VoiceSettings, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """The engine where nothing is installed."""
    find_spec = importlib.util.find_spec

    def find(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == "pocketsphinx" else find_spec(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", find)
    monkeypatch.setattr(flite_library, "LIBRARY", "libflite-that-is-not-there.so")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    return Runtime(settings)


async def test_answers_are_written_and_it_says_why(
    caplog: pytest.LogCaptureFixture, visits: Visits
) -> None:
    assert not visits.runtime.hears(GUIDE)
    assert not visits.runtime.speaks(GUIDE)
    warnings = [r.getMessage() for r in caplog.get_records("setup") if r.levelno >= logging.WARNING]
    assert any("no offline voice" in line for line in warnings)
    assert any("typed input only" in line for line in warnings)

    visitor = await visits.begin()
    await visitor.conversation.greet()
    await visitor.told.until(lambda told: told.captions("assistant"))
    await visitor.conversation.say("An announcement.")
    await visitor.told.until(lambda told: len(told.captions("assistant")) == 2)
    await visitor.conversation.send_text("How much is a ticket?")
    await visitor.told.until(lambda told: len(told.captions("assistant")) == 3)

    assert "12 euros" in visitor.told.captions("assistant")[2].text
    assert not visitor.call.loudspeaker.first_push_at
