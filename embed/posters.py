"""The still picture of an agent's face."""

import hashlib
from dataclasses import dataclass

from django.core.cache import caches

import avatar
from agents import faces

KEPT_S = 600


@dataclass(frozen=True, slots=True)
class StillPicture:
    data: bytes
    media_type: str
    etag: str


def poster(face: str) -> StillPicture:
    """The picture of the face of this name; empty: of the default one.

    Raises:
        avatar.AvatarError: there is no such face, or it is damaged.
    """
    key = f"embed.poster.{hashlib.sha256(face.encode()).hexdigest()}"
    kept: StillPicture | None = caches["local"].get(key)
    if kept is not None:
        return kept
    found = avatar.load_poster(faces.find(face))
    etag = f'"{hashlib.sha256(found.data).hexdigest()[:32]}"'
    picture = StillPicture(found.data, found.media_type, etag)
    caches["local"].set(key, picture, KEPT_S)
    return picture
