"""Any service that speaks OpenAI's protocol, one small class a stage."""

import io
import secrets
import wave
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import httpx2
import numpy as np
import openai
from livekit.agents import (
    APIConnectionError,
    APIConnectOptions,
    APIError,
    APIStatusError,
    APITimeoutError,
    llm,
)
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN, NotGiven, NotGivenOr
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam
from openai.types.chat.chat_completion_chunk import ChoiceDeltaToolCall

from outbound.errors import AddressRefused, HostUnknown
from voice.errors import RecogniserError, SynthesisError
from voice.ports import MICROPHONE_HZ, Pcm16
from voice.settings import OpenAIEndpoint
from voice.spec import Caller
from voice.speech import Chunk

CONNECT_S = 3.0
_CHUNK_S = 0.1
_NO_KEY = "none"
_NO_ANSWER = "the service answered with something else than chat completions"
_NO_SPEECH = "the service answered with something else than speech"
_NO_TRANSCRIPT = "the service answered with something else than a transcript"


@dataclass(frozen=True, slots=True)
class Choice:
    """What an agent chose for a stage, checked; None leaves it to the operator or the service."""

    model: str
    voice: str
    temperature: float | None
    language: str
    caller: Caller

    @property
    def headers(self) -> dict[str, str]:
        """What tells the service to which visit a request belongs."""
        told = {"X-LiveKit-Room-ID": self.caller.room, "X-LiveKit-Job-ID": self.caller.sid}
        return {name: value for name, value in told.items() if value}


def client(
    endpoint: OpenAIEndpoint, timeout_s: float, http: httpx2.AsyncClient | None = None
) -> openai.AsyncOpenAI:
    """Make a client for one stage, over `http` if given; it retries nothing by itself.

    The library imports the parts of a client when they are first asked for; the first client, made
    at start-up, asks for them, since the loop would wait a tenth of a second.
    """
    made = openai.AsyncOpenAI(
        base_url=endpoint.base_url,
        api_key=endpoint.api_key or _NO_KEY,
        max_retries=0,
        timeout=httpx2.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s)),
        http_client=http,
    )
    _ = made.chat.completions, made.audio.speech, made.audio.transcriptions
    return made


class OpenAITranscriber:
    """Speech to text by POST /audio/transcriptions, an utterance at a time."""

    def __init__(self, service: openai.AsyncOpenAI, choice: Choice) -> None:
        self._service = service
        self._choice = choice

    async def transcribe(self, pcm: Pcm16) -> str:
        """Return an utterance's words; raises RecogniserError."""
        extra: dict[str, Any] = {"user": self._choice.caller.user}
        try:
            answer = await self._service.audio.transcriptions.create(
                model=self._choice.model,
                file=("speech.wav", _wave_file(pcm), "audio/wav"),
                language=self._choice.language.partition("-")[0] or openai.omit,
                extra_headers=self._choice.headers,
                extra_body=extra,
            )
        except openai.APIError as error:
            raise RecogniserError(_reason(error)) from error
        except ValueError as error:
            raise RecogniserError(_NO_TRANSCRIPT) from error
        # The client hands on whatever came with 200: a text, or an object without the field.
        text: object = getattr(answer, "text", None)
        if not isinstance(text, str):
            raise RecogniserError(_NO_TRANSCRIPT)
        return text.strip()

    async def aclose(self) -> None:
        """The client is the process's."""


class OpenAIVoice:
    """Text to speech by POST /audio/speech, raw PCM as it arrives."""

    provider = "openai"

    def __init__(self, service: openai.AsyncOpenAI, choice: Choice, sample_rate: int) -> None:
        self._service = service
        self._choice = choice
        self._sample_rate = sample_rate

    async def speak(self, sentence: str, *, opens_reply: bool) -> AsyncIterator[Chunk]:
        """Synthesise a sentence, trying again once while nothing was heard of it."""
        spoken = False
        for last in (False, True):
            try:
                async for pcm in self._stream(sentence):
                    spoken = True
                    yield Chunk(pcm, self._sample_rate)
            except openai.APIError as error:
                if last or spoken:
                    raise SynthesisError(_reason(error)) from error
            else:
                return

    async def aclose(self) -> None:
        """The client is the process's."""

    async def _stream(self, sentence: str) -> AsyncIterator[Pcm16]:
        request = self._service.audio.speech.with_streaming_response.create(
            model=self._choice.model,
            voice=self._choice.voice,
            input=sentence,
            response_format="pcm",
            extra_headers=self._choice.headers,
            extra_body={"user": self._choice.caller.user},
        )
        step = round(_CHUNK_S * self._sample_rate) * 2
        rest = b""
        async with request as response:
            _check_is_speech(response.headers.get("content-type", ""))
            with _as_api_errors(response.http_request):
                async for data in response.iter_bytes(step):
                    rest += data
                    whole = len(rest) & ~1
                    yield np.frombuffer(rest[:whole], np.int16)
                    rest = rest[whole:]


class OpenAILLM(llm.LLM[Any]):
    """Language model by POST /chat/completions, streamed."""

    def __init__(self, service: openai.AsyncOpenAI, choice: Choice) -> None:
        super().__init__()
        self.service = service
        self.choice = choice

    @property
    def model(self) -> str:
        """The model asked for."""
        return self.choice.model

    @property
    def provider(self) -> str:
        """The provider's name, as the agent's owner knows it."""
        return "openai"

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
        choice = openai.omit if isinstance(tool_choice, NotGiven) else tool_choice
        return _Completion(
            self,
            chat_ctx=chat_ctx,
            tools=tools or [],
            conn_options=conn_options,
            tool_choice=choice,
        )


