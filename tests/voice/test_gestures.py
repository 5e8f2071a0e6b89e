"""Gestures that go with what is said: at keywords, and as the language model asks."""

from collections.abc import AsyncIterator, Callable

import pytest

from tests.fakes.openai_service import OpenAIService
from tests.voice.conftest import Told, Visits
from voice.events import Caption, Event, GestureMade
from voice.gesturing import PAUSE_S, Keywords, Listener
from voice.ports import Pcm16
from voice.settings import OpenAIEndpoint, VoiceSettings
from voice.spec import GestureSpec, ProviderSpec

OPENAI = ProviderSpec("openai")
WORDS = {"hello": "wave", "Thank you": "smile", "thank": "nod", "Grüß dich": "wave"}


@pytest.fixture
async def service() -> AsyncIterator[OpenAIService]:
    async with OpenAIService() as service:
        yield service


@pytest.fixture
async def settings(service: OpenAIService) -> VoiceSettings:
    endpoint = OpenAIEndpoint(service.base_url, "key-of-the-operator", "small-model")
    return VoiceSettings(openai_llm=endpoint, stt_timeout_s=20.0)


def gestures(told: Told) -> list[str]:
    return [event.name for event in told.events if isinstance(event, GestureMade)]


@pytest.mark.parametrize(
    ("said", "gesture"),
    [
        ("Well, HELLO there!", "wave"),
        ("Othello is a play.", None),
        ("I thank you for it", "smile"),
        ("I thank him", "nod"),
        ("GRÜSS DICH!", "wave"),
        ("thank-you hello", "smile"),
        ("", None),
    ],
)
def test_a_keyword_is_found_whole_and_in_any_case(said: str, gesture: str | None) -> None:
    assert Keywords(WORDS).first_in(said) == gesture


class Hall:
    """Captions in, gestures out, with a clock that is set by hand."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.now_s = 100.0
        self._listener = Listener(Keywords(WORDS), self.events.append, lambda: self.now_s)

    def hears(self, text: str, line: str = "a1", *, final: bool = False) -> list[str]:
        """What a line that has come so far brings about."""
        self.events.clear()
        self._listener.on_event(Caption(line, "assistant", text, final, False, "voice"))
        return [event.name for event in self.events if isinstance(event, GestureMade)]


def test_a_sentence_that_grows_makes_one_gesture_when_its_word_comes() -> None:
    hall = Hall()
    assert hall.hears("Well,") == []
    assert hall.hears("Well, hello") == ["wave"]
    hall.now_s += 2 * PAUSE_S
    assert hall.hears("Well, hello hello and thank you") == []
    assert hall.hears("Well, hello hello and thank you. Thank you") == ["smile"]
    hall.now_s += 2 * PAUSE_S
    assert hall.hears("Well, hello hello and thank you. Thank you", final=True) == []


def test_there_is_a_pause_between_gestures() -> None:
    hall = Hall()
    assert hall.hears("Hello.", "a1") == ["wave"]
    hall.now_s += PAUSE_S / 2
    assert hall.hears("Hello.", "u1") == []
    hall.now_s += PAUSE_S
    assert hall.hears("Hello. Hello.", "u1") == ["wave"]


async def test_the_avatar_waves_with_its_word_and_not_before_it_is_heard(visits: Visits) -> None:
    visitor = await visits.begin(
        greeting="This is a rather long sentence that comes first. Hello to you.",
        gestures=GestureSpec({"hello": "wave"}),
    )
    await visitor.conversation.greet()
    await visitor.told.until(lambda told: gestures(told))
    before = [event for event in visitor.told.events if isinstance(event, Caption)]
    assert before[-1].text.endswith("first. Hello")
    assert visitor.call.loudspeaker.heard_s > 2


async def test_a_visitor_s_word_is_answered_by_a_gesture(
    visits: Visits, says: Callable[[str], Pcm16]
) -> None:
    visitor = await visits.begin(gestures=GestureSpec({"museum": "nod"}))
    await visitor.call.speak(says("Where is the museum?"))
    await visitor.told.until(lambda told: gestures(told) == ["nod"], within_s=30)
    heard = [event for event in visitor.told.events if isinstance(event, Caption)]
    assert heard[-1].role == "user"


async def test_a_language_model_makes_a_gesture_while_it_speaks(
    visits: Visits, service: OpenAIService
) -> None:
    service.calls = [("make_gesture", {"gesture": "laugh"})]
    visitor = await visits.begin(llm=OPENAI, gestures=GestureSpec(callable=("laugh", "nod")))
    await visitor.conversation.send_text("Tell me a joke")
    await visitor.told.until(lambda told: told.captions("assistant"), within_s=30)
    assert gestures(visitor.told) == ["laugh"]
    assert "twelve euros" in visitor.told.captions("assistant")[0].text
    (asked,) = service.asked("chat")
    (tool,) = asked["tools"]
    assert tool["function"]["name"] == "make_gesture"
    choices = tool["function"]["parameters"]["properties"]["gesture"]["enum"]
    assert choices == ["laugh", "nod"]

    await visitor.conversation.send_text("Another one")
    await visitor.told.until(lambda told: len(told.captions("assistant")) == 2, within_s=30)
    again = service.asked("chat")[1]["messages"]
    assert [m["role"] for m in again if m.get("tool_calls") or m["role"] == "tool"] == [
        "assistant",
        "tool",
    ]


async def test_a_call_without_words_is_followed_by_words(
    visits: Visits, service: OpenAIService
) -> None:
    service.calls, service.wordless = [("make_gesture", {"gesture": "nod"})], 1
    visitor = await visits.begin(llm=OPENAI, gestures=GestureSpec(callable=("nod",)))
    await visitor.conversation.send_text("Do you agree?")
    await visitor.told.until(lambda told: told.captions("assistant"), within_s=30)
    assert gestures(visitor.told) == ["nod"]
    assert "twelve euros" in visitor.told.captions("assistant")[0].text


async def test_a_gesture_outside_the_allow_list_is_said_to_be_unknown(
    visits: Visits, service: OpenAIService
) -> None:
    service.calls, service.wordless = [("make_gesture", {"gesture": "kiss"})], 1
    visitor = await visits.begin(llm=OPENAI, gestures=GestureSpec(callable=("nod",)))
    await visitor.conversation.send_text("Kiss me")
    await visitor.told.until(lambda told: told.captions("assistant"), within_s=30)
    assert gestures(visitor.told) == []
    told = [m["content"] for m in service.asked("chat")[1]["messages"] if m["role"] == "tool"]
    assert told == ["That gesture is unknown; there are nod."]


async def test_without_an_allow_list_the_model_has_no_tool(
    visits: Visits, service: OpenAIService
) -> None:
    visitor = await visits.begin(audio=False, llm=OPENAI)
    await visitor.conversation.send_text("hello")
    await visitor.told.until(lambda told: told.captions("assistant"))
    assert "tools" not in service.asked("chat")[0]
