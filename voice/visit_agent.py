"""One visit's agent inside the engine: how it answers and how it speaks."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from livekit import rtc
from livekit.agents import APIConnectOptions, APIError, llm, tts
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, FlushSentinel
from livekit.agents.voice import Agent, ModelSettings

from voice.errors import SynthesisError, VoiceError
from voice.events import Stage
from voice.gesture_tool import GestureTool
from voice.patience import within
from voice.ports import Passage, Retriever
from voice.prompts import looked_up
from voice.speaking import PIECE, Piece, SpeechOutput
from voice.speech import Chunk, Voice, silence
from voice.text import Sentences, WholeCharacters

logger = logging.getLogger(__name__)

_LOOKED_UP_MOST = 4
_RETRIEVAL_S = 0.3
_SHORT_WORDS = 4
_READING_S_PER_CHARACTER = 0.05
_WRITTEN_S = 0.06
_VOICELESS_FOR_S = 30.0
_AHEAD_S = 1.0
_LONGEST_ANSWER = 20_000
"""Characters: twenty minutes of speech, which nobody asks for."""

Answer = AsyncGenerator[llm.ChatChunk | str | FlushSentinel, None]


class NodeTTS(tts.TTS[Any]):
    """Stands where the engine asks whether there is a voice; the agent's tts_node speaks."""

    def __init__(self) -> None:
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=True), sample_rate=16_000, num_channels=1
        )

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        """Never asked for."""
        raise NotImplementedError("the visit's voice speaks through tts_node")


@dataclass(frozen=True, slots=True)
class AgentHooks:
    """Told by the agent: a provider's failure, an answer's first text, what was found for it."""

    on_failed: Callable[[Stage, str], None]
    on_text: Callable[[], None]
    on_found: Callable[[Sequence[Passage]], None]


@dataclass(slots=True)
class Abilities:
    """What an agent answers and speaks with."""

    voice: Voice | None
    retriever: Retriever | None
    answer_within_s: float
    speak_within_s: float
    mouth: SpeechOutput
    gestures: GestureTool
    voiceless_until_s: float = field(default=0.0)


