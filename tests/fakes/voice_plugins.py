"""livekit-agents plug-ins that an operator may name: one that works, one that never answers."""

import asyncio
from typing import Any

import numpy as np
from livekit.agents import APIConnectOptions, APIStatusError, LanguageCode, llm, stt, tts
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN, NotGivenOr
from livekit.agents.utils import AudioBuffer


class ParrotLLM(llm.LLM[Any]):
    """Says what it was told."""

    def chat(
        self,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool] | None = None,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        parallel_tool_calls: NotGivenOr[bool] = NOT_GIVEN,
        tool_choice: NotGivenOr[llm.ToolChoice] = NOT_GIVEN,
        extra_kwargs: NotGivenOr[dict[str, Any]] = NOT_GIVEN,
    ) -> llm.LLMStream:
        """Answer."""
        return _Parroting(self, chat_ctx=chat_ctx, tools=[], conn_options=conn_options)


class _Parroting(llm.LLMStream):
    async def _run(self) -> None:
        said = next(m for m in reversed(self._chat_ctx.messages()) if m.role == "user").text_content
        delta = llm.ChoiceDelta(role="assistant", content=f"You said: {said}")
        self._event_ch.send_nowait(llm.ChatChunk(id="p", delta=delta))


class StuckLLM(ParrotLLM):
    """Never answers."""

    def chat(self, *, chat_ctx: llm.ChatContext, **options: Any) -> llm.LLMStream:
        """Wait for ever."""
        return _Stuck(
            self, chat_ctx=chat_ctx, tools=[], conn_options=APIConnectOptions(max_retry=0)
        )


class _Stuck(llm.LLMStream):
    async def _run(self) -> None:
        await asyncio.Event().wait()


class ToneTTS(tts.TTS[Any]):
    """Hums half a second a sentence."""

    def __init__(self) -> None:
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=False), sample_rate=24_000, num_channels=1
        )

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        """Hum."""
        return _Humming(tts=self, input_text=text, conn_options=conn_options)


class _Humming(tts.ChunkedStream):
    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(
            request_id="t", sample_rate=24_000, num_channels=1, mime_type="audio/pcm"
        )
        tone = (np.sin(np.arange(12_000) * 0.05) * 8000).astype(np.int16)
        output_emitter.push(tone.tobytes())
        output_emitter.flush()


class BrokenTTS(ToneTTS):
    """Refuses every sentence."""

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        """Fail."""
        return _Failing(tts=self, input_text=text, conn_options=conn_options)


class _Failing(tts.ChunkedStream):
    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        raise APIStatusError("quota", status_code=402)


class StubbornLLM(ParrotLLM):
    """Never answers, and is slow to give up."""

    def chat(self, *, chat_ctx: llm.ChatContext, **options: Any) -> llm.LLMStream:
        """Wait, and go on waiting for a while."""
        return _Stubborn(
            self, chat_ctx=chat_ctx, tools=[], conn_options=APIConnectOptions(max_retry=0)
        )


class _Stubborn(llm.LLMStream):
    async def _run(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(3)


class ListeningSTT(stt.STT[Any]):
    """Hears the same in everything, a whole recording at a time."""

    def __init__(self) -> None:
        super().__init__(capabilities=stt.STTCapabilities(streaming=False, interim_results=False))

    async def _recognize_impl(
        self,
        buffer: AudioBuffer,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions,
    ) -> stt.SpeechEvent:
        words = stt.SpeechData(LanguageCode("en"), "do you have a cafe")
        return stt.SpeechEvent(stt.SpeechEventType.FINAL_TRANSCRIPT, alternatives=[words])
