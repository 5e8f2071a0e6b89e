"""The still picture of an agent's face."""

import hashlib
from dataclasses import dataclass

from django.core.cache import caches

import avatar

KEPT_S = 600


@dataclass(frozen=True, slots=True)
class StillPicture:
    data: bytes
    media_type: str
    etag: str


def poster(character: str) -> StillPicture:
    """The picture of the character of this name; empty: of the default one.

    Raises:
        avatar.AvatarError: there is no such character, or it is damaged.
    """
    name = character or avatar.DEFAULT
    key = f"embed.poster.{hashlib.sha256(name.encode()).hexdigest()}"
    kept: StillPicture | None = caches["local"].get(key)
    if kept is not None:
        return kept
    found = avatar.load_poster(name)
    etag = f'"{hashlib.sha256(found.data).hexdigest()[:32]}"'
    picture = StillPicture(found.data, found.media_type, etag)
    caches["local"].set(key, picture, KEPT_S)
    return picture
