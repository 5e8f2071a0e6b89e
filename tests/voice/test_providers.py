"""Providers by name: offline, any OpenAI-compatible service, an operator's plug-ins."""

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator, Callable

import numpy as np
import pytest

from tests.fakes.openai_service import OpenAIService
from tests.fakes.voice_ports import FakeCall
from tests.voice.conftest import CALLER, GUIDE, Told, Visits
from voice.errors import RecogniserError, VoiceError
from voice.ports import Passage, Pcm16
from voice.providers import openai_api
from voice.runtime import Runtime
from voice.settings import OpenAIEndpoint, VoiceSettings
from voice.spec import AgentSpec, JsonScalar, ProviderSpec

FAKES = "tests.fakes.voice_plugins"
OPENAI = ProviderSpec("openai")


@pytest.fixture
async def service() -> AsyncIterator[OpenAIService]:
    """An OpenAI-compatible service on this machine."""
    async with OpenAIService() as service:
        yield service


@pytest.fixture
async def settings(service: OpenAIService) -> VoiceSettings:
    """An operator with a service and plug-ins."""
    endpoint = OpenAIEndpoint(service.base_url, "key-of-the-operator", "small-model")
    return VoiceSettings(
        openai_stt=endpoint,
        openai_llm=endpoint,
        openai_tts=endpoint,
        plugins={
            "llm": {
                "parrot": f"{FAKES}:ParrotLLM",
                "stuck": f"{FAKES}:StuckLLM",
                "stubborn": f"{FAKES}:StubbornLLM",
            },
            "tts": {"hum": f"{FAKES}:ToneTTS", "broken": f"{FAKES}:BrokenTTS"},
        },
        stt_timeout_s=3.0,
        llm_timeout_s=0.8,
        tts_timeout_s=1.0,
    )


def with_provider(stage: str, name: str, **options: JsonScalar) -> AgentSpec:
    """Return the guide with another provider in one stage."""
    chosen = ProviderSpec(name, options)
    return dataclasses.replace(GUIDE, **{stage: chosen})  # type: ignore[arg-type]


async def test_all_three_stages_through_an_openai_service(
    visits: Visits, service: OpenAIService, says: Callable[[str], Pcm16]
) -> None:
    visitor = await visits.begin(
        stt=OPENAI,
        llm=ProviderSpec("openai", {"model": "big-model", "temperature": 0.2}),
        tts=ProviderSpec("openai", {"voice": "nova"}),
        context="The visitor is a member.",
    )
    await visitor.call.speak(says("How much is a ticket?"))
    await visitor.told.until(lambda told: told.captions("assistant"), within_s=30)

    (question,) = visitor.told.captions("user")
    assert question.text == "how much is a ticket"
    (answer,) = visitor.told.captions("assistant")
    assert answer.text == "A ticket costs twelve euros. Children enter for free."

    (heard,) = service.asked("transcriptions")
    assert heard["model"] == "small-model"
    assert heard["user"] == "visitor-7"
    assert 1.5 < heard["seconds"] < 4
    (chat,) = service.asked("chat")
    assert (chat["model"], chat["temperature"], chat["user"]) == ("big-model", 0.2, "visitor-7")
    assert chat["stream"] is True
    system = " ".join(m["content"] for m in chat["messages"] if m["role"] == "system")
    assert "Harbour Museum" in system
    assert "12 euros" in system
    assert "The visitor is a member." in system
    assert chat["messages"][-1] == {"role": "user", "content": "how much is a ticket"}
    spoken = service.asked("speech")
    assert [body["input"] for body in spoken] == [
        "A ticket costs twelve euros.",
        "Children enter for free.",
    ]
    assert {body["voice"] for body in spoken} == {"nova"}
    assert {body["response_format"] for body in spoken} == {"pcm"}


class Library:
    """A retriever that knows one thing."""

    async def search(self, query: str, limit: int) -> list[Passage]:
        """Return it."""
        return [Passage("The lens was ground in 1882.", "lens.pdf", "The lens", 4)]


