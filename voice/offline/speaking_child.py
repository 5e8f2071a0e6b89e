"""The speech service's own process: orders in on stdin, sound out on stdout.

Run by `voice.offline.speakers`. Making speech computes for long stretches, and threads that do so
take the interpreter's lock from those that show and sound the visits.

Protocol: each order is a line of JSON with text, voice, language, speed and encoding. It is
answered by frames: one byte for what follows (DATA, END, NOT_SPEAKABLE, FAILED), its length as a
little-endian 32-bit number, and so many bytes: of the file in its encoding, or of a message. End
of input ends the process.
"""

import asyncio
import json
import os
import struct
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO

from voice.errors import NotSpeakable, SynthesisError
from voice.offline.equipment import Equipment
from voice.spoken import Line, pieces

HEAD = struct.Struct("<BI")
DATA, END, NOT_SPEAKABLE, FAILED = range(4)
SENTENCE_WITHIN_S = 60.0
_NICE = 19
AT_ONCE_S, PACE = 15.0, 20.0
"""What comes as fast as it can; beyond that, so many seconds of speech are made in one: a long text
takes a fifth of a core, and leaves the rest to visits."""


async def serve(orders: BinaryIO, answers: BinaryIO) -> None:
    """Answer orders, one after the other, until they end; nothing else runs on this loop."""
    with ThreadPoolExecutor(1) as executor:
        equipment = Equipment(executor, SENTENCE_WITHIN_S)
        await equipment.find_voice()
        while order := orders.readline():
            kind, message = await _answered(json.loads(order), equipment, answers)
            _say(answers, kind, message.encode())


async def _answered(
    order: dict[str, Any], equipment: Equipment, answers: BinaryIO
) -> tuple[int, str]:
    """Send what the order sounds like; how it ended."""
    voice = equipment.voice(order["voice"], order["language"])
    if voice is None:
        return FAILED, "there is no voice any more"
    line = Line(order["speed"], order["encoding"])
    began_s, made_s = time.monotonic(), 0.0
    try:
        async for pcm, rate in pieces(order["text"], voice, SENTENCE_WITHIN_S):
            _say(answers, DATA, line.push(pcm, rate))
            made_s += pcm.size / rate
            await asyncio.sleep((made_s - AT_ONCE_S) / PACE - (time.monotonic() - began_s))
    except NotSpeakable as error:
        return NOT_SPEAKABLE, str(error)
    except (SynthesisError, TimeoutError) as error:
        return FAILED, str(error) or "it took too long"
    _say(answers, DATA, line.flush())
    return END, ""


def _say(answers: BinaryIO, kind: int, data: bytes) -> None:
    if data or kind != DATA:
        answers.write(HEAD.pack(kind, len(data)) + data)
        answers.flush()


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(_NICE)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not get among the frames
    asyncio.run(serve(sys.stdin.buffer, out))