class VisitAgent(Agent):
    """Answers through the session's language model, speaks sentence by sentence."""

    def __init__(
        self,
        *,
        instructions: str,
        chat_ctx: llm.ChatContext,
        abilities: Abilities,
        hooks: AgentHooks,
    ) -> None:
        super().__init__(
            instructions=instructions, chat_ctx=chat_ctx, tools=abilities.gestures.tools()
        )
        self._abilities = abilities
        self._hooks = hooks

    async def llm_node(
        self, chat_ctx: llm.ChatContext, tools: list[llm.Tool], model_settings: ModelSettings
    ) -> Answer:
        """Answer, with what the retriever finds, within the deadline for each next piece."""
        await self._look_up(chat_ctx)
        gestures = self._abilities.gestures
        gestures.answer_begins()
        answer = Agent.default.llm_node(self, chat_ctx, tools, model_settings)
        text = WholeCharacters()
        try:
            async for chunk in within(answer, self._abilities.answer_within_s):
                mended = _with_text(chunk, text)
                if _text_of(mended).strip():
                    gestures.answer_has_text()
                yield mended
                if text.taken > _LONGEST_ANSWER:
                    logger.warning("an answer that does not end was cut")
                    return
        except TimeoutError:
            self._hooks.on_failed("llm", "no answer in time")
        except APIError:
            return  # reported by the engine's error event
        finally:
            gestures.answer_ends()
            await answer.aclose()

    async def tts_node(
        self, text: AsyncIterable[str], model_settings: ModelSettings
    ) -> AsyncGenerator[rtc.AudioFrame, None]:
        """Speak the text, sentence by sentence, a few seconds ahead of what is played."""
        sentences: asyncio.Queue[str | None] = asyncio.Queue()
        reading = asyncio.create_task(
            self._read(text, sentences), name="voice: sentences of a reply"
        )
        opens_reply, made_s = True, self._abilities.mouth.taken_s
        try:
            while (sentence := await sentences.get()) is not None:
                async for frame in self._frames(sentence, opens_reply=opens_reply):
                    made_s += frame.duration
                    yield frame
                opens_reply = False
                await self._abilities.mouth.until_taken(made_s - _AHEAD_S)
        finally:
            reading.cancel()
            await asyncio.wait([reading])

    async def _read(self, text: AsyncIterable[str], sentences: "asyncio.Queue[str | None]") -> None:
        splitter = Sentences()
        try:
            async for delta in text:
                self._hooks.on_text()
                for sentence in splitter.push(delta):
                    sentences.put_nowait(sentence)
        finally:
            for sentence in splitter.flush():
                sentences.put_nowait(sentence)
            sentences.put_nowait(None)

    async def _frames(self, sentence: str, *, opens_reply: bool) -> AsyncIterator[rtc.AudioFrame]:
        """Yield a sentence's audio; without a voice its text alone, in a moment of silence."""
        first = True
        try:
            async for chunk in self._spoken(sentence, opens_reply=opens_reply):
                yield _frame(chunk, sentence if first else "")
                first = False
        except (SynthesisError, TimeoutError) as error:
            self._lose_voice(str(error) or "no speech in time")
            if first:
                yield _frame(silence(_WRITTEN_S), sentence)
            return
        if first:
            yield _frame(silence(len(sentence) * _READING_S_PER_CHARACTER), sentence)

    async def _spoken(self, sentence: str, *, opens_reply: bool) -> AsyncIterator[Chunk]:
        abilities = self._abilities
        if abilities.voice is None or time.monotonic() < abilities.voiceless_until_s:
            yield silence(_WRITTEN_S)
            return
        speech = abilities.voice.speak(sentence, opens_reply=opens_reply)
        async for chunk in within(speech, abilities.speak_within_s):
            yield chunk

    def _lose_voice(self, reason: str) -> None:
        """Answer in writing for a while; asking again for every sentence would only delay it."""
        self._abilities.voiceless_until_s = time.monotonic() + _VOICELESS_FOR_S
        self._hooks.on_failed("tts", reason)

    async def _look_up(self, chat_ctx: llm.ChatContext) -> None:
        retriever = self._abilities.retriever
        lines = [m for m in chat_ctx.messages() if m.role == "user" and m.text_content]
        if retriever is None or not lines:
            return
        try:
            async with asyncio.timeout(_RETRIEVAL_S):
                found = await retriever.search(_asked(lines), _LOOKED_UP_MOST)
        except (TimeoutError, VoiceError) as error:
            logger.warning("knowledge not searched", extra={"cause": type(error).__name__})
            return
        if found:
            chat_ctx.items.insert(
                chat_ctx.items.index(lines[-1]),
                llm.ChatMessage(role="system", content=[looked_up(found)]),
            )
            self._hooks.on_found(found)


def _asked(lines: Sequence[llm.ChatMessage]) -> str:
    """The visitor's last line; a short one leans on the one before ("and on Sunday?")."""
    last = lines[-1].text_content or ""
    short = len(last.split()) < _SHORT_WORDS
    return " ".join(line.text_content or "" for line in lines[-2:]) if short else last


def _text_of(chunk: llm.ChatChunk | str | FlushSentinel) -> str:
    if isinstance(chunk, llm.ChatChunk):
        return (chunk.delta.content or "") if chunk.delta is not None else ""
    return chunk if isinstance(chunk, str) else ""


def _with_text(
    chunk: llm.ChatChunk | str | FlushSentinel, text: WholeCharacters
) -> llm.ChatChunk | str | FlushSentinel:
    """The chunk with no more of its text than there can be, and in whole characters."""
    if isinstance(chunk, str):
        return text.push(chunk[:_LONGEST_ANSWER])
    if isinstance(chunk, llm.ChatChunk) and chunk.delta is not None and chunk.delta.content:
        chunk.delta.content = text.push(chunk.delta.content[:_LONGEST_ANSWER])
    return chunk


def _frame(chunk: Chunk, sentence: str) -> rtc.AudioFrame:
    pcm = np.ascontiguousarray(chunk.pcm)
    return rtc.AudioFrame(
        pcm.tobytes(),
        chunk.sample_rate,
        1,
        len(pcm),
        userdata={PIECE: Piece(sentence, chunk.word_ends_s, chunk.phones)},
    )
