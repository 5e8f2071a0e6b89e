"""One question to a language model, outside of any conversation."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from livekit.agents import APIConnectOptions, APIError, llm

from voice import engine
from voice.errors import VoiceError
from voice.offline.equipment import Equipment
from voice.providers.catalogue import Catalogue
from voice.settings import VoiceSettings
from voice.spec import AgentSpec, Caller

_LONGEST_ANSWER = 20_000


class AnswerMissing(VoiceError):
    """The language model failed, or took too long."""


def load_plugins(settings: VoiceSettings) -> None:
    """Import the operator's plug-ins, which must be done on the main thread.

    Raises:
        VoiceError: one cannot be imported.
    """
    with ThreadPoolExecutor(1) as executor:
        Catalogue(settings, Equipment(executor, settings.tts_timeout_s))


def ask(settings: VoiceSettings, instructions: str, question: str, *, within_s: float) -> str:
    """The default language model's answer.

    Raises:
        AnswerMissing: it failed, or gave none within `within_s`.
    """
    engine.stay_local()
    with ThreadPoolExecutor(1) as executor:
        catalogue = Catalogue(settings, Equipment(executor, settings.tts_timeout_s))
        nobody = AgentSpec(code="", name="")
        model = catalogue.maker(nobody, Caller("parley"), lambda *_: None).model()
        context = llm.ChatContext.empty()
        context.add_message(role="system", content=instructions)
        context.add_message(role="user", content=question)
        return asyncio.run(_ask(catalogue, model, context, within_s))


async def _ask(
    catalogue: Catalogue,
    model: llm.LLM[Any],
    context: llm.ChatContext,
    within_s: float,
) -> str:
    try:
        async with asyncio.timeout(within_s):
            return await _collected(model, context, within_s)
    except (TimeoutError, APIError, VoiceError) as error:
        raise AnswerMissing("the language model gave no answer") from error
    finally:
        await model.aclose()
        await catalogue.aclose()


async def _collected(model: llm.LLM[Any], context: llm.ChatContext, within_s: float) -> str:
    pieces: list[str] = []
    options = APIConnectOptions(max_retry=1, timeout=within_s)
    async with model.chat(chat_ctx=context, conn_options=options) as stream:
        async for chunk in stream:
            if chunk.delta is not None and chunk.delta.content:
                pieces.append(chunk.delta.content)
            if sum(map(len, pieces)) > _LONGEST_ANSWER:
                break
    return "".join(pieces)
