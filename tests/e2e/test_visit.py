"""What a visitor does in a visit beside talking: type, leave, come back, move to another tab."""

from playwright.sync_api import expect

from tests.e2e import agents
from tests.e2e.conftest import Visitors
from tests.e2e.measured import Measurement, audible
from tests.e2e.parley import Parley
from tests.e2e.pictures import shoot
from tests.e2e.records import wait_for_visit
from tests.e2e.widget import CALL_WITHIN_S


def test_typed_words_are_answered_aloud_beside_the_voice(
    visitors: Visitors, parley: Parley
) -> None:
    widget = visitors.demo(agents.TALKER)
    widget.talk()
    measurement = Measurement(widget)
    widget.say("Tell me about the opera house")
    widget.wait(agent_state="speaking")
    widget.say("Who are you?")
    widget.wait_for_line("assistant", lambda line: "Tara" in line)
    lines = widget.lines("assistant")
    assert agents.OPERA.startswith(lines[0].rstrip(" .…"))
    assert lines[0] != agents.OPERA
    assert audible(measurement.samples())
    visit = wait_for_visit(parley.database, widget.sid, lambda visit: len(visit.lines) == 4)
    assert [line.source for line in visit.lines if line.role == "user"] == ["text", "text"]
    assert [line.interrupted for line in visit.lines if line.role == "assistant"] == [True, False]


def test_a_visit_in_writing_needs_no_microphone_and_no_call(visitors: Visitors) -> None:
    context, _ = visitors.person(granted=False)
    widget = visitors.demo(context=context)
    widget.type_instead()
    widget.wait_for_line("assistant", lambda line: "Mira" in line)
    widget.say("How much is a pot of tea?")
    widget.wait_for_line("assistant", lambda line: "five dollars" in line)
    shoot(widget.page, "text-only")
    assert widget.evaluate("probe.peers.length") == 0


def test_a_page_may_begin_with_a_silent_face(visitors: Visitors) -> None:
    """It moves by itself, is read and typed to, and becomes a conversation when it is wanted."""
    context, _ = visitors.person(granted=False)
    widget = visitors.alone("/embed/" + agents.SINGLE + "?start=muted", context=context)
    widget.wait(CALL_WITHIN_S, state="live", media="live")
    assert widget.evaluate("document.getElementById('face').muted")
    measurement = Measurement(widget)
    widget.say("Who are you?")
    widget.wait(agent_state="speaking")
    shoot(widget.page, "watching")
    widget.wait_for_line("assistant", lambda line: "Sia" in line)
    assert max(picture.change for picture in measurement.pictures()) > 0
    widget.at("unmute").click()
    assert not widget.evaluate("document.getElementById('face').muted")
    context.grant_permissions(["microphone"])
    widget.at("talk").click()
    expect(widget.at("mute")).to_be_visible()
    widget.wait(CALL_WITHIN_S, state="live", media="live")
    widget.end()


def test_a_silent_face_that_nobody_touched_goes_with_its_page(visitors: Visitors) -> None:
    """The agent has one place: a second page gets in as soon as the first is left."""
    context, _ = visitors.person(granted=False)
    address = "/embed/" + agents.SINGLE + "?start=muted"
    widget = visitors.alone(address, context=context)
    widget.wait(CALL_WITHIN_S, state="live", media="live")
    assert widget.evaluate("sessionStorage.length") == 0
    widget.page.close()
    again = visitors.alone(address, context=context)
    again.wait(CALL_WITHIN_S, state="live", media="live")
    again.end()


def test_ending_frees_the_place(visitors: Visitors, parley: Parley) -> None:
    first, second = visitors.demo(agents.SINGLE), visitors.demo(agents.SINGLE)
    first.talk()
    second.at("start-text").click()
    code, words = second.refusal()
    assert code == "SESSION_LIMIT"
    assert "Sia is in conversation" in words
    expect(second.at("error-wait")).to_contain_text("Trying again in")
    sid = first.sid
    first.end()
    expect(first.at("ended-reason")).to_have_text("You ended the conversation.")
    visit = wait_for_visit(parley.database, sid, lambda visit: visit.state == "ended")
    assert visit.end_reason == "visitor"
    second.at("retry").click()
    second.wait(state="live")
    second.end()


def test_a_reload_goes_on_where_the_visitor_left(visitors: Visitors, parley: Parley) -> None:
    widget = visitors.demo()
    widget.talk()
    widget.say("How much is a pot of tea?")
    answer = widget.wait_for_line("assistant", lambda line: "five dollars" in line)
    sid = widget.sid
    widget.page.reload()
    widget.at("continue").click()
    widget.wait(25, state="live", media="live")
    assert widget.sid == sid
    assert widget.lines("user") == ["How much is a pot of tea?"]
    assert answer in widget.lines("assistant")
    widget.say("When do you open on Saturday?")
    widget.wait_for_line("assistant", lambda line: "nine" in line)
    visit = wait_for_visit(parley.database, sid, lambda visit: "nine" in visit.said_by("assistant"))
    assert visit.state == "live"


def test_a_second_tab_takes_the_visit_over(visitors: Visitors, parley: Parley) -> None:
    token = parley.mint(agents.GUESTS)["token"]
    context, _ = visitors.person()
    first = visitors.alone(f"/embed/{agents.GUESTS}#token={token}", context=context)
    first.type_instead()
    first.say("Hello")
    first.wait_for_line("assistant", lambda line: "Gwen" in line)
    second = visitors.alone(f"/embed/{agents.GUESTS}#token={token}", context=context)
    second.type_instead()
    first.wait(state="ended", reason="taken_over")
    expect(first.at("ended-reason")).to_contain_text("another tab")
    assert second.lines("user") == ["Hello"]
    first.at("here").click()
    first.wait(state="live")
    second.wait(state="ended", reason="taken_over")