class _Completion(llm.LLMStream):
    def __init__(
        self,
        model: OpenAILLM,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool],
        conn_options: APIConnectOptions,
        tool_choice: Any,
    ) -> None:
        super().__init__(model, chat_ctx=chat_ctx, tools=tools, conn_options=conn_options)
        self._retry_on_chunk_sent = False
        self._tool_choice = tool_choice
        self._service = model.service
        self._choice = model.choice

    async def _run(self) -> None:
        formatted, _ = self._chat_ctx.to_provider_format("openai")
        messages = cast("list[ChatCompletionMessageParam]", formatted)
        chosen = self._choice
        try:
            stream = await self._service.chat.completions.create(
                model=chosen.model,
                messages=messages,
                stream=True,
                user=chosen.caller.user,
                extra_headers=chosen.headers,
                temperature=openai.omit if chosen.temperature is None else chosen.temperature,
                **self._tool_fields(),
            )
            async with stream:
                with _as_api_errors(stream.response.request):
                    await self._hand_on(stream)
        except openai.APIError as error:
            raise _engine_error(error) from error
        except ValueError as error:
            raise APIConnectionError(_NO_ANSWER) from error

    def _tool_fields(self) -> dict[str, Any]:
        if not self._tools:
            return {}
        described = llm.ToolContext(self._tools).parse_function_tools("openai", strict=False)
        return {"tools": described, "tool_choice": self._tool_choice}

    async def _hand_on(self, stream: openai.AsyncStream[ChatCompletionChunk]) -> None:
        """Hand text on as it comes, and calls of tools when they are whole."""
        calls = _Calls()
        async for chunk in stream:
            request_id = str(getattr(chunk, "id", ""))
            if text := _text_of(chunk):
                self._send(request_id, content=text)
            calls.add(_calls_of(chunk))
            calls.request_id = request_id
        if whole := calls.whole():
            self._send(calls.request_id, tool_calls=whole)

    def _send(self, request_id: str, **delta: Any) -> None:
        told = llm.ChoiceDelta(role="assistant", **delta)
        self._event_ch.send_nowait(llm.ChatChunk(id=request_id, delta=told))


def _calls_of(chunk: object) -> Iterable[ChoiceDeltaToolCall]:
    """The pieces of tools' calls in a chunk, whatever a service may send for one."""
    choices = getattr(chunk, "choices", None)
    delta = getattr(choices[0], "delta", None) if isinstance(choices, list) and choices else None
    pieces = getattr(delta, "tool_calls", None)
    found = pieces if isinstance(pieces, list) else []
    return [piece for piece in found if isinstance(piece, ChoiceDeltaToolCall)]


class _Calls:
    """Calls of tools as they arrive: names first, arguments in pieces."""

    def __init__(self) -> None:
        self.request_id = ""
        self._calls: dict[int, llm.FunctionToolCall] = {}

    def add(self, pieces: Iterable[ChoiceDeltaToolCall]) -> None:
        for piece in pieces:
            call = self._calls.setdefault(
                piece.index, llm.FunctionToolCall(name="", arguments="", call_id="")
            )
            call.call_id = call.call_id or piece.id or ""
            if piece.function is not None:
                call.name += piece.function.name or ""
                call.arguments += piece.function.arguments or ""

    def whole(self) -> list[llm.FunctionToolCall]:
        """Those that name a tool, in order; some services leave the id out."""
        named = [call for _, call in sorted(self._calls.items()) if call.name]
        for call in named:
            call.call_id = call.call_id or f"call_{secrets.token_hex(8)}"
        return named


@contextmanager
def _as_api_errors(request: httpx2.Request) -> Iterator[None]:
    """Turn what the transport raises while a body is read into the client's own errors."""
    try:
        yield
    except httpx2.TimeoutException as error:
        raise openai.APITimeoutError(request=request) from error
    except httpx2.TransportError as error:
        raise openai.APIConnectionError(request=request) from error


def _text_of(chunk: object) -> str:
    """The text of a streamed chunk; the client hands on whatever JSON came."""
    choices: object = getattr(chunk, "choices", None)
    first: object = choices[0] if isinstance(choices, list) and choices else None
    text: object = getattr(getattr(first, "delta", None), "content", None)
    return text if isinstance(text, str) else ""


def _check_is_speech(content_type: str) -> None:
    """Refuse what would be played as noise, such as a page of a wrong address."""
    if content_type.startswith(("text/", "application/json")):
        raise SynthesisError(_NO_SPEECH)


def _reason(error: openai.APIError) -> str:
    """Say what went wrong in words that carry nothing of the request."""
    transport = error.__cause__
    if transport is not None and isinstance(transport.__cause__, AddressRefused | HostUnknown):
        return str(transport.__cause__)
    if isinstance(error, openai.APIStatusError):
        return f"the service answered {error.status_code}"
    if isinstance(error, openai.APITimeoutError):
        return "the service took too long"
    if isinstance(error, openai.APIConnectionError):
        return "the service could not be reached"
    return "the service broke off its answer"


def _engine_error(error: openai.APIError) -> APIError:
    """Translate to the engine's errors, which know what is worth another try."""
    reason = _reason(error)
    if isinstance(error, openai.APIStatusError):
        return APIStatusError(reason, status_code=error.status_code)
    if isinstance(error, openai.APITimeoutError):
        return APITimeoutError(reason)
    return APIConnectionError(reason)


def _wave_file(pcm: Pcm16) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(MICROPHONE_HZ)
        writer.writeframes(pcm.tobytes())
    return file.getvalue()
