"""The offline synthesiser and recogniser, real ones."""

import asyncio
import errno
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import psutil
import pytest

from voice.errors import RecogniserError, SynthesisError
from voice.offline.flite import PLAIN, Flite, Manner, Utterance
from voice.offline.recogniser import Recogniser
from voice.offline.voices import EspeakVoice, FliteVoice, find_espeak
from voice.ports import Pcm16
from voice.speech import Chunk


@pytest.fixture
async def voice(flite: Flite) -> AsyncIterator[FliteVoice]:
    """The default voice."""
    with ThreadPoolExecutor(1) as executor:
        yield FliteVoice(flite, "slt", executor)


async def said(voice: FliteVoice | EspeakVoice, text: str, *, opens: bool = False) -> list[Chunk]:
    """Collect a sentence's chunks."""
    return [chunk async for chunk in voice.speak(text, opens_reply=opens)]


async def test_phones_and_words_are_timed_to_the_audio(voice: FliteVoice) -> None:
    chunks = await said(voice, "We open at 9:30, Dr. Smith — ok?")
    total_s = sum(chunk.seconds for chunk in chunks)
    assert all(chunk.seconds <= 0.1001 for chunk in chunks)

    ends_s = chunks[0].word_ends_s
    assert len(ends_s) == 8
    assert list(ends_s) == sorted(ends_s)
    assert total_s - 0.6 < ends_s[-1] <= total_s

    at_s, phones = 0.0, []
    for chunk in chunks:
        phones += [(p.name, at_s + p.start_s, at_s + p.end_s) for p in chunk.phones]
        assert all(0 <= p.start_s < 0.1001 for p in chunk.phones)
        at_s += chunk.seconds
    assert [name for name, _, _ in phones][:3] == ["pau", "w", "iy"]
    assert all(
        before[2] == pytest.approx(after[1], abs=0.002) for before, after in pairwise(phones)
    )


async def test_the_first_sentence_starts_at_once(voice: FliteVoice) -> None:
    opening = await said(voice, "Hello there.", opens=True)
    loud = np.abs(np.concatenate([chunk.pcm for chunk in opening]).astype(int)) > 300
    assert np.argmax(loud) < 0.08 * 16_000


async def test_what_cannot_be_pronounced_gives_no_audio(voice: FliteVoice) -> None:
    assert await said(voice, "你好 😀") == []
    mixed = await said(voice, "Café 你好 déjà")
    assert len(mixed[0].word_ends_s) == 3


async def test_espeak_speaks_as_a_program_of_its_own() -> None:
    program = find_espeak()
    if program is None:
        pytest.skip("espeak-ng is not installed")
    chunks = await said(EspeakVoice(program, "en", 5.0), "--help; rm -rf and hello")
    pcm = np.concatenate([chunk.pcm for chunk in chunks])
    assert len(pcm) / chunks[0].sample_rate > 1
    assert np.abs(pcm).max() > 3000


class Faltering(Flite):
    """The real synthesiser, which fails at first."""

    failures = 0

    def synthesise(self, text: str, voice: str, manner: Manner = PLAIN) -> Utterance:
        """Fail, or speak."""
        if self.failures:
            self.failures -= 1
            raise SynthesisError("flite made no sound of a sentence")
        return super().synthesise(text, voice, manner)


async def test_flite_is_asked_again_once() -> None:
    faltering = Faltering()
    with ThreadPoolExecutor(1) as executor:
        voice = FliteVoice(faltering, "slt", executor)
        faltering.failures = 1
        assert await said(voice, "Hello.")
        faltering.failures = 2
        with pytest.raises(SynthesisError):
            await said(voice, "Hello.")


def espeak_that_fails(folder: Path, times: int) -> str:
    """A program that gives no sound so many times, then is the real one."""
    program = find_espeak()
    if program is None:
        pytest.skip("espeak-ng is not installed")
    (folder / "left").write_text("x" * times)
    script = folder / "espeak"
    script.write_text(
        "#!/bin/sh\n"
        f"cd {folder}\n"
        "left=$(cat left)\n"
        '[ -n "$left" ] || exec ' + program + ' "$@"\n'
        'printf %s "${left#x}" >left\n'
        "exit 1\n"
    )
    script.chmod(0o755)
    return str(script)


