"""Conversations by text, and what goes for every conversation."""

import asyncio
import logging
import statistics
import threading
import time

import psutil
import pytest

from tests.voice.conftest import Visits
from voice.errors import VoiceError
from voice.events import TurnMeasured
from voice.ports import Line, Passage


async def test_a_typed_question_is_answered_in_writing(visits: Visits) -> None:
    visitor = await visits.begin(audio=False)
    await visitor.conversation.send_text("How much is a ticket for students?")
    await visitor.told.until(lambda told: told.captions("assistant"))

    (question,) = visitor.told.captions("user")
    assert (question.text, question.source) == ("How much is a ticket for students?", "text")
    (answer,) = visitor.told.captions("assistant")
    assert "Students pay 8 euros." in answer.text
    assert answer.source == "text"
    assert not visitor.call.loudspeaker.first_push_at
    (turn,) = visitor.told.measured
    assert turn.endpointing_ms is None
    assert turn.tts_ms is None
    assert turn.reply_ms is not None
    assert turn.reply_ms < 500


async def test_every_line_is_closed_once_and_ids_are_their_own(visits: Visits) -> None:
    visitor = await visits.begin(audio=False)
    for text in ("Hello", "Where are you?", "Thank you"):
        await visitor.conversation.send_text(text)
        count = len(visitor.told.captions("user"))
        await visitor.told.until(lambda told, n=count: len(told.captions("assistant")) == n)  # type: ignore[misc]

    ids = [caption.id for role in ("user", "assistant") for caption in visitor.told.captions(role)]
    assert len(ids) == 6
    assert len(set(ids)) == 6


async def test_what_the_back_end_says_of_the_visitor_is_in_the_first_turn(visits: Visits) -> None:
    visitor = await visits.begin(
        audio=False, context='{"first_name": "Ana", "order_number": "4711"}'
    )
    await visitor.conversation.send_text("hello")
    await visitor.told.until(lambda told: told.captions("assistant"))
    await visitor.conversation.send_text("What is my order number?")
    await visitor.told.until(lambda told: len(told.captions("assistant")) == 2)

    greeting, order = visitor.told.captions("assistant")
    assert "Ana" in greeting.text
    assert "4711" in order.text


async def test_context_added_later_is_silent_and_counts(visits: Visits) -> None:
    visitor = await visits.begin(audio=False)
    await visitor.conversation.add_context('{"seat": "row 12"}')
    assert not visitor.told.captions("assistant", final=False)
    await visitor.conversation.send_text("What is my seat?")
    await visitor.told.until(lambda told: told.captions("assistant"))

    assert "row 12" in visitor.told.captions("assistant")[0].text


async def test_an_earlier_transcript_is_remembered(visits: Visits) -> None:
    earlier = (Line("user", "My name is John"), Line("assistant", "Nice to meet you, John."))
    visitor = await visits.begin(audio=False, history=earlier)
    await visitor.conversation.send_text("What is my name?")
    await visitor.told.until(lambda told: told.captions("assistant"))

    assert "John" in visitor.told.captions("assistant")[0].text


async def test_queued_lines_are_said_in_turn_and_a_typed_line_drops_them(visits: Visits) -> None:
    visitor = await visits.begin()
    await visitor.conversation.say("The first announcement.")
    await visitor.conversation.say("The second announcement.")
    await visitor.conversation.say("The third announcement.")
    await visitor.told.until(lambda told: len(told.captions("assistant")) == 1)
    await visitor.told.until(lambda told: len(told.captions("assistant", final=False)) >= 5)
    await visitor.conversation.send_text("hello")
    await visitor.told.until(lambda told: len(told.captions("assistant")) == 4, within_s=30)

    lines = {c.text: c for c in visitor.told.captions("assistant")}
    assert not lines["The first announcement."].interrupted
    assert lines["The first announcement."].source == "speak"
    dropped = lines[""]
    assert dropped.interrupted
    assert (dropped.source, dropped.unsaid) == ("speak", "The third announcement.")
    cut = next(c for c in lines.values() if c.text.startswith("The second") or c.text == "The")
    assert cut.interrupted
    assert not any("third" in text for text in lines)


async def test_too_many_queued_lines_are_refused(visits: Visits) -> None:
    visitor = await visits.begin()
    for _ in range(32):
        await visitor.conversation.say("Again.")
    with pytest.raises(VoiceError, match="too many"):
        await visitor.conversation.say("Once more.")


async def test_the_greeting_is_said_once(visits: Visits) -> None:
    visitor = await visits.begin(audio=False)
    await visitor.conversation.greet()
    await visitor.conversation.greet()
    await visitor.told.until(lambda told: told.captions("assistant"))
    await asyncio.sleep(0.2)

    (greeting,) = visitor.told.captions("assistant")
    assert greeting.source == "greeting"
    assert not [e for e in visitor.told.events if isinstance(e, TurnMeasured)]


