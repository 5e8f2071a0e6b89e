"""Pictures and speech of the avatar, drawn beforehand, for the bare sender to send."""

from pathlib import Path

import numpy as np

import avatar
from benchmarks import speech
from voice.offline.flite import Flite

SECONDS = 10
_SENTENCE = "Parley listens, thinks, and answers with a voice and a moving face, in real time."
_START_S = 2.0


def draw(folder: Path) -> tuple[Path, Path]:
    """Write ten seconds of the default avatar, about half of them speaking.

    Returns:
        An npy file of pictures (uint8, I420, shape (n, height*3//2, width)) and a WAV file of
        what they say (48 kHz, mono).
    """
    flite = Flite()
    said = flite.synthesise(_SENTENCE, flite.voices[0])
    length_s = said.pcm.size / said.sample_rate
    phones = [avatar.Phone(phone.name, phone.start_s, phone.end_s) for phone in said.phones]
    player = avatar.load(avatar.DEFAULT).player(1)
    player.push(said.pcm, said.sample_rate, text=_SENTENCE, phones=phones)
    pictures = []
    for index in range(SECONDS * player.fps):
        now_s = index / player.fps
        heard_s = now_s - _START_S
        speaking = 0 <= heard_s < length_s
        player.set_mood("speaking" if speaking else "listening")
        pictures.append(player.frame(now_s, heard_s if speaking else None).copy())
    np.save(folder / "pictures.npy", np.stack(pictures))
    pcm = speech.at_48_khz(said.pcm, said.sample_rate)
    lead = round(_START_S * speech.HZ)
    whole = np.pad(pcm, (lead, max(0, SECONDS * speech.HZ - lead - pcm.size)))
    speech.write(folder / "avatar.wav", whole)
    return folder / "pictures.npy", folder / "avatar.wav"