async def test_a_language_model_is_given_what_was_looked_up(
    visits: Visits, service: OpenAIService
) -> None:
    visitor = await visits.begin(audio=False, llm=OPENAI, retriever=Library())
    await visitor.conversation.send_text("When was the lens of the lighthouse made?")
    await visitor.told.until(lambda told: len(told.captions("assistant")) == 1)
    await visitor.conversation.send_text("When was the lens of the lighthouse made?")
    await visitor.told.until(lambda told: len(told.captions("assistant")) == 2)

    first, second = (chat["messages"] for chat in service.asked("chat"))
    assert first[-2]["role"] == "system"
    assert first[-2]["content"].splitlines()[1:] == [
        "Source: lens.pdf, page 4",
        "## The lens",
        "The lens was ground in 1882.",
    ]
    assert sum("ground in 1882" in message["content"] for message in second) == 1, "piled up"
    titles = [[s.title for s in line.sources] for line in visitor.told.captions("assistant")]
    assert titles == [["lens.pdf"], ["lens.pdf"]]


async def test_what_was_looked_up_for_a_spoken_question_is_told_with_its_answer(
    visits: Visits, service: OpenAIService, says: Callable[[str], Pcm16]
) -> None:
    visitor = await visits.begin(llm=OPENAI, retriever=Library())
    await visitor.call.speak(says("How much is a ticket?"))
    await visitor.told.until(lambda told: told.captions("assistant"), within_s=30)

    (answer,) = visitor.told.captions("assistant")
    assert [source.title for source in answer.sources] == ["lens.pdf"]


async def test_one_failure_is_tried_again_unnoticed(visits: Visits, service: OpenAIService) -> None:
    visitor = await visits.begin(audio=False, llm=OPENAI)
    service.fail_next = 1
    await visitor.conversation.send_text("hello")
    await visitor.told.until(lambda told: told.captions("assistant"))

    assert "twelve euros" in visitor.told.captions("assistant")[0].text
    assert not visitor.told.failed


@pytest.mark.parametrize("trouble", ["error", "slow"])
async def test_a_language_model_that_fails_is_apologised_for_and_the_visit_goes_on(
    visits: Visits, service: OpenAIService, trouble: str
) -> None:
    visitor = await visits.begin(audio=False, llm=OPENAI)
    if trouble == "error":
        service.status = 500
    else:
        service.delay_s = 3.0
    await visitor.conversation.send_text("hello")
    await visitor.told.until(lambda told: told.captions("assistant"))

    assert "I cannot think of an answer" in visitor.told.captions("assistant")[0].text
    (failed,) = visitor.told.failed
    assert (failed.stage, failed.provider) == ("llm", "openai")
    assert "hello" not in failed.reason

    service.status, service.delay_s = 200, 0.0
    await visitor.conversation.send_text("hello again")
    await visitor.told.until(lambda told: len(told.captions("assistant")) == 2)
    assert "twelve euros" in visitor.told.captions("assistant")[1].text


async def test_a_lost_voice_answers_in_writing(visits: Visits, service: OpenAIService) -> None:
    visitor = await visits.begin(tts=OPENAI)
    service.status = 500
    await visitor.conversation.send_text("Do you have a cafe?")
    await visitor.told.until(lambda told: len(told.captions("assistant")) == 2)

    texts = {c.text for c in visitor.told.captions("assistant")}
    assert "Our cafe serves coffee, cake and a small lunch menu." in texts
    assert any("I answer in writing" in text for text in texts)
    assert [f.stage for f in visitor.told.failed] == ["tts"]


async def test_a_lost_recogniser_is_said_and_typing_helps(
    visits: Visits, service: OpenAIService, says: Callable[[str], Pcm16]
) -> None:
    visitor = await visits.begin(stt=OPENAI)
    service.status = 401
    await visitor.call.speak(says("How much is a ticket?"))
    await visitor.told.until(lambda told: told.captions("assistant"), within_s=30)

    assert "You can also type" in visitor.told.captions("assistant")[0].text
    assert [f.reason for f in visitor.told.failed] == ["the service answered 401"]
    await visitor.conversation.send_text("Do you have a cafe?")
    await visitor.told.until(lambda told: len(told.captions("assistant")) == 2, within_s=30)
    assert "coffee" in visitor.told.captions("assistant")[1].text


