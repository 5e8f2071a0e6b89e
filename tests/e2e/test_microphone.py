"""A microphone that cannot be had: each reason told apart, and typing goes on instead."""

from playwright.sync_api import expect

from tests.e2e.conftest import Meet, Visitors
from tests.e2e.hosts import site
from tests.e2e.parley import Parley
from tests.e2e.pictures import shoot
from tests.e2e.widget import Widget


def test_a_denied_microphone_leaves_typing(visitors: Visitors) -> None:
    context, _ = visitors.person(granted=False)
    widget = visitors.demo(context=context)
    widget.at("start-voice").click()
    code, words = widget.refusal()
    assert code == "mic_denied"
    assert "localhost" in words, "the grant belongs to the site in the address bar"
    shoot(widget.page, "error")
    widget.at("type-instead").click()
    widget.wait(state="live")
    widget.say("How much is a pot of tea?")
    widget.wait_for_line("assistant", lambda line: "five dollars" in line)


def test_a_page_that_keeps_the_microphone_to_itself_is_named(
    visitors: Visitors, parley: Parley
) -> None:
    with site(f'<iframe src="{parley.embed_url(parley.agent)}"></iframe>') as address:
        context, watch = visitors.person(address.removeprefix("http://"))
        visitors.expect_errors("Permissions policy violation")
        page = context.new_page()
        page.goto(address)
        widget = Widget(page)
        widget.at("start-voice").click()
        code, _ = widget.refusal()
        assert code == "mic_blocked_by_policy"
        assert any('allow="microphone' in warning for warning in watch.warnings)
        widget.at("type-instead").click()
        widget.wait(state="live")


def test_no_microphone_at_all_is_said(meet: Meet) -> None:
    with meet() as visitors:
        widget = visitors.demo()
        widget.at("start-voice").click()
        code, words = widget.refusal()
        assert code == "mic_not_found"
        assert "Connect a microphone" in words
        expect(widget.at("type-instead")).to_be_visible()
