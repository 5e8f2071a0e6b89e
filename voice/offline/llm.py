"""The offline responder as the engine's language model."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Executor
from typing import Any

from livekit.agents import APIConnectOptions, llm
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN, NotGivenOr

from voice.offline.responder import Responder
from voice.ports import Line
from voice.prompts import LOOKED_UP, SOURCE, VISITOR_CONTEXT

_REMEMBERED = 12


class OfflineLLM(llm.LLM[Any]):
    """Answers with a Responder, in an executor of the process."""

    def __init__(self, load: Callable[[], Awaitable[Responder]], executor: Executor) -> None:
        super().__init__()
        self.load = load
        self.executor = executor

    @property
    def provider(self) -> str:
        """The provider's name, as the agent's owner knows it."""
        return "offline"

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
        """Answer the last line of the visitor."""
        return _Answering(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)


class _Answering(llm.LLMStream):
    def __init__(
        self,
        model: OfflineLLM,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool],
        conn_options: APIConnectOptions,
    ) -> None:
        super().__init__(model, chat_ctx=chat_ctx, tools=tools, conn_options=conn_options)
        self._model = model

    async def _run(self) -> None:
        responder = await self._model.load()
        lines = list(_lines(self._chat_ctx))
        question = lines.pop().text if lines and lines[-1].role == "user" else ""
        answer = await asyncio.get_running_loop().run_in_executor(
            self._model.executor,
            lambda: responder.answer(
                question,
                context="\n".join(_notes(self._chat_ctx, VISITOR_CONTEXT)),
                history=lines[-_REMEMBERED:],
                passages=tuple(map(_unsourced, _notes(self._chat_ctx, LOOKED_UP))),
            ),
        )
        self._event_ch.send_nowait(
            llm.ChatChunk(id="offline", delta=llm.ChoiceDelta(role="assistant", content=answer))
        )


def _lines(chat_ctx: llm.ChatContext) -> Iterator[Line]:
    for item in chat_ctx.messages():
        if item.role in {"user", "assistant"} and (text := item.text_content):
            yield Line("user" if item.role == "user" else "assistant", text)


def _unsourced(note: str) -> str:
    """Leave out where passages come from: that is no sentence to answer with."""
    return "\n".join(line for line in note.splitlines() if not line.startswith(SOURCE))


def _notes(chat_ctx: llm.ChatContext, kind: str) -> Iterator[str]:
    """Yield the bodies of the system messages that begin with a kind's heading."""
    for item in chat_ctx.messages():
        text = item.text_content or ""
        if item.role == "system" and text.startswith(kind):
            yield text.removeprefix(kind).strip()