@pytest.mark.parametrize(
    "answer",
    [
        ("how much is a ticket", "text/plain"),
        ("<html>Log in</html>", "text/html"),
        ("{", "application/json"),
        ("[]", "application/json"),
        ("null", "application/json"),
        ('{"error": "busy"}', "application/json"),
        ('{"text": null}', "application/json"),
    ],
)
async def test_what_is_no_transcript_is_a_failure_that_the_visit_survives(
    settings: VoiceSettings, service: OpenAIService, answer: tuple[str, str]
) -> None:
    service.odd_transcript = answer
    choice = openai_api.Choice("small-model", "", None, "en", CALLER)
    async with openai_api.client(settings.openai_stt, 3.0) as client:
        transcriber = openai_api.OpenAITranscriber(client, choice)
        with pytest.raises(RecogniserError, match="something else than a transcript"):
            await transcriber.transcribe(np.zeros(1600, np.int16))


async def test_plug_ins_that_the_operator_named(visits: Visits) -> None:
    visitor = await visits.begin(llm=ProviderSpec("parrot"), tts=ProviderSpec("hum"))
    await visitor.conversation.send_text("good morning")
    await visitor.told.until(lambda told: told.captions("assistant"))

    assert visitor.told.captions("assistant")[0].text == "You said: good morning"
    ((heard_s, interrupted),) = visitor.call.loudspeaker.finished
    assert heard_s == pytest.approx(0.5, abs=0.05)
    assert not interrupted


async def test_a_plug_in_that_never_answers_is_given_up(visits: Visits) -> None:
    visitor = await visits.begin(audio=False, llm=ProviderSpec("stuck"))
    await visitor.conversation.send_text("hello")
    await visitor.told.until(lambda told: told.captions("assistant"))

    assert [f.reason for f in visitor.told.failed] == ["no answer in time"]


async def test_a_plug_in_without_a_voice_left_answers_in_writing(visits: Visits) -> None:
    visitor = await visits.begin(tts=ProviderSpec("broken"))
    await visitor.conversation.send_text("Do you have a cafe?")
    await visitor.told.until(lambda told: len(told.captions("assistant")) == 2)

    assert [(f.stage, f.provider) for f in visitor.told.failed] == [("tts", "broken")]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (with_provider("llm", "oracle"), "no provider 'oracle' for llm; there are: offline"),
        (with_provider("tts", "parrot"), "no provider 'parrot' for tts"),
        (with_provider("llm", "openai", base_url="http://evil"), "no option 'base_url': it takes"),
        (with_provider("llm", "openai", temperature="hot"), "'temperature' for llm is a number"),
        (with_provider("llm", "openai", temperature=3), "'temperature' for llm is a number"),
        (with_provider("llm", "openai", temperature=True), "'temperature' for llm is a number"),
        (with_provider("llm", "openai", temperature=float("nan")), "'temperature' for llm is"),
        (with_provider("stt", "openai", model=""), "'model' for stt is a name"),
        (with_provider("llm", "parrot", model="x"), "no option 'model': remove it"),
        (with_provider("llm", f"{FAKES}:ParrotLLM"), "no provider"),
    ],
)
def test_what_an_agent_may_not_choose(runtime: Runtime, spec: AgentSpec, message: str) -> None:
    with pytest.raises(VoiceError, match=message):
        runtime.check(spec)


@pytest.mark.parametrize(
    "target", ["no.such.module:Class", f"{FAKES}:Nothing", "json:JSONDecoder", "nonsense"]
)
def test_a_plug_in_that_is_none_stops_the_start(target: str) -> None:
    with pytest.raises(VoiceError, match="plug-in 'mine' for llm"):
        Runtime(VoiceSettings(plugins={"llm": {"mine": target}}))


def test_a_default_that_names_nothing_stops_the_start() -> None:
    with pytest.raises(VoiceError, match="no provider 'openai' for llm"):
        Runtime(VoiceSettings(llm_provider="openai"))


