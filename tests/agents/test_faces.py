"""The faces that ship, and those that the operator has built."""

from dataclasses import replace
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from pytest_django import Settings

from agents import faces
from agents.ready import READY
from agents.services import create_ready_agent
from avatar import CHARACTERS, DEFAULT, AvatarError
from tests.avatar.files import as_file
from tests.factories import make_account, make_agent
from voice.offline.flite import VOICES


@pytest.fixture
def own(settings: Settings, tmp_path: Path) -> Path:
    """The operator's folder with a face of its own in it."""
    settings.DATA_DIR = tmp_path
    (tmp_path / "avatars").mkdir()
    return as_file(CHARACTERS / DEFAULT, tmp_path / "avatars" / "ruby.avatar")


def test_without_a_name_it_is_the_default_one() -> None:
    assert faces.find("") == CHARACTERS / DEFAULT


def test_a_file_of_the_operator_is_offered_by_its_name(own: Path) -> None:
    assert faces.names() == sorted([*READY, "ruby"])
    assert faces.find("ruby") == own


@pytest.mark.parametrize("name", ["../avatars/ruby", "ruby.avatar", "/ruby", "rubi", "Ruby", "."])
def test_nothing_else_is_found(own: Path, name: str) -> None:
    with pytest.raises(AvatarError):
        faces.find(name)


def test_a_file_of_an_odd_name_is_not_offered(own: Path) -> None:
    own.rename(own.with_name("My Face.avatar"))
    assert faces.names() == sorted(READY)


@pytest.mark.django_db
def test_an_agent_takes_it_while_it_is_there(own: Path) -> None:
    agent = make_agent(make_account(), avatar="ruby")
    agent.full_clean()
    own.unlink()
    with pytest.raises(ValidationError, match=f"There are: {', '.join(sorted(READY))}"):
        agent.full_clean()


@pytest.mark.django_db
@pytest.mark.parametrize("name", READY)
def test_a_ready_agent_has_a_face_and_a_voice_of_its_own(name: str) -> None:
    agent = create_ready_agent(make_account(), name)
    assert faces.find(agent.avatar) == CHARACTERS / name
    assert agent.voice in VOICES
    assert agent.name in agent.greeting
    voices = [(other.voice, other.pitch, other.tempo) for other in READY.values()]
    assert len(set(voices)) == len(READY)


@pytest.mark.django_db
def test_a_ready_agent_s_pitch_reaches_the_offline_voice_alone(settings: Settings) -> None:
    fox = create_ready_agent(make_account(), "rusty")
    assert fox.providers == {"tts": {"options": {"pitch": 1.22, "tempo": 1.06}}}
    providers = replace(settings.PARLEY.providers, tts="openai")
    settings.PARLEY = replace(settings.PARLEY, providers=providers)
    assert create_ready_agent(make_account("bob"), "rusty").providers == {}
