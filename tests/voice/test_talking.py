"""Spoken conversations over a microphone and a loudspeaker that run in real time."""

import asyncio
from collections.abc import Callable

import pytest

from tests.fakes.voice_ports import FakeCall
from tests.voice.conftest import Visits
from voice.events import AgentState, UserState
from voice.ports import Pcm16

Says = Callable[[str], Pcm16]


async def test_a_spoken_question_is_understood_and_answered_aloud(
    visits: Visits, says: Says
) -> None:
    visitor = await visits.begin()
    tick = len(visitor.call.recording)
    await visitor.call.speak(says("What are your opening hours?"))

    await visitor.told.until(lambda told: told.captions("assistant"), within_s=30)

    (question,) = visitor.told.captions("user")
    assert "opening hours" in question.text
    assert question.source == "voice"
    (answer,) = visitor.told.captions("assistant")
    assert answer.text.startswith("We are open from Tuesday to Sunday")
    assert not answer.interrupted
    growing = [c.text for c in visitor.told.captions("assistant", final=False)]
    assert len(growing) > 8
    assert all(answer.text.startswith(text) for text in growing)
    assert visitor.call.energy_since(tick) > 300
    assert {p.name for p in visitor.call.loudspeaker.phones} >= {"w", "iy", "ow", "p", "pau"}
    told = [e for e in visitor.told.events if isinstance(e, AgentState | UserState)]
    states = [e.state if isinstance(e, AgentState) else e.speaking for e in told]
    assert states == ["listening", True, False, "thinking", "speaking", "listening"]
    (turn,) = visitor.told.measured
    assert turn.endpointing_ms is not None
    assert turn.stt_ms is not None
    assert turn.endpointing_ms >= 290
    pushed_at = visitor.call.loudspeaker.first_push_at[0]
    assert turn.reply_ms == pytest.approx((pushed_at - turn.heard_end_at) * 1000, abs=20)


async def test_the_visitor_stops_the_avatar_and_only_what_was_heard_stays(
    visits: Visits, says: Says
) -> None:
    visitor = await visits.begin()
    await visitor.conversation.send_text("When are you open?")
    await visitor.told.until(lambda told: len(told.captions("assistant", final=False)) >= 4)
    tick = len(visitor.call.recording)

    speaking = asyncio.create_task(visitor.call.speak(says("How much is a ticket, please?")))
    await visitor.told.until(lambda told: UserState(True) in told.events)
    await asyncio.sleep(0.3)
    stopped = len(visitor.call.recording)
    await speaking
    assert not any(block.any() for block in visitor.call.recording[stopped:])
    await visitor.told.until(lambda told: told.captions("assistant"), within_s=30)

    answer = visitor.told.captions("assistant")[0]
    assert answer.interrupted
    assert answer.text.startswith("We are open")
    assert "evening" not in answer.text
    silent_after = next(
        n for n, block in enumerate(visitor.call.recording[tick:]) if not block.any()
    )
    assert silent_after * 20 <= 800

    await visitor.told.until(lambda told: len(told.captions("assistant")) == 2, within_s=30)
    assert "ticket" in visitor.told.captions("user")[-1].text
    assert "12 euros" in visitor.told.captions("assistant")[1].text


async def test_typing_interrupts_too(visits: Visits) -> None:
    visitor = await visits.begin()
    await visitor.conversation.greet()
    await visitor.told.until(lambda told: len(told.captions("assistant", final=False)) >= 2)
    await visitor.conversation.send_text("Do you have a cafe?")
    await visitor.told.until(lambda told: len(told.captions("assistant")) == 2, within_s=30)

    greeting, answer = visitor.told.captions("assistant")
    assert greeting.interrupted
    assert greeting.source == "greeting"
    assert greeting.text.startswith("Hello,")
    assert "museum" not in greeting.text
    assert answer.text == "Our cafe serves coffee, cake and a small lunch menu."
    assert answer.source == "text"


async def test_a_line_of_the_back_end_is_interrupted_by_voice_and_kept_as_heard(
    visits: Visits, says: Says
) -> None:
    visitor = await visits.begin()
    await visitor.conversation.say(
        "Your order left our warehouse this morning, and it will be with you tomorrow by noon."
    )
    await visitor.conversation.say("Is there anything else?")
    await visitor.told.until(lambda told: len(told.captions("assistant", final=False)) >= 3)
    await visitor.call.speak(says("Stop. What does a ticket cost?"))
    await visitor.told.until(lambda told: len(told.captions("assistant")) >= 3, within_s=30)

    cut, dropped, answer = visitor.told.captions("assistant")[:3]
    assert (cut.source, cut.interrupted) == ("speak", True)
    assert cut.text.startswith("Your order")
    assert "noon" not in cut.text
    assert (dropped.text, dropped.unsaid) == ("", "Is there anything else?")
    assert "12 euros" in answer.text


