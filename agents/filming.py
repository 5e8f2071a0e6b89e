"""Films an avatar that speaks its greeting, in a process of its own (see confined/); no Django."""

import asyncio
import re
import wave
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import avatar
from avatar import AvatarError
from avatar.render import read_sound, speak
from voice.errors import VoiceError
from voice.offline.equipment import Equipment
from voice.offline.flite import Manner
from voice.speech import Voice

REFUSALS = (AvatarError,)
PAUSE_S = 0.25
SYNTHESIS_TIMEOUT_S = 20.0

Pcm16 = NDArray[np.int16]
"""samples: int16, shape (n,), mono."""
Report = Callable[[float, str], None]


def work(request: dict[str, Any], report: Report) -> dict[str, Any]:
    """Write the film `out`, an .mp4 of `seconds`, of the face `bundle` that speaks `text`.

    `voice`, `pitch`, `tempo` and `language` choose the offline voice. Where this machine has none,
    or none for that text, the film is silent. Returns `frames` and `spoken_s`.

    Raises:
        AvatarError: the face cannot be loaded, or the film not be written.
    """
    out = Path(request["out"])
    bundle = avatar.load(Path(request["bundle"]))
    report(0.05, "finding its voice")
    sound = asyncio.run(_spoken(request, out.with_suffix(".wav")))
    report(0.2, "filming")
    frames = speak(bundle, sound, out, seed=request["seed"], seconds=request["seconds"])
    report(1.0, "filmed")
    return {"frames": frames, "spoken_s": len(sound) / 24_000}


async def _spoken(request: dict[str, Any], path: Path) -> Pcm16:
    """The sentences that fit, at 24 kHz."""
    with ThreadPoolExecutor(1) as executor:
        equipment = Equipment(executor, SYNTHESIS_TIMEOUT_S)
        await equipment.find_voice()
        manner = Manner(request["pitch"], request["tempo"])
        voice = equipment.voice(request["voice"], request["language"], manner)
        if voice is None:
            return np.zeros(0, np.int16)
        try:
            pcm, rate = await _said(voice, request["text"], request["seconds"])
        except VoiceError:
            return np.zeros(0, np.int16)
    if not len(pcm):
        return pcm
    _write(path, pcm, rate)
    return read_sound(path)


async def _said(voice: Voice, text: str, seconds: float) -> tuple[Pcm16, int]:
    """Whole sentences as long as there is time for them; the first in any case."""
    said: list[Pcm16] = []
    rate, length_s = 16_000, 0.0
    for sentence in re.findall(r"[^.!?]+[.!?]*", text):
        pieces = [chunk async for chunk in voice.speak(sentence.strip(), opens_reply=not said)]
        lasts_s = sum(piece.seconds for piece in pieces)
        if not pieces or (said and length_s + lasts_s > seconds):
            continue
        rate = pieces[0].sample_rate
        said += [piece.pcm for piece in pieces]
        said.append(np.zeros(int(PAUSE_S * rate), np.int16))
        length_s += lasts_s + PAUSE_S
    return (np.concatenate(said) if said else np.zeros(0, np.int16)), rate


def _write(path: Path, pcm: Pcm16, rate: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm.tobytes())
