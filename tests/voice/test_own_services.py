"""Services of an agent's owner: asked first, and the operator's default behind them."""

import dataclasses
from collections.abc import AsyncIterator, Callable

import pytest

from tests.fakes.openai_service import OpenAIService
from tests.voice.conftest import GUIDE, Told, Visits
from voice.events import ProviderReplaced
from voice.ports import Pcm16
from voice.runtime import Runtime
from voice.settings import VoiceSettings
from voice.spec import AgentSpec, JsonScalar, OwnService, ProviderSpec

KEY = "sk-of-the-owner"
MODEL = {"model": "own-model"}


@pytest.fixture
async def service() -> AsyncIterator[OpenAIService]:
    """The owner's service, which happens to be on this machine."""
    async with OpenAIService() as service:
        yield service


@pytest.fixture
def settings() -> VoiceSettings:
    """An operator who develops, and has nothing but the offline providers."""
    return VoiceSettings(
        plugins={"stt": {"listens": "tests.fakes.voice_plugins:ListeningSTT"}},
        stt_timeout_s=20.0,
        llm_timeout_s=1.0,
        tts_timeout_s=1.0,
        loopback=True,
    )


def own(service: OpenAIService, **fields: object) -> OwnService:
    """The owner's account of the service."""
    known = OwnService("prv_1", service.base_url, KEY)
    return dataclasses.replace(known, **fields)  # type: ignore[arg-type] # fields by name


def chosen(service: OpenAIService, *stages: str, **fields: object) -> AgentSpec:
    """The guide with the owner's service in some stages."""
    options: dict[str, dict[str, JsonScalar]] = {"tts": {"model": "own-model", "voice": "nova"}}
    specs = {
        stage: ProviderSpec(options=options.get(stage, {**MODEL}), own=own(service, **fields))
        for stage in stages
    }
    return dataclasses.replace(GUIDE, **specs)  # type: ignore[arg-type] # fields by name


def replaced(told: Told) -> list[ProviderReplaced]:
    """What was told of lost services."""
    return [event for event in told.events if isinstance(event, ProviderReplaced)]


async def test_all_three_stages_by_the_owner_s_service(
    visits: Visits,
    service: OpenAIService,
    says: Callable[[str], Pcm16],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-the-operator")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project-of-the-operator")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Secret: of-the-operator")
    visitor = await visits.begin(chosen(service, "stt", "llm", "tts"))
    await visitor.call.speak(says("How much is a ticket?"))
    await visitor.told.until(lambda told: told.captions("assistant"), within_s=30)

    assert visitor.told.captions("user")[0].text == "how much is a ticket"
    answer = visitor.told.captions("assistant")[0].text
    assert answer == "A ticket costs twelve euros. Children enter for free."
    assert not replaced(visitor.told)
    assert not visitor.told.failed
    asked = [*service.asked("transcriptions"), *service.asked("chat"), *service.asked("speech")]
    assert len(asked) == 4
    assert {body["model"] for body in asked} == {"own-model"}
    assert {body["user"] for body in asked} == {"visitor-7"}
    assert {body["voice"] for body in service.asked("speech")} == {"nova"}
    for headers in service.headers:
        assert headers["authorization"] == f"Bearer {KEY}"
        assert headers["x-livekit-room-id"] == "room_ses_7"
        assert headers["x-livekit-job-id"] == "ses_7"
        assert "of-the-operator" not in str(headers)


async def test_one_failure_is_tried_again_unnoticed(visits: Visits, service: OpenAIService) -> None:
    visitor = await visits.begin(chosen(service, "llm"), audio=False)
    service.fail_next = 1
    await visitor.conversation.send_text("How much is a ticket?")
    await visitor.told.until(lambda told: told.captions("assistant"))

    assert "twelve euros" in visitor.told.captions("assistant")[0].text
    assert not replaced(visitor.told)


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        ({"status": 401}, "the service answered 401"),
        ({"status": 500}, "the service answered 500"),
        ({"delay_s": 4.0}, "no answer in time"),
        ({"odd": ("<html>Log in</html>", "text/html")}, "the service answered with nothing"),
        ({"odd": ('data: {"a": \n\n', "text/event-stream")}, "something else than chat"),
        ({"odd": ("data: [1]\n\ndata: 7\n\n", "text/event-stream")}, "answered with nothing"),
        (
            {"odd": ('data: {"choices": [{"delta": [7]}], "id": 7}\n\n', "text/event-stream")},
            "answered with nothing",
        ),
        ({"redirect_to": "http://127.0.0.1:9"}, "the service answered 307"),
    ],
)
async def test_a_lost_model_is_replaced_for_the_rest_of_the_visit(
    visits: Visits, service: OpenAIService, trouble: dict[str, object], reason: str
) -> None:
    visitor = await visits.begin(chosen(service, "llm"), audio=False)
    for name, value in trouble.items():
        setattr(service, name, value)
    await visitor.conversation.send_text("How much is a ticket?")
    await visitor.told.until(lambda told: told.captions("assistant"))
    assert "12 euros" in visitor.told.captions("assistant")[0].text

    asked = len(service.headers)
    await visitor.conversation.send_text("Do you have a cafe?")
    await visitor.told.until(lambda told: len(told.captions("assistant")) == 2)
    assert "coffee" in visitor.told.captions("assistant")[1].text
    assert len(service.headers) == asked
    (event,) = replaced(visitor.told)
    assert (event.stage, event.provider, event.substitute) == ("llm", "custom:prv_1", "offline")
    assert reason in event.reason
    assert KEY not in event.reason
    assert not visitor.told.failed


