"""An owner's own service with the operator's default behind it.

The engine has adapters for this. They ask a lost model again in the background, with the visitor's
words and at the owner's cost, in tasks that nobody ends, and log what was said; so these are ours.
A lost service stays lost for the visit: a voice that changes once is better than one that wavers.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field
from typing import Any

from livekit.agents import APIConnectOptions, APIError, APITimeoutError, llm
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN, NotGivenOr

from voice.errors import RecogniserError, SynthesisError
from voice.events import ProviderReplaced, Stage
from voice.patience import within
from voice.ports import Pcm16
from voice.speech import Chunk, Voice
from voice.utterances import Transcriber

_LATE = "no answer in time"
_SILENT = "the service answered with nothing"
_ALONE = "there is nothing else on this server"


@dataclass(slots=True)
class Standby:
    """Whether the owner's service still serves one stage of a visit.

    It has `patience_s` to begin an answer, a second try included. `on_replaced` is told when the
    default is needed for the first time.
    """

    stage: Stage
    provider: str
    substitute: str
    patience_s: float
    on_replaced: Callable[[ProviderReplaced], None]
    lost: str = field(default="")
    _told: bool = field(default=False)

    def lose(self, reason: str) -> None:
        """Ask the service no more."""
        self.lost = self.lost or reason

    def take_over(self) -> None:
        """The default is about to serve."""
        if not self._told:
            self._told = True
            told = ProviderReplaced(self.stage, self.provider, self.substitute, self.lost)
            self.on_replaced(told)


class StandbyTranscriber:
    """Asks the owner's recogniser, then the default, which may not be there."""

    def __init__(self, own: Transcriber, default: Transcriber | None, standby: Standby) -> None:
        self._own = own
        self._default = default
        self._standby = standby

    async def transcribe(self, pcm: Pcm16) -> str:
        """Return an utterance's words; raises VoiceError where the default fails too."""
        if not self._standby.lost:
            words = await self._asked(pcm)
            if words is not None:
                return words
        self._standby.take_over()
        if self._default is None:
            raise RecogniserError(_ALONE)
        return await self._default.transcribe(pcm)

    async def aclose(self) -> None:
        """Close both."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._own.aclose)
            if self._default is not None:
                stack.push_async_callback(self._default.aclose)

    async def _asked(self, pcm: Pcm16) -> str | None:
        """The words by the owner's service; None where it is lost."""
        try:
            async with asyncio.timeout(self._standby.patience_s):
                try:
                    return await self._own.transcribe(pcm)
                except RecogniserError:
                    return await self._own.transcribe(pcm)
        except RecogniserError as error:
            self._standby.lose(str(error))
        except TimeoutError:
            self._standby.lose(_LATE)
        return None


class StandbyVoice:
    """Speaks through the owner's service, then the default, which may not be there."""

    def __init__(self, own: Voice, default: Voice | None, standby: Standby) -> None:
        self._own = own
        self._default = default
        self._standby = standby

    @property
    def provider(self) -> str:
        """The name of what serves now."""
        return self._standby.substitute if self._standby.lost else self._standby.provider

    async def speak(self, sentence: str, *, opens_reply: bool) -> AsyncIterator[Chunk]:
        """Synthesise a sentence; of one that breaks off in the middle the rest is not spoken."""
        spoken = False
        if not self._standby.lost:
            async with aclosing(self._asked(sentence, opens_reply=opens_reply)) as speech:
                async for chunk in speech:
                    spoken = True
                    yield chunk
        if spoken or not self._standby.lost:
            return
        self._standby.take_over()
        if self._default is None:
            raise SynthesisError(_ALONE)
        async for chunk in self._default.speak(sentence, opens_reply=opens_reply):
            yield chunk

    async def aclose(self) -> None:
        """Close both."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._own.aclose)
            if self._default is not None:
                stack.push_async_callback(self._default.aclose)

    async def _asked(self, sentence: str, *, opens_reply: bool) -> AsyncGenerator[Chunk, None]:
        """What the owner's service says; it is lost where that ends badly or is nothing."""
        spoken = False
        speech = self._own.speak(sentence, opens_reply=opens_reply)
        try:
            async for chunk in within(speech, self._standby.patience_s):
                spoken = spoken or len(chunk.pcm) > 0
                yield chunk
        except SynthesisError as error:
            self._standby.lose(str(error))
        except TimeoutError:
            self._standby.lose(_LATE)
        else:
            if not spoken and any(map(str.isalnum, sentence)):
                self._standby.lose(_SILENT)


class StandbyLLM(llm.LLM[Any]):
    """Answers through the owner's model, then the default."""

    def __init__(self, own: llm.LLM[Any], default: llm.LLM[Any], standby: Standby) -> None:
        super().__init__()
        self.own = own
        self.default = default
        self.standby = standby

    @property
    def model(self) -> str:
        """The model of what serves now."""
        return self.default.model if self.standby.lost else self.own.model

    @property
    def provider(self) -> str:
        """The name of what serves now."""
        return self.standby.substitute if self.standby.lost else self.standby.provider

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
        """Ask for the next line of the conversation."""
        wishes = {
            "parallel_tool_calls": parallel_tool_calls,
            "tool_choice": tool_choice,
            "extra_kwargs": extra_kwargs,
        }
        return _Answer(
            self, wishes, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options
        )

    async def aclose(self) -> None:
        """Close both."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.own.aclose)
            stack.push_async_callback(self.default.aclose)


class _Answer(llm.LLMStream):
    """The engine tries it again; the streams inside try once each."""

    def __init__(
        self,
        model: StandbyLLM,
        wishes: dict[str, Any],
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool],
        conn_options: APIConnectOptions,
    ) -> None:
        super().__init__(model, chat_ctx=chat_ctx, tools=tools, conn_options=conn_options)
        self._retry_on_chunk_sent = False
        self._model = model
        self._wishes = wishes
        self._standby = model.standby

    async def _run(self) -> None:
        if not self._standby.lost:
            await self._ask_own()
        if self._standby.lost:
            self._standby.take_over()
            async with self._opened(self._model.default) as stream:
                async for chunk in stream:
                    self._event_ch.send_nowait(chunk)

    async def _ask_own(self) -> None:
        """Answer with the owner's model, or lose it.

        Raises:
            APIError: it broke off after it had begun; the next answer is the default's.
        """
        standby = self._standby
        try:
            async with asyncio.timeout(standby.patience_s) as deadline:
                try:
                    await self._pass_on(deadline)
                except APIError as error:
                    if self._begun or not error.retryable or isinstance(error, APITimeoutError):
                        raise
                    await self._pass_on(deadline)
        except TimeoutError:
            standby.lose(_LATE)
            if self._begun:
                raise APITimeoutError(_LATE) from None
        except APIError as error:
            standby.lose(error.message)
            if self._begun:
                raise
        else:
            if not self._begun:
                standby.lose(_SILENT)

    async def _pass_on(self, deadline: asyncio.Timeout) -> None:
        async with self._opened(self._model.own) as stream:
            async for chunk in stream:
                self._event_ch.send_nowait(chunk)
                if self._begun:
                    loop = asyncio.get_running_loop()
                    deadline.reschedule(loop.time() + self._standby.patience_s)

    @property
    def _begun(self) -> bool:
        return self._event_ch.output_sent

    def _opened(self, model: llm.LLM[Any]) -> llm.LLMStream:
        once = APIConnectOptions(max_retry=0, timeout=self._conn_options.timeout)
        return model.chat(
            chat_ctx=self._chat_ctx, tools=self._tools, conn_options=once, **self._wishes
        )