async def test_its_own_echo_and_the_noise_of_an_office_never_interrupt_it(
    visits: Visits,
) -> None:
    visitor = await visits.begin(call=FakeCall(echo_db=-20, echo_s=0.15, noise_db=-55))
    await visitor.conversation.greet()
    await visitor.told.until(lambda told: told.captions("assistant"), within_s=30)
    await asyncio.sleep(0.5)

    assert UserState(True) not in visitor.told.events
    assert not visitor.told.captions("assistant")[0].interrupted


async def test_the_visitor_is_heard_over_the_echo(visits: Visits, says: Says) -> None:
    visitor = await visits.begin(call=FakeCall(echo_db=-20, echo_s=0.15))
    await visitor.conversation.send_text("When are you open?")
    await visitor.told.until(lambda told: len(told.captions("assistant", final=False)) >= 3)
    await visitor.call.speak(says("Stop. What does a ticket cost?"))
    await visitor.told.until(lambda told: told.captions("assistant"), within_s=30)

    assert visitor.told.captions("assistant")[0].interrupted


async def test_a_cough_only_makes_it_pause(visits: Visits, says: Says) -> None:
    visitor = await visits.begin()
    await visitor.conversation.greet()
    await visitor.told.until(lambda told: len(told.captions("assistant", final=False)) >= 2)
    await visitor.call.speak(says("Uh"))
    await visitor.told.until(lambda told: told.captions("assistant"), within_s=30)

    (greeting,) = visitor.told.captions("assistant")
    assert not greeting.interrupted
    assert greeting.text.endswith("museum.")
    assert not visitor.told.captions("user")


async def test_a_lost_microphone_ends_what_was_being_said(visits: Visits, says: Says) -> None:
    visitor = await visits.begin()
    speaking = asyncio.create_task(visitor.call.speak(says("How much is a ticket for students?")))
    await visitor.told.until(lambda told: UserState(True) in told.events)
    await asyncio.sleep(1.2)
    visitor.call.connected = False
    await speaking
    await visitor.told.until(lambda told: told.captions("assistant"), within_s=30)

    assert "ticket" in visitor.told.captions("user")[0].text


async def test_losing_sound_cuts_the_speech_and_goes_on_in_writing(visits: Visits) -> None:
    visitor = await visits.begin()
    await visitor.conversation.send_text("When are you open?")
    await visitor.told.until(lambda told: len(told.captions("assistant", final=False)) >= 3)
    await visitor.conversation.set_audio(False)
    await visitor.told.until(lambda told: told.captions("assistant"))
    assert visitor.told.captions("assistant")[0].interrupted

    pushed = len(visitor.call.loudspeaker.first_push_at)
    await visitor.conversation.send_text("Do you have a cafe?")
    await visitor.told.until(lambda told: len(told.captions("assistant")) == 2, within_s=3)
    assert len(visitor.call.loudspeaker.first_push_at) == pushed

    await visitor.conversation.set_audio(True)
    await visitor.conversation.send_text("How much is a ticket?")
    await visitor.told.until(lambda told: len(told.captions("assistant")) == 3, within_s=30)
    assert len(visitor.call.loudspeaker.first_push_at) == pushed + 1


async def test_a_reply_that_nobody_plays_gives_way_to_the_next(visits: Visits) -> None:
    long = " ".join(f"This is sentence {n} of an answer that goes on." for n in range(8))
    visitor = await visits.begin(greeting=long)
    await visitor.conversation.greet()
    await visitor.told.until(lambda told: told.captions("assistant", final=False))
    visitor.call.loudspeaker.clear()  # as a playout does when its listener stays away
    await visitor.conversation.say("Your order has been shipped.")
    await visitor.told.until(lambda told: len(told.captions("assistant")) == 2)
    cut, line = visitor.told.captions("assistant")
    assert cut.interrupted
    assert long.startswith(cut.text)
    assert (line.text, line.interrupted) == ("Your order has been shipped.", False)