async def test_an_answer_that_breaks_off_is_apologised_for_and_the_next_is_the_default_s(
    visits: Visits, service: OpenAIService
) -> None:
    visitor = await visits.begin(chosen(service, "llm"), audio=False)
    service.break_after = 3
    await visitor.conversation.send_text("How much is a ticket?")
    await visitor.told.until(lambda told: told.failed)
    assert [(f.stage, f.provider) for f in visitor.told.failed] == [("llm", "custom:prv_1")]
    assert not replaced(visitor.told)

    await visitor.conversation.send_text("Do you have a cafe?")
    await visitor.told.until(lambda told: "coffee" in told.captions("assistant")[-1].text)
    assert [event.stage for event in replaced(visitor.told)] == ["llm"]
    assert len(service.asked("chat")) == 1


@pytest.mark.parametrize(
    "trouble",
    [{"status": 500}, {"odd": ("<html>Log in</html>", "text/html")}, {"odd": ("", "audio/pcm")}],
)
async def test_a_lost_voice_is_replaced_in_the_same_sentence(
    visits: Visits, service: OpenAIService, trouble: dict[str, object]
) -> None:
    visitor = await visits.begin(chosen(service, "tts"))
    for name, value in trouble.items():
        setattr(service, name, value)
    await visitor.conversation.send_text("Do you have a cafe?")
    await visitor.told.until(lambda told: told.captions("assistant"))

    assert "coffee" in visitor.told.captions("assistant")[0].text
    ((heard_s, interrupted),) = visitor.call.loudspeaker.finished
    assert heard_s > 2
    assert not interrupted
    (event,) = replaced(visitor.told)
    assert (event.stage, event.substitute) == ("tts", "offline")
    assert not visitor.told.failed


async def test_a_lost_recogniser_is_replaced_in_the_same_utterance(
    visits: Visits, service: OpenAIService, says: Callable[[str], Pcm16]
) -> None:
    visitor = await visits.begin(chosen(service, "stt"))
    service.status = 500
    await visitor.call.speak(says("How much is a ticket?"))
    await visitor.told.until(lambda told: told.captions("assistant"), within_s=30)

    assert "ticket" in visitor.told.captions("user")[0].text
    (event,) = replaced(visitor.told)
    assert (event.stage, event.reason) == ("stt", "the service answered 500")
    assert len(service.asked("transcriptions")) == 2
    assert not visitor.told.failed


async def test_nothing_is_asked_of_a_service_with_a_problem(
    visits: Visits, service: OpenAIService
) -> None:
    problem = "its key must be entered again"
    visitor = await visits.begin(chosen(service, "llm", problem=problem), audio=False)
    await visitor.conversation.send_text("Do you have a cafe?")
    await visitor.told.until(lambda told: told.captions("assistant"))

    assert "coffee" in visitor.told.captions("assistant")[0].text
    assert [(e.stage, e.reason) for e in replaced(visitor.told)] == [("llm", problem)]
    assert service.headers == []


class TestWhereThisMachineIsForbidden:
    @pytest.fixture
    def settings(self) -> VoiceSettings:
        """An operator in earnest."""
        return VoiceSettings(llm_timeout_s=2.0)

    async def test_a_stranger_s_address_is_checked_when_connecting(
        self, visits: Visits, service: OpenAIService
    ) -> None:
        visitor = await visits.begin(chosen(service, "llm"), audio=False)
        await visitor.conversation.send_text("Do you have a cafe?")
        await visitor.told.until(lambda told: told.captions("assistant"))

        assert "coffee" in visitor.told.captions("assistant")[0].text
        assert [e.reason for e in replaced(visitor.told)] == ["127.0.0.1 is not a public address"]
        assert service.headers == []

    async def test_what_the_operator_trusts_may_be_anywhere(
        self, visits: Visits, service: OpenAIService
    ) -> None:
        visitor = await visits.begin(chosen(service, "llm", trusted=True), audio=False)
        await visitor.conversation.send_text("How much is a ticket?")
        await visitor.told.until(lambda told: told.captions("assistant"))

        assert "twelve euros" in visitor.told.captions("assistant")[0].text
        assert not replaced(visitor.told)


class TestWhereAPlugInStandsBy:
    @pytest.fixture
    def settings(self) -> VoiceSettings:
        """An operator whose visitors are heard by a plug-in."""
        plugins = {"listens": "tests.fakes.voice_plugins:ListeningSTT"}
        return VoiceSettings(plugins={"stt": plugins}, stt_provider="listens", loopback=True)

    async def test_it_hears_whole_utterances(
        self, visits: Visits, service: OpenAIService, says: Callable[[str], Pcm16]
    ) -> None:
        service.status = 500
        visitor = await visits.begin(chosen(service, "stt"))
        await visitor.call.speak(says("Anything at all."))
        await visitor.told.until(lambda told: told.captions("assistant"), within_s=30)

        assert visitor.told.captions("user")[0].text == "do you have a cafe"
        assert [e.substitute for e in replaced(visitor.told)] == ["listens"]


def test_what_an_agent_with_its_own_services_can(runtime: Runtime) -> None:
    service = OwnService("prv_1", "https://speech.example/v1", KEY)
    spec = dataclasses.replace(GUIDE, stt=ProviderSpec(own=service), tts=ProviderSpec(own=service))
    assert runtime.hears(spec)
    assert runtime.speaks(spec)
    assert runtime.languages(spec) == ()
    assert KEY not in repr(spec)