async def test_a_visit_to_an_agent_with_a_wrong_choice_is_refused(runtime: Runtime) -> None:
    call = FakeCall()
    with pytest.raises(VoiceError, match="no provider 'oracle'"):
        runtime.conversation(
            with_provider("llm", "oracle"),
            microphone=call.microphone,
            loudspeaker=call.loudspeaker,
            on_event=Told(),
            caller=CALLER,
        )


async def test_what_an_agent_hears_and_speaks(visits: Visits) -> None:
    runtime = visits.runtime
    assert runtime.hears(GUIDE)
    assert runtime.speaks(GUIDE)
    assert runtime.languages(GUIDE) == ("en",)
    anywhere = dataclasses.replace(GUIDE, stt=OPENAI, tts=OPENAI)
    assert runtime.languages(anywhere) == ()
    assert runtime.provider_names("llm") == ("offline", "openai", "parrot", "stuck", "stubborn")


@pytest.mark.parametrize("cancelled", [False, True])
async def test_a_provider_that_does_not_stop_holds_no_visit(
    visits: Visits, cancelled: bool
) -> None:
    before = asyncio.all_tasks()
    visitor = await visits.begin(llm=ProviderSpec("stubborn"))
    await visitor.conversation.send_text("Hello")
    await asyncio.sleep(0.2)
    started_s = time.monotonic()
    closing = asyncio.create_task(visitor.conversation.aclose())
    if cancelled:
        await asyncio.sleep(0.1)
        closing.cancel()
    await asyncio.gather(closing, return_exceptions=True)
    await visitor.call.__aexit__(None, None, None)
    assert time.monotonic() - started_s < 1.5
    await asyncio.sleep(0.1)
    left = {task.get_name(): str(task.get_coro()) for task in asyncio.all_tasks() - before}
    own = ("LLM", "llm", "execute_tools")
    assert not {name: of for name, of in left.items() if not any(o in name + of for o in own)}
    await asyncio.wait(asyncio.all_tasks() - before, timeout=5)


async def test_a_character_that_comes_in_halves_spoils_nothing(
    visits: Visits, service: OpenAIService
) -> None:
    service.pieces = ("Happy to help \ud83d", "\ude00 What size?")
    visitor = await visits.begin(audio=False, llm=OPENAI)
    await visitor.conversation.send_text("Do you have shoes?")
    await visitor.told.until(lambda told: told.captions("assistant"))
    await visitor.conversation.send_text("And in 42?")
    await visitor.told.until(lambda told: len(told.captions("assistant")) == 2)
    texts = [one.text for one in visitor.told.captions("assistant")]
    assert texts == ["Happy to help 😀 What size?"] * 2
    assert service.asked("chat")[1]["messages"][-2]["content"] == texts[0]
    assert not visitor.told.failed


async def test_an_answer_without_end_is_cut(visits: Visits, service: OpenAIService) -> None:
    service.pieces = ("Ab c. " * 1_000,) * 8
    visitor = await visits.begin(audio=False, llm=OPENAI)
    await visitor.conversation.send_text("Tell me everything")
    await visitor.told.until(lambda told: told.captions("assistant"))
    assert 20_000 <= len(visitor.told.captions("assistant")[0].text) < 27_000


async def test_an_answer_that_began_in_writing_is_written_to_its_end(
    visits: Visits, service: OpenAIService
) -> None:
    service.answer = "We are open from Tuesday to Sunday. On Monday we are closed."
    service.between_s = 0.1
    visitor = await visits.begin(audio=False, llm=OPENAI)
    await visitor.conversation.send_text("When are you open?")
    await visitor.told.until(lambda told: told.captions("assistant", final=False))
    await visitor.conversation.set_audio(True)  # the call gets through
    await visitor.told.until(lambda told: told.captions("assistant"))
    (answer,) = visitor.told.captions("assistant")
    assert answer.text == service.answer
    service.between_s = 0.0
    await visitor.conversation.send_text("And on Monday?")
    await visitor.told.until(lambda told: len(told.captions("assistant")) == 2)
    assert visitor.call.loudspeaker.texts == [
        "We are open from Tuesday to Sunday.",
        "On Monday we are closed.",
    ]