async def test_a_conversation_that_is_over_says_so(visits: Visits) -> None:
    visitor = await visits.begin(audio=False)
    await visitor.conversation.aclose()
    with pytest.raises(VoiceError):
        await visitor.conversation.send_text("hello")
    with pytest.raises(VoiceError):
        await visitor.conversation.say("hello")


async def test_fifty_visits_leave_nothing_behind(visits: Visits) -> None:
    first = await visits.begin()
    await first.conversation.aclose()
    tasks, threads = asyncio.all_tasks(), threading.active_count()
    children = len(psutil.Process().children())
    took_s: list[float] = []
    for number in range(50):
        visitor = await visits.begin()
        if number % 5 == 0:
            await visitor.conversation.send_text("When are you open?")
            await visitor.told.until(lambda told: told.captions("assistant", final=False))
        started_s = time.monotonic()
        await visitor.conversation.aclose()
        took_s.append(time.monotonic() - started_s)
        await visitor.call.__aexit__(None, None, None)

    assert statistics.median(took_s) < 0.3
    assert asyncio.all_tasks() <= tasks
    assert threading.active_count() <= threads + 1  # the engine's end-of-turn thread
    assert len(psutil.Process().children()) == children


async def test_nothing_said_or_prompted_is_in_a_log(
    visits: Visits, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    visitor = await visits.begin(context='{"secret": "swordfish"}')
    await visitor.conversation.send_text("Do you have a xylophone in the cafe?")
    await visitor.told.until(lambda told: told.captions("assistant"), within_s=30)
    await visitor.conversation.aclose()

    for record in caplog.records:
        written = f"{record.getMessage()} {vars(record)}"
        for said in ("xylophone", "swordfish", "lighthouse", "cake"):
            assert said not in written


ALBERT = Passage(
    "The gargoyle on the roof is called Albert. He was carved in 1911.",
    "tour.pdf",
    "Roof",
    3,
    "kf_1",
)
STAIRS = Passage("The stairs to the roof have 212 steps.", "tour.pdf", "Stairs", 2, "kf_1")


class Library:
    """A retriever with one shelf; empty-handed when it is closed."""

    def __init__(self, *, closed: bool = False) -> None:
        self.asked: list[str] = []
        self._closed = closed

    async def search(self, query: str, limit: int) -> list[Passage]:
        """Return what is known of gargoyles."""
        self.asked.append(query)
        if self._closed:
            raise VoiceError("closed")
        return [ALBERT, STAIRS][:limit]


async def test_knowledge_from_elsewhere_is_used(visits: Visits) -> None:
    library = Library()
    visitor = await visits.begin(audio=False, retriever=library)
    await visitor.conversation.send_text("What is the gargoyle called?")
    await visitor.told.until(lambda told: told.captions("assistant"))

    assert "Albert" in visitor.told.captions("assistant")[0].text
    assert library.asked == ["What is the gargoyle called?"]
    assert visitor.told.captions("assistant")[0].sources == (ALBERT,)
    assert visitor.told.captions("user")[0].sources == ()


async def test_knowledge_that_cannot_be_searched_does_not_stop_an_answer(visits: Visits) -> None:
    visitor = await visits.begin(audio=False, retriever=Library(closed=True))
    await visitor.conversation.send_text("Do you have a cafe?")
    await visitor.told.until(lambda told: told.captions("assistant"))

    assert "coffee" in visitor.told.captions("assistant")[0].text


async def test_knowledge_that_is_slow_to_come_is_done_without(
    visits: Visits, caplog: pytest.LogCaptureFixture
) -> None:
    visitor = await visits.begin(audio=False, retriever=Slow())
    await visitor.conversation.send_text("Do you have a cafe?")
    await visitor.told.until(lambda told: told.captions("assistant"), within_s=5)

    assert "coffee" in visitor.told.captions("assistant")[0].text
    assert "knowledge not searched" in caplog.text


class Slow:
    """A retriever whose database does not answer."""

    async def search(self, query: str, limit: int) -> list[Passage]:
        """Wait for ever."""
        await asyncio.Event().wait()
        raise AssertionError


async def test_a_short_question_is_looked_up_with_the_one_before(visits: Visits) -> None:
    library = Library()
    visitor = await visits.begin(audio=False, retriever=library)
    await visitor.conversation.send_text("When does the tower open?")
    await visitor.told.until(lambda told: len(told.captions("assistant")) == 1)
    await visitor.conversation.send_text("And the roof?")
    await visitor.told.until(lambda told: len(told.captions("assistant")) == 2)

    assert library.asked[-1] == "When does the tower open? And the roof?"
