"""Actors: what is said in Flight of the Amazon Queen, an adventure game that Debian carries.

One archive holds all of it. The words are in files of dialogues (``.DOG``) and of scenes
(``.CUT``). Where the actor moves, a star and two letters part a line; each part that is spoken is
an MP3 file (``.SB``) whose name tells the file of the words, the line and the part.
"""

import io
import re
import struct
from collections.abc import Iterator
from pathlib import Path

ARCHIVE = Path("scummvm/flight-of-the-amazon-queen/queen.1c")
# The archive: its head with the count of files; of each file name, something else, place and size.
_COUNT, _FILE = struct.Struct(">13xH"), struct.Struct(">12sxII")
# A dialogue: its number, and where the answers begin. A scene: where its lines begin. Both are
# counted from the end of the head.
_DIALOGUE, _SCENE = struct.Struct(">24xh16xH"), struct.Struct(">28xH")
_HEAD = 20
# A line of a dialogue: its number, how many letters it has, and the letters.
_LINE = struct.Struct(">HB")
SHORTEST_LINE = 4
_MOVEMENT, _WORD = re.compile(r"\*.."), re.compile(r"[a-z]")


def speak(archive: Path) -> Iterator[tuple[io.BytesIO, str]]:
    """MP3 files with their words; nothing where there is no archive."""
    if not archive.is_file():
        return
    files = _files(archive.read_bytes())
    for name, content in sorted(files.items()):
        stem, _, kind = name.partition(".")
        if kind == "DOG" and len(content) >= _DIALOGUE.size:
            said = _dialogue(content)
        elif kind == "CUT" and len(content) >= _SCENE.size:
            said = _scene(f"{stem:_<5}", content)
        else:
            continue
        for part, text in said:
            if part in files:
                yield io.BytesIO(files[part]), text


def _files(data: bytes) -> dict[str, bytes]:
    (count,) = _COUNT.unpack_from(data)
    found = {}
    for i in range(count):
        name, start, size = _FILE.unpack_from(data, _COUNT.size + i * _FILE.size)
        found[name.rstrip(b"\0").decode("ascii", "replace")] = data[start : start + size]
    return found


def _dialogue(data: bytes) -> Iterator[tuple[str, str]]:
    """The hero's lines (J), then those of who answers (P), with other things between them."""
    number, answers = _DIALOGUE.unpack_from(data)
    at = _HEAD
    while at + _LINE.size < len(data):
        line, length = _LINE.unpack_from(data, at)
        text = _text(data[at + _LINE.size :][:length])
        if length < SHORTEST_LINE or len(text) < length:
            at += 2
            continue
        who = "J" if at < _HEAD + answers else "P"
        yield from _parts(f"{number:02d}{line:04X}{who}", text)
        at = _even(at + _LINE.size + length)


def _scene(stem: str, data: bytes) -> Iterator[tuple[str, str]]:
    """Lines in order, each after its length; an empty one is a step in which nobody speaks."""
    at, line = _HEAD + _SCENE.unpack_from(data)[0], 0
    while at < len(data):
        length = data[at]
        yield from _parts(f"{stem}{line:02d}", _text(data[at + 1 : at + 1 + length]))
        at = _even(at + 1 + length) if length else at + 1
        line += 1


def _parts(name: str, line: str) -> Iterator[tuple[str, str]]:
    for i, text in enumerate(_MOVEMENT.split(line), 1):
        if _WORD.search(text):
            yield f"{name}{i:X}.SB", text


def _text(data: bytes) -> str:
    """Letters; nothing where these are none."""
    text = data.decode("ascii", "replace")
    return text if text.isascii() and text.isprintable() else ""


def _even(at: int) -> int:
    return at + at % 2
