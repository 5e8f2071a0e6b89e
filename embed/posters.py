"""The still picture of an agent's face."""

import hashlib
from dataclasses import dataclass

from django.core.cache import caches

import avatar
from agents.own_faces import Face, located

KEPT_S = 600


@dataclass(frozen=True, slots=True)
class StillPicture:
    data: bytes
    media_type: str
    etag: str


def poster(face: Face) -> StillPicture:
    """The picture of a face.

    Raises:
        avatar.AvatarError: there is no such face, or it is damaged.
        OSError: its file cannot be read.
    """
    key = f"embed.poster.{hashlib.sha256(face.key.encode()).hexdigest()}"
    kept: StillPicture | None = caches["local"].get(key)
    if kept is not None:
        return kept
    found = avatar.load_poster(located(face))
    etag = f'"{hashlib.sha256(found.data).hexdigest()[:32]}"'
    picture = StillPicture(found.data, found.media_type, etag)
    caches["local"].set(key, picture, KEPT_S)
    return picture
