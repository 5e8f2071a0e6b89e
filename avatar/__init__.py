"""The avatar's face: from pushed speech to pictures, one frame at a time."""

from avatar.archive import SUFFIX
from avatar.bundle import CHARACTERS, DEFAULT, Bundle, Poster, load, load_poster
from avatar.errors import AvatarError
from avatar.gestures import GESTURES
from avatar.network import Network, load_network
from avatar.port import Frame, Mood, Pcm16, Phone, Player, SpokenSeconds

__all__ = [
    "CHARACTERS",
    "DEFAULT",
    "GESTURES",
    "SUFFIX",
    "AvatarError",
    "Bundle",
    "Frame",
    "Mood",
    "Network",
    "Pcm16",
    "Phone",
    "Player",
    "Poster",
    "SpokenSeconds",
    "load",
    "load_network",
    "load_poster",
]
