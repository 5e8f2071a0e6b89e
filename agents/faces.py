"""The faces that agents may have: those that ship, and those that the operator has put beside them.

An operator's face is a file `avatars/NAME.avatar` in the data folder. Its name is all that an agent
holds: as a path it would lead to other people's files.
"""

import re
from pathlib import Path

from django.conf import settings

from avatar import CHARACTERS, DEFAULT, SUFFIX, AvatarError

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def find(name: str) -> Path:
    """Where the face of that name lies; "" is the default one. Those that ship come first.

    Raises:
        avatar.AvatarError: there is none.
    """
    name = name or DEFAULT
    if NAME.fullmatch(name):
        for place in (CHARACTERS / name, _own() / f"{name}{SUFFIX}"):
            if place.exists():
                return place
    raise AvatarError(f"no face is called {name!r}")


def names() -> list[str]:
    """Every name that `find` finds, sorted."""
    shipped = {found.name for found in CHARACTERS.iterdir() if found.is_dir()}
    own = {found.stem for found in _own().glob(f"*{SUFFIX}")}
    return sorted(name for name in shipped | own if NAME.fullmatch(name))


def _own() -> Path:
    folder: Path = settings.DATA_DIR / "avatars"
    return folder
