"""What the offline responder answers."""

import time

import pytest

from tests.voice.conftest import GUIDE, KNOWLEDGE
from voice.offline.responder import Responder
from voice.ports import Line

GUIDES = Responder(name="Mira", prompt=GUIDE.prompt, knowledge=KNOWLEDGE)


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("what are your opening hours", "from ten in the morning until six"),
        ("when did you been on saturday", "Tuesday to Sunday"),  # as the recogniser hears it
        ("when do you close", "until six in the evening"),
        ("are you open on monday", "On Mondays the museum is closed."),
        ("how much is a ticket", "12 euros"),
        ("how much is it today", "12 euros"),
        ("do students get a discount", "Students pay 8 euros."),
        ("is it expensive", "12 euros"),
        ("where are you", "5 Harbour Street"),
        ("which tram should i take", "Tram line 4"),
        ("can I eat something there", "Our cafe serves coffee"),
        ("what can you tell me about the cafe", "Our cafe serves coffee"),
        ("hi there can you tell me the opening hours", "Tuesday to Sunday"),
        ("who are you", "I'm Mira, the friendly guide of the Harbour Museum."),
        ("what can you do", "I can tell you about opening hours, tickets and prices"),
        ("what can you do", "I cannot look things up"),
        ("are you a robot", "not a person"),
        ("hello", "Hello! I'm Mira."),
        ("thank you very much", "You're welcome."),
        ("goodbye", "Goodbye."),
        ("how are you", "I'm well"),
        ("my name is ana", "Nice to meet you, Ana."),
        ("what is my name", "I do not know your name"),
        ("what is the capital of france", "I can tell you about"),
        ("", "did not catch that"),
    ],
)
def test_a_visitor_is_answered(question: str, part: str) -> None:
    assert part in GUIDES.answer(question)


def test_what_it_does_not_know_it_says_and_not_always_in_the_same_words() -> None:
    history: list[Line] = []
    answers = []
    for question in ("can you fly", "what is love", "sing a song"):
        answers.append(GUIDES.answer(question, history=history))
        history += [Line("user", question), Line("assistant", answers[-1])]
    assert len(set(answers)) == 3
    assert all("I can tell you about opening hours" in answer for answer in answers)


def test_it_repeats_goes_on_and_follows_up() -> None:
    asked = [Line("user", "how much is a ticket"),
             Line("assistant", "An adult ticket costs 12 euros.")]  # fmt: skip
    assert GUIDES.answer("say that again please", history=asked) == asked[1].text
    assert "Children under 12" in GUIDES.answer("tell me more", history=asked)
    assert "Children under 12 enter for free." in GUIDES.answer("and for children", history=asked)


def test_it_uses_what_it_was_told_of_the_visitor() -> None:
    context = '{"customer": {"name": "Ana Lima", "orderNumber": 4711, "vip": true}}'
    assert GUIDES.answer("hello", context=context).startswith("Hello, Ana!")
    assert "4711" in GUIDES.answer("what is my order number", context=context)
    assert "Bo" in GUIDES.answer("what's my name", context="The visitor's name is Bo.")


def test_it_uses_passages_that_were_looked_up() -> None:
    answer = GUIDES.answer(
        "who designed the lighthouse",
        passages=["Ada Wren designed it in 1902, the lighthouse of the port."],
    )
    assert "Ada Wren" in answer


def test_it_offers_what_it_can_look_up() -> None:
    librarian = Responder(name="Bo", prompt="", knowledge="", topics=["Tide tables"])
    assert librarian.answer("what can you do").startswith("I can tell you about Tide tables.")


def test_without_knowledge_it_is_honest() -> None:
    bare = Responder(name="Bo", prompt="", knowledge="")
    assert "I have not been told much yet" in bare.answer("what are your opening hours")
    assert "I'm Bo" in bare.answer("who are you")


def test_much_knowledge_is_searched_quickly() -> None:
    big = Responder(
        name="Bo",
        prompt="",
        knowledge="\n".join(f"Item {n} is kept in room {n % 97}." for n in range(20_000)),
    )
    started_s = time.process_time()
    assert "12345" in big.answer("where is item 12345")
    assert time.process_time() - started_s < 0.5
