"""The avatar's face: from pushed speech to pictures, one frame at a time."""

from avatar.bundle import CHARACTERS, DEFAULT, Bundle, Poster, load
from avatar.errors import AvatarError
from avatar.port import Frame, Mood, Pcm16, Phone, Player

__all__ = [
    "CHARACTERS",
    "DEFAULT",
    "AvatarError",
    "Bundle",
    "Frame",
    "Mood",
    "Pcm16",
    "Phone",
    "Player",
    "Poster",
    "load",
]
