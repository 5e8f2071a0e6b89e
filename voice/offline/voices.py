"""A visit's offline voice: flite through its library, else the espeak-ng program."""

import asyncio
import io
import shutil
import wave
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Executor
from typing import TypeVar

import numpy as np

from voice.errors import SynthesisError
from voice.offline.flite import PLAIN, Flite, Manner, Utterance
from voice.ports import Pcm16, Phone
from voice.speech import Chunk
from voice.text import pronounceable

CHUNK_S = 0.1
_WAVE_HEADER_BYTES = 44
_KEPT_LEAD_S = 0.02
ESPEAK = "espeak-ng"
_T = TypeVar("_T")


class FliteVoice:
    """Speaks with flite in an executor of the process."""

    provider = "offline"

    def __init__(
        self, flite: Flite, voice: str, executor: Executor, manner: Manner = PLAIN
    ) -> None:
        self._flite = flite
        self._manner = manner
        self._voice = voice if voice in flite.voices else flite.voices[0]
        self._executor = executor

    async def speak(self, sentence: str, *, opens_reply: bool) -> AsyncIterator[Chunk]:
        """Synthesise a sentence; the silence that flite puts before the first one is cut."""
        words = [pronounceable(word) for word in sentence.split()]
        text = " ".join(word for word in words if word)
        if not text:
            return
        loop = asyncio.get_running_loop()
        utterance = await _twice(
            lambda: loop.run_in_executor(
                self._executor, self._flite.synthesise, text, self._voice, self._manner
            )
        )
        for chunk in _chunks(utterance, words, skip_s=_lead_s(utterance) if opens_reply else 0.0):
            yield chunk

    async def aclose(self) -> None:
        """Nothing is held: the library and the executor are the process's."""


class EspeakVoice:
    """Speaks with the espeak-ng program, one process a sentence; no phone or word times."""

    provider = "offline"

    def __init__(self, program: str, language: str, timeout_s: float) -> None:
        self._command = (program, "--stdin", "--stdout", "-v", language or "en")
        self._timeout_s = timeout_s

    async def speak(self, sentence: str, *, opens_reply: bool) -> AsyncIterator[Chunk]:
        """Synthesise a sentence."""
        pcm, rate = await _twice(lambda: self._synthesise(sentence))
        step = round(CHUNK_S * rate)
        for start in range(0, pcm.shape[0], step):
            yield Chunk(pcm[start : start + step], rate)

    async def aclose(self) -> None:
        """Nothing is held."""

    async def _synthesise(self, sentence: str) -> tuple[Pcm16, int]:
        return _read_wave(await self._run(sentence))

    async def _run(self, sentence: str) -> bytes:
        pipe = asyncio.subprocess.PIPE
        try:
            program = await asyncio.create_subprocess_exec(
                *self._command, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
            )
        except OSError as error:
            raise SynthesisError("espeak-ng does not start") from error
        try:
            async with asyncio.timeout(self._timeout_s):
                out, _ = await program.communicate(sentence.encode())
        except TimeoutError as error:
            raise SynthesisError("espeak-ng took too long") from error
        finally:
            if program.returncode is None:
                program.kill()
                await program.wait()
        return out


async def _twice(synthesise: Callable[[], Awaitable[_T]]) -> _T:
    """Try again once: a failure that is told silences the avatar for a while."""
    try:
        return await synthesise()
    except SynthesisError:
        return await synthesise()


def find_espeak() -> str | None:
    """Return the path of the espeak-ng program, or None."""
    return shutil.which(ESPEAK)


def _read_wave(data: bytes) -> tuple[Pcm16, int]:
    """Read espeak's stream, whose header carries no true length."""
    try:
        with wave.open(io.BytesIO(data)) as reader:
            rate = reader.getframerate()
    except (wave.Error, EOFError) as error:
        raise SynthesisError("espeak-ng gave no sound") from error
    return np.frombuffer(data[_WAVE_HEADER_BYTES : len(data) & ~1], np.int16), rate


def _lead_s(utterance: Utterance) -> float:
    first = utterance.phones[0] if utterance.phones else None
    if first is None or first.name != "pau":
        return 0.0
    return max(0.0, first.end_s - _KEPT_LEAD_S)


def _chunks(utterance: Utterance, words: list[str], *, skip_s: float) -> Iterator[Chunk]:
    """Cut an utterance into pieces with their own phones, leaving out its first `skip_s`."""
    rate = utterance.sample_rate
    skipped = round(skip_s * rate)
    pcm = utterance.pcm[skipped:]
    skip_s = skipped / rate
    phones = [
        Phone(p.name, max(0.0, p.start_s - skip_s), p.end_s - skip_s)
        for p in utterance.phones
        if p.end_s > skip_s
    ]
    ends = _word_ends(utterance.token_ends_s, words, skip_s)
    step = round(CHUNK_S * rate)
    for start in range(0, pcm.shape[0], step):
        from_s, to_s = start / rate, (start + step) / rate
        own = tuple(
            Phone(p.name, p.start_s - from_s, p.end_s - from_s)
            for p in phones
            if from_s <= p.start_s < to_s
        )
        yield Chunk(pcm[start : start + step], rate, own, ends if start == 0 else ())


def _word_ends(tokens_s: tuple[float, ...], words: list[str], skip_s: float) -> tuple[float, ...]:
    """Give every written word its end, those that flite was not told of with the one before.

    Empty when flite cut the words differently than we did.
    """
    said = [len(word.split()) for word in words]
    if sum(said) != len(tokens_s):
        return ()
    ends: list[float] = []
    token, last_s = 0, 0.0
    for count in said:
        for end_s in tokens_s[token : token + count]:
            last_s = max(last_s, end_s - skip_s)
        token += count
        ends.append(last_s)
    return tuple(ends)
