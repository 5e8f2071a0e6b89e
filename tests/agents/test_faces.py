"""The faces that ship, and those that the operator has built."""

from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from pytest_django import Settings

from agents import faces
from avatar import CHARACTERS, DEFAULT, AvatarError
from tests.avatar.files import as_file
from tests.factories import make_account, make_agent


@pytest.fixture
def own(settings: Settings, tmp_path: Path) -> Path:
    """The operator's folder with a face of its own in it."""
    settings.DATA_DIR = tmp_path
    (tmp_path / "avatars").mkdir()
    return as_file(CHARACTERS / DEFAULT, tmp_path / "avatars" / "ruby.avatar")


def test_without_a_name_it_is_the_default_one() -> None:
    assert faces.find("") == CHARACTERS / DEFAULT


def test_a_file_of_the_operator_is_offered_by_its_name(own: Path) -> None:
    assert faces.names() == ["mira", "ruby"]
    assert faces.find("ruby") == own


@pytest.mark.parametrize("name", ["../avatars/ruby", "ruby.avatar", "/ruby", "rubi", "Ruby", "."])
def test_nothing_else_is_found(own: Path, name: str) -> None:
    with pytest.raises(AvatarError):
        faces.find(name)


def test_a_file_of_an_odd_name_is_not_offered(own: Path) -> None:
    own.rename(own.with_name("My Face.avatar"))
    assert faces.names() == ["mira"]


@pytest.mark.django_db
def test_an_agent_takes_it_while_it_is_there(own: Path) -> None:
    agent = make_agent(make_account(), avatar="ruby")
    agent.full_clean()
    own.unlink()
    with pytest.raises(ValidationError, match="There are: mira"):
        agent.full_clean()
