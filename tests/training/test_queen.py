"""The archive of the game with actors: whose words belong to which sound."""

import io
import struct
from pathlib import Path

import av
import numpy as np

from training import people, queen
from training.phones import face_phones, from_arpabet
from training.sound import RATE_HZ, Pcm16
from voice.offline.flite import Flite

HEAD = b"AmBk" + bytes(8) + b"Datas   "


def archive(folder: Path, files: dict[str, bytes]) -> Path:
    """Lay files out as the game has them."""
    entries, contents = b"", b""
    start = 15 + 21 * len(files)
    for name, content in files.items():
        place = struct.pack(">12sBII", name.encode(), 1, start + len(contents), len(content))
        entries, contents = entries + place, contents + content
    path = folder / queen.ARCHIVE
    path.parent.mkdir(parents=True)
    path.write_bytes(b"QTBLCEM10\0\0\0\1" + struct.pack(">H", len(files)) + entries + contents)
    return path


def dialogue(number: int, hero: dict[int, str], answers: dict[int, str]) -> bytes:
    said, heard = _lines(hero), _lines(answers)
    begin = 28 + len(said)
    return HEAD + struct.pack(">4xh16xH4x", number, begin) + said + heard


def scene(lines: list[str]) -> bytes:
    said = b""
    for line in lines:
        said += bytes((len(line),)) + line.encode()
        if line and len(said) % 2:
            said += b"\0"
    return HEAD + struct.pack(">8xH4x", 14) + said


def _lines(lines: dict[int, str]) -> bytes:
    said = b""
    for number, text in lines.items():
        said += struct.pack(">HB", number, len(text)) + text.encode()
        said += bytes(len(said) % 2) + bytes(4)
    return said


def mp3(pcm: Pcm16) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp3") as file:
        stream = file.add_stream("libmp3lame", rate=RATE_HZ, layout="mono")
        frame = av.AudioFrame.from_ndarray(pcm[None], "s16p", "mono")
        frame.sample_rate = RATE_HZ
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            file.mux(packet)
    return out.getvalue()


def test_each_part_of_a_line_that_is_spoken_goes_with_its_words(tmp_path: Path) -> None:
    talk = dialogue(2, {6: "At least I look well.*15"}, {30: "*02You do.*02And how!*05", 6: "No."})
    cut = scene(["", "*FL", "*FRHello there.*01How are you?*02", "", "Fine."])
    sounds = ["020006J1", "02001EP2", "02001EP3", "C7___022", "C7___023", "C7___041", "C7___051"]
    files = {f"{name}.SB": name.encode() for name in sounds}
    path = archive(tmp_path, {"AND1.DOG": talk, "C7.CUT": cut, "ODD.CUT": b"AmBk", **files})
    found = {sound.getvalue().decode(): text for sound, text in queen.speak(path)}
    assert found == {
        "020006J1": "At least I look well.",
        "02001EP2": "You do.",
        "02001EP3": "And how!",
        "C7___022": "Hello there.",
        "C7___023": "How are you?",
        "C7___041": "Fine.",
    }


def test_lips_close_where_an_actor_closes_them(tmp_path: Path) -> None:
    text = "Maybe Bob found my purple book in a big empty lobby."
    made = Flite().synthesise(text, "slt")
    files = {"BOB1.DOG": dialogue(6, {1: text}, {}), "060001J1.SB": mp3(made.pcm)}
    archive(tmp_path, files)
    (one,) = people.speak(people.ACTORS, tmp_path)
    wanted_s = [
        start_s for name, start_s, _ in from_arpabet(face_phones(made.phones)) if name == "p"
    ]
    found_s = [start_s for name, start_s, _ in one.items if name == "p"]
    assert len(found_s) == len(wanted_s)
    assert np.median(np.abs(np.subtract(found_s, wanted_s))) < 0.05


def test_without_the_game_nobody_speaks(tmp_path: Path) -> None:
    assert list(people.speak(people.ACTORS, tmp_path)) == []
