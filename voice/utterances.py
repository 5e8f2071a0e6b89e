"""Hearing by whole utterances: what a recogniser without streaming needs of the engine.

The engine's own voice activity detection says when the visitor speaks; audio is kept from a
little before that and decoded when the engine asks for the words (its flush), so a recogniser
sees one utterance at a time and none of the silence between.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from livekit import rtc
from livekit.agents import APIConnectOptions, APIError, LanguageCode, stt
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN, NotGivenOr
from livekit.agents.utils import AudioBuffer

from voice.errors import VoiceError
from voice.hearing import RAW
from voice.ports import MICROPHONE_HZ, Pcm16

logger = logging.getLogger(__name__)

_LEAD_S = 1.0
_ONSET_S = 0.35
_LONGEST_S = 20.0
_SHORTEST_S = 0.2
_WAITING = 4
_BLOCK = 320
_QUIET_SHARE = 0.03
_MARGIN_S = 0.2


class Transcriber(Protocol):
    """Turns one utterance into text."""

    async def transcribe(self, pcm: Pcm16) -> str:
        """Return the words of int16 mono 16 kHz samples, "" when there are none.

        Raises:
            VoiceError: it failed; it is asked a second time.
        """

    async def aclose(self) -> None:
        """Let go of what the visit held."""


class UtteranceSTT(stt.STT[Any]):
    """The engine's recogniser over a Transcriber.

    Whoever watches the visitor sets `speaking`; `took_ms` is how long the last utterance took,
    `on_no_words` is called when one held none.
    """

    def __init__(self, transcriber: Transcriber, provider: str, language: str) -> None:
        super().__init__(
            capabilities=stt.STTCapabilities(
                streaming=True, interim_results=False, offline_recognize=False, manual_flush=True
            )
        )
        self.transcriber = transcriber
        self.language = language
        self.took_ms = 0.0
        self.speaking = False
        self.on_no_words: Callable[[], None] = _ignore
        self._provider = provider

    @property
    def provider(self) -> str:
        """The provider's name, as the agent's owner knows it."""
        return self._provider

    def stream(
        self,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> "UtteranceStream":
        """Open the visit's stream."""
        return UtteranceStream(self, conn_options)

    async def aclose(self) -> None:
        """Let go of the transcriber."""
        await self.transcriber.aclose()

    async def _recognize_impl(
        self,
        buffer: AudioBuffer,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions,
    ) -> stt.SpeechEvent:
        raise NotImplementedError("utterances come through stream()")


class UtteranceStream(stt.RecognizeStream):
    """Keeps an utterance while it is spoken, decodes it in order with the others."""

    def __init__(self, owner: UtteranceSTT, conn_options: APIConnectOptions) -> None:
        self._owner = owner
        self._kept = _Kept(lambda: owner.speaking)
        self._decode: asyncio.Queue[Pcm16] = asyncio.Queue(_WAITING)
        super().__init__(stt=owner, conn_options=conn_options, sample_rate=MICROPHONE_HZ)

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            decoding = group.create_task(self._decode_all(), name="voice: recognising")
            async for item in self._input_ch:
                if isinstance(item, rtc.AudioFrame):
                    if (pcm := self._kept.add(item)) is not None:
                        self._ask(pcm)
                else:
                    self._ask(self._kept.take())
            decoding.cancel()

    def _ask(self, pcm: Pcm16) -> None:
        if self._decode.full():
            logger.warning("recogniser is behind, an utterance is dropped")
            self._decode.get_nowait()
        self._decode.put_nowait(pcm)

    async def _decode_all(self) -> None:
        while True:
            pcm = await self._decode.get()
            started_s = time.perf_counter()
            text = await self._words(pcm) if len(pcm) >= _SHORTEST_S * MICROPHONE_HZ else ""
            self._owner.took_ms = (time.perf_counter() - started_s) * 1000
            self._event_ch.send_nowait(
                stt.SpeechEvent(
                    type=stt.SpeechEventType.FINAL_TRANSCRIPT,
                    alternatives=[stt.SpeechData(LanguageCode(self._owner.language), text)],
                )
            )
            if not text and self._decode.empty():
                self._owner.on_no_words()

    async def _words(self, pcm: Pcm16) -> str:
        """Ask twice; a second failure is reported and leaves no words."""
        for last in (False, True):
            try:
                return await self._owner.transcriber.transcribe(pcm)
            except VoiceError as error:
                if last:
                    self._emit_error(APIError(str(error), retryable=False), recoverable=False)
        return ""


def _ignore() -> None:
    """Nobody wants to know."""


class _Kept:
    """The utterance being spoken, or the last moment of what came before it.

    The echo guard thins speech out where the avatar spoke too. Once the visitor is known to
    speak, the recogniser does better with what the microphone truly heard.
    """

    def __init__(self, is_speaking: Callable[[], bool]) -> None:
        self._is_speaking = is_speaking
        self._frames: deque[tuple[bytes, bytes]] = deque()
        self._samples = 0
        self._opened: int | None = None

    def add(self, frame: rtc.AudioFrame) -> Pcm16 | None:
        """Keep a frame; return the utterance so far when it has become too long to go on."""
        cleaned = bytes(frame.data)
        self._frames.append((cleaned, frame.userdata.get(RAW, cleaned)))
        self._samples += frame.samples_per_channel
        if self._opened is None and self._is_speaking():
            onset = round(_ONSET_S * MICROPHONE_HZ / frame.samples_per_channel)
            self._opened = max(0, len(self._frames) - onset)
        if self._opened is not None:
            return self.take() if self._samples >= _LONGEST_S * MICROPHONE_HZ else None
        while self._samples > _LEAD_S * MICROPHONE_HZ:
            self._samples -= len(self._frames.popleft()[0]) // 2
        return None

    def take(self) -> Pcm16:
        """Hand the utterance over, the silence around it cut, and begin anew."""
        opened = len(self._frames) if self._opened is None else self._opened
        parts = [raw if n >= opened else clean for n, (clean, raw) in enumerate(self._frames)]
        self._frames.clear()
        self._samples, self._opened = 0, 0 if self._is_speaking() else None
        return trimmed(np.frombuffer(b"".join(parts), np.int16))


def trimmed(pcm: Pcm16) -> Pcm16:
    """Cut what is far quieter than the rest off both ends, but for a margin."""
    blocks = len(pcm) // _BLOCK
    if not blocks:
        return pcm
    levels = np.abs(pcm[: blocks * _BLOCK].reshape(blocks, _BLOCK).astype(np.int32)).max(axis=1)
    loud = np.flatnonzero(levels > levels.max() * _QUIET_SHARE)
    if not len(loud):
        return pcm
    margin = round(_MARGIN_S * MICROPHONE_HZ / _BLOCK)
    first, last = max(0, int(loud[0]) - margin), int(loud[-1]) + 1 + margin
    return pcm[first * _BLOCK : last * _BLOCK]
