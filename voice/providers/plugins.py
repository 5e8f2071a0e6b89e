"""livekit-agents plug-ins that the operator named in the environment."""

import asyncio
import importlib
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
from livekit import rtc
from livekit.agents import APIConnectOptions, APIError, llm, stt, tts

from voice.errors import RecogniserError, SynthesisError, VoiceError
from voice.events import Stage
from voice.ports import MICROPHONE_HZ, Pcm16
from voice.speech import Chunk

Plugin = stt.STT[Any] | llm.LLM[Any] | tts.TTS[Any]
_KINDS: dict[Stage, type[Plugin]] = {"stt": stt.STT, "llm": llm.LLM, "tts": tts.TTS}


def load(stage: Stage, name: str, target: str) -> type[Plugin]:
    """Import the class that "module:Class" names; on the main thread, where plug-ins register.

    Raises:
        VoiceError: it cannot be imported or is no plug-in for the stage.
    """
    module, _, attribute = target.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise VoiceError(f"plug-in {name!r} for {stage}: cannot import {target!r}") from error
    if not isinstance(found, type) or not issubclass(found, _KINDS[stage]):
        raise VoiceError(f"plug-in {name!r} for {stage}: {target!r} is no {stage.upper()} class")
    return found


def build(stage: Stage, name: str, plugin: type[Plugin]) -> Plugin:
    """Make a visit's own instance; a plug-in reads its settings from its environment.

    Raises:
        VoiceError: it refuses its environment.
    """
    try:
        return plugin()  # type: ignore[call-arg]
    except (ValueError, TypeError, RuntimeError, OSError) as error:
        raise VoiceError(f"plug-in {name!r} for {stage} cannot start: {error}") from error


class PluginTranscriber:
    """Hears through a plug-in, an utterance at a time."""

    def __init__(self, plugin: stt.STT[Any], timeout_s: float) -> None:
        self._plugin = plugin
        self._timeout_s = timeout_s
        self._once = APIConnectOptions(max_retry=0, timeout=timeout_s)

    async def transcribe(self, pcm: Pcm16) -> str:
        """Return an utterance's words; raises RecogniserError."""
        frame = rtc.AudioFrame(pcm.tobytes(), MICROPHONE_HZ, 1, len(pcm))
        try:
            async with asyncio.timeout(self._timeout_s):
                if self._plugin.capabilities.offline_recognize:
                    event = await self._plugin.recognize(frame, conn_options=self._once)
                    return _words(event)
                return await self._streamed(frame)
        except (APIError, TimeoutError) as error:
            raise RecogniserError(type(error).__name__) from error

    async def aclose(self) -> None:
        """Close the plug-in."""
        await self._plugin.aclose()

    async def _streamed(self, frame: rtc.AudioFrame) -> str:
        async with self._plugin.stream(conn_options=self._once) as stream:
            stream.push_frame(frame)
            stream.end_input()
            final = stt.SpeechEventType.FINAL_TRANSCRIPT
            return " ".join([_words(event) async for event in stream if event.type == final])


def _words(event: stt.SpeechEvent) -> str:
    return event.alternatives[0].text.strip() if event.alternatives else ""


class PluginVoice:
    """Speaks through a plug-in, a sentence at a time: where a sentence starts is then known."""

    def __init__(self, name: str, plugin: tts.TTS[Any], timeout_s: float) -> None:
        self.provider = name
        self._plugin = plugin
        self._options = APIConnectOptions(max_retry=1, retry_interval=0.2, timeout=timeout_s)

    async def speak(self, sentence: str, *, opens_reply: bool) -> AsyncIterator[Chunk]:
        """Synthesise a sentence; the engine retries once."""
        try:
            async with self._plugin.synthesize(sentence, conn_options=self._options) as stream:
                async for audio in stream:
                    pcm = np.frombuffer(audio.frame.data, np.int16)
                    channels = audio.frame.num_channels
                    yield Chunk(pcm[::channels], audio.frame.sample_rate)
        except APIError as error:
            raise SynthesisError(type(error).__name__) from error

    async def aclose(self) -> None:
        """Close the plug-in."""
        await self._plugin.aclose()