@pytest.mark.parametrize("times", [1, 2])
async def test_espeak_is_asked_again_once(tmp_path: Path, times: int) -> None:
    voice = EspeakVoice(espeak_that_fails(tmp_path, times), "en", 5.0)
    if times == 1:
        assert await said(voice, "Hello.")
    else:
        with pytest.raises(SynthesisError, match="no sound"):
            await said(voice, "Hello.")


async def test_an_espeak_that_is_gone_is_a_failure_like_others(tmp_path: Path) -> None:
    with pytest.raises(SynthesisError, match="does not start"):
        await said(EspeakVoice(str(tmp_path / "espeak-ng"), "en", 5.0), "Hello.")


@pytest.fixture
async def recogniser() -> AsyncIterator[Recogniser]:
    """One recogniser process."""
    recogniser = Recogniser(workers=1, timeout_s=20.0)
    await recogniser.start()
    yield recogniser
    await recogniser.aclose()


def recogniser_pid() -> int:
    (process,) = [p for p in psutil.Process().children() if "recogniser" in " ".join(p.cmdline())]
    return int(process.pid)


async def test_words_are_recognised_and_noise_is_not(recogniser: Recogniser, flite: Flite) -> None:
    question = (
        await asyncio.to_thread(flite.synthesise, "What are your opening hours?", "rms")
    ).pcm
    assert await recogniser.recognise(question) == "what are your opening hours"
    noise = np.random.default_rng(1).normal(0, 300, 12_000).astype(np.int16)
    assert await recogniser.recognise(noise) == ""


async def test_a_lost_process_is_replaced(recogniser: Recogniser, flite: Flite) -> None:
    psutil.Process(recogniser_pid()).kill()
    question = (await asyncio.to_thread(flite.synthesise, "How much is a ticket?", "rms")).pcm
    with pytest.raises(RecogniserError):
        await recogniser.recognise(question)
    assert await recogniser.recognise(question) == "how much is a ticket"


async def test_an_abandoned_question_does_not_answer_the_next(
    recogniser: Recogniser, flite: Flite
) -> None:
    first = (await asyncio.to_thread(flite.synthesise, "What are your opening hours?", "rms")).pcm
    second = (await asyncio.to_thread(flite.synthesise, "How much is a ticket?", "rms")).pcm
    asking = asyncio.create_task(recogniser.recognise(first))
    await asyncio.sleep(0.02)
    asking.cancel()
    assert await recogniser.recognise(second) == "how much is a ticket"


async def test_a_question_abandoned_while_its_process_starts_does_not_answer_the_next(
    recogniser: Recogniser, flite: Flite
) -> None:
    first = (await asyncio.to_thread(flite.synthesise, "What are your opening hours?", "rms")).pcm
    second = (await asyncio.to_thread(flite.synthesise, "How much is a ticket?", "rms")).pcm
    psutil.Process(recogniser_pid()).kill()
    with pytest.raises(RecogniserError):
        await recogniser.recognise(first)
    asking = asyncio.create_task(recogniser.recognise(first))
    await asyncio.sleep(0.1)
    asking.cancel()
    await asyncio.wait([asking])
    assert await recogniser.recognise(second) == "how much is a ticket"
    assert await recogniser.recognise(first) == "what are your opening hours"


async def test_an_answer_that_waits_to_be_read_is_no_reason_to_replace_the_process(
    recogniser: Recogniser, flite: Flite, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = (await asyncio.to_thread(flite.synthesise, "How much is a ticket?", "rms")).pcm
    before = recogniser_pid()
    asking = asyncio.create_task(recogniser.recognise(question))
    await asyncio.sleep(0.02)
    asking.cancel()
    await asyncio.sleep(3)  # longer than it takes to decode
    monkeypatch.setattr("voice.offline.worker._STUCK_S", 2.0)
    assert await recogniser.recognise(question) == "how much is a ticket"
    assert recogniser_pid() == before


async def test_a_recogniser_that_cannot_be_started_hears_again_later(
    monkeypatch: pytest.MonkeyPatch, says: Callable[[str], Pcm16]
) -> None:
    recogniser = Recogniser(1, timeout_s=20.0)

    async def no_memory(*_: object, **__: object) -> None:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    await recogniser.start()
    try:
        await recogniser._workers[0].stop()
        with monkeypatch.context() as patch:
            patch.setattr("asyncio.create_subprocess_exec", no_memory)
            with pytest.raises(RecogniserError, match="cannot be started"):
                await recogniser.recognise(says("How much is a ticket?"))
        assert "ticket" in await recogniser.recognise(says("How much is a ticket?"))
    finally:
        await recogniser.aclose()
