"""What the documentation shows of a face: a contact sheet, and a short film of it."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from avatar.bundle import Bundle
from avatar.errors import AvatarError
from avatar.port import Mood, Pcm16, Phone
from avatar.sheet import Bgr, bgr, contact_sheet

FILM_S = 6.0
FILM_STEP = 2
FILM_SIDE_PX = 256
FILM_QUALITY = 54
SHEET_QUALITY = 82
RATE_HZ = 16_000
# "Hello! How nice to meet you. What can I do for you today?"
WORDS = (
    ("hh", 60), ("ax", 70), ("l", 80), ("ow", 190), ("pau", 170), ("hh", 60), ("aw", 150),
    ("n", 70), ("ay", 190), ("s", 90), ("t", 60), ("ax", 60), ("m", 80), ("iy", 120), ("t", 60),
    ("y", 60), ("uw", 200), ("pau", 240), ("w", 70), ("ah", 90), ("t", 50), ("k", 70), ("ae", 90),
    ("n", 60), ("ay", 120), ("d", 60), ("uw", 110), ("f", 90), ("er", 90), ("y", 50), ("uw", 110),
    ("t", 60), ("ax", 60), ("d", 60), ("ey", 220),
)  # fmt: skip
SPEAK_FROM_S = 0.5
GESTURES = ((0.2, "wave"), (3.9, "kiss"))


def write_pages(bundle: Bundle, folder: Path) -> list[Path]:
    """Write ``NAME.jpg`` and ``NAME.webp`` into the folder; the same bytes for the same bundle."""
    sheet, film = folder / f"{bundle.name}.jpg", folder / f"{bundle.name}.webp"
    done, data = cv2.imencode(
        ".jpg", contact_sheet(bundle), [cv2.IMWRITE_JPEG_QUALITY, SHEET_QUALITY]
    )
    if not done:
        raise AvatarError("the contact sheet could not be encoded")
    folder.mkdir(parents=True, exist_ok=True)
    sheet.write_bytes(data.tobytes())
    film.write_bytes(_film(bundle))
    return [sheet, film]


def _film(bundle: Bundle) -> bytes:
    animation = cv2.Animation()
    animation.frames = list(_pictures(bundle))
    animation.durations = [round(FILM_STEP * 1000 / bundle.fps)] * len(animation.frames)
    done, data = cv2.imencodeanimation(".webp", animation, [cv2.IMWRITE_WEBP_QUALITY, FILM_QUALITY])
    if not done:
        raise AvatarError("the film could not be encoded")
    return bytes(data.tobytes())


def _pictures(bundle: Bundle) -> Iterator[Bgr]:
    """A greeting, some words, a kiss, and rest."""
    player = bundle.player(3)
    sound, phones = speech()
    player.push(sound, RATE_HZ, phones=phones)
    ends_s = SPEAK_FROM_S + len(sound) / RATE_HZ
    size = (round(FILM_SIDE_PX * bundle.width / bundle.height), FILM_SIDE_PX)
    gestures = list(GESTURES)
    for index in range(round(FILM_S * bundle.fps)):
        at_s = index / bundle.fps
        speaking = SPEAK_FROM_S <= at_s < ends_s
        mood: Mood = "speaking" if speaking else "idle"
        player.set_mood(mood)
        if gestures and at_s >= gestures[0][0]:
            player.gesture(gestures.pop(0)[1])
        frame = player.frame(at_s, at_s - SPEAK_FROM_S if speaking else None)
        if index % FILM_STEP == 0:
            yield cv2.resize(bgr(frame), size, interpolation=cv2.INTER_AREA).astype(np.uint8)


def speech() -> tuple[Pcm16, list[Phone]]:
    """A hum for the loudness, silent in the pauses, and the phones that move the mouth over it."""
    phones, pieces, at_ms = [], [], 0
    for name, long_ms in WORDS:
        phones.append(Phone(name, at_ms / 1000, (at_ms + long_ms) / 1000))
        time_s = np.arange(long_ms * RATE_HZ // 1000) / RATE_HZ
        hum = sum(np.sin(2 * np.pi * 125 * k * time_s) / k for k in range(1, 20))
        pieces.append(np.asarray(hum * (0 if name == "pau" else 4500), np.int16))
        at_ms += long_ms
    return np.concatenate(pieces), phones
