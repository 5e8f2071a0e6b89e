"""Recordings of people: which words are found in them, and where."""

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import av
import numpy as np
import pytest

from training import espeak, people
from training.phones import Item, face_phones, from_arpabet
from training.sound import RATE_HZ, Pcm16
from voice.offline.flite import Flite

PURPLE = "Maybe Bob found my purple book in a big empty lobby."
ITALIAN = "Il mio amico porta una bella bottiglia di vino al bambino."


def packaged(folder: Path, voice: str, said: dict[str, tuple[str, Pcm16]]) -> None:
    """Lay prompts out as the packages have them."""
    language = people.READERS[voice]
    listed = folder / f"doc/asterisk-core-sounds-{language}/core-sounds-{language}.txt.gz"
    listed.parent.mkdir(parents=True)
    lines = ["; Core Asterisk Sounds", *(f"{name}: {text}" for name, (text, _) in said.items())]
    listed.write_bytes(gzip.compress("\n".join(lines).encode()))
    for name, (_, pcm) in said.items():
        path = folder / f"asterisk/sounds/{voice}/{name}.g722"
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, pcm, "g722")


def write(path: Path, pcm: Pcm16, codec: Literal["g722", "libopus"]) -> None:
    with av.open(str(path), "w", format=path.suffix[1:]) as file:
        stream = file.add_stream(codec, rate=RATE_HZ, layout="mono")
        frame = av.AudioFrame.from_ndarray(pcm[None], "s16", "mono")
        frame.sample_rate = RATE_HZ
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            file.mux(packet)


def closures_s(items: Sequence[Item]) -> list[float]:
    return [start_s for name, start_s, _ in items if name == "p"]


@pytest.fixture
def purple() -> tuple[Pcm16, list[float]]:
    made = Flite().synthesise(PURPLE, "slt")
    return made.pcm, closures_s(from_arpabet(face_phones(made.phones)))


def test_lips_close_where_an_english_prompt_closes_them(
    tmp_path: Path, purple: tuple[Pcm16, list[float]]
) -> None:
    pcm, wanted_s = purple
    said = {"purple": (PURPLE, pcm), "beep": ("[this is a simple beep tone]", pcm[:8000])}
    packaged(tmp_path, "en_US_f_Allison", said)
    (one,) = people.speak("en_US_f_Allison", tmp_path)
    assert abs(one.seconds - len(pcm) / RATE_HZ) < 0.01
    assert closures_s(one.items) == pytest.approx(wanted_s, abs=0.05)


def test_lips_close_where_a_prompt_of_another_language_closes_them(tmp_path: Path) -> None:
    with espeak.running() as engine:
        made = engine.speak(ITALIAN, espeak.Manner("it", 140, 50, 50))
    assert made is not None
    packaged(tmp_path, "it_IT_m_Carlo", {"friend": (ITALIAN, made.pcm)})
    (one,) = people.speak("it_IT_m_Carlo", tmp_path)
    wanted_s = closures_s(made.items)
    assert len(closures_s(one.items)) == len(wanted_s)
    assert np.median(np.abs(np.subtract(closures_s(one.items), wanted_s))) < 0.03


def test_a_prompt_that_says_something_else_is_left_out(
    tmp_path: Path, purple: tuple[Pcm16, list[float]]
) -> None:
    pcm, _ = purple
    other = "Yes."
    packaged(tmp_path, "en_US_f_Allison", {"yes": (other, pcm)})
    assert list(people.speak("en_US_f_Allison", tmp_path)) == []


def test_descriptions_of_stamps_are_heard_with_their_words(tmp_path: Path) -> None:
    with espeak.running() as engine:
        made = engine.speak("Una mariposa muy bonita.", espeak.Manner("es", 130, 50, 50))
    assert made is not None
    folder = tmp_path / people.STAMPS / "animals"
    folder.mkdir(parents=True)
    texts = "A moth.\nfr.utf8=Un papillon.\nes.utf8=Una mariposa muy bonita.\n"
    (folder / "moth.txt").write_text(texts)
    write(folder / "moth_desc_es.ogg", made.pcm, "libopus")
    (one,) = people.speak("es", tmp_path)
    assert len(closures_s(one.items)) == len(closures_s(made.items)) == 4
    assert list(people.speak("ru", tmp_path)) == []
