"""The page's pure modules, run where they live: in a browser."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.embed.conftest import Open

Event = dict[str, Any]

RUN = """async (events) => {
  const { INITIAL, next } = await import('/static/embed/machine.js');
  const models = [INITIAL];
  for (const event of events) models.push(next(models[models.length - 1], event));
  return { last: models[models.length - 1], states: models.map(({ state }) => state),
           same: models[models.length - 1] === models[models.length - 2] };
}"""

VOICE: list[Event] = [
    {"type": "start", "mode": "voice"},
    {"type": "microphone_ready"},
    {"type": "welcome", "mode": "voice"},
]
LIVE: list[Event] = [*VOICE, {"type": "media", "media": "live"}]


@pytest.fixture
def module(embed: Open) -> Page:
    return embed(microphone=False)


def run(module: Page, *events: Event) -> dict[str, Any]:
    outcome: dict[str, Any] = module.evaluate(RUN, list(events))
    return outcome


def test_a_spoken_visit_lives_with_its_first_picture(module: Page) -> None:
    outcome = run(module, *LIVE)
    assert outcome["states"] == ["idle", "connecting", "connecting", "connecting", "live"]
    assert outcome["last"]["step"] is None


def test_each_step_of_connecting_is_told(module: Page) -> None:
    for count, step in [(1, "microphone"), (2, "server"), (3, "media")]:
        assert run(module, *VOICE[:count])["last"]["step"] == step


def test_a_typed_visit_lives_when_the_server_accepts_it(module: Page) -> None:
    events: list[Event] = [{"type": "start", "mode": "text"}, {"type": "welcome", "mode": "text"}]
    outcome = run(module, *events, {"type": "media", "media": "live"})
    assert outcome["last"]["state"] == "live"
    assert outcome["last"]["media"] == "none"


def test_blocked_media_makes_it_live_in_writing(module: Page) -> None:
    last = run(module, *VOICE, {"type": "media", "media": "blocked"})["last"]
    assert (last["state"], last["media"]) == ("live", "blocked")


def test_a_drop_and_a_return(module: Page) -> None:
    back: list[Event] = [{"type": "socket_lost"}, {"type": "welcome", "mode": "voice"}]
    outcome = run(module, *LIVE, *back)
    assert outcome["states"][-2:] == ["reconnecting", "live"]
    assert outcome["last"]["media"] == "live"


def test_a_drop_while_connecting_starts_over_at_the_server(module: Page) -> None:
    last = run(module, *VOICE, {"type": "socket_lost"})["last"]
    assert (last["state"], last["step"]) == ("connecting", "server")


@pytest.mark.parametrize(
    "event",
    [
        {"type": "welcome", "mode": "voice"},
        {"type": "media", "media": "live"},
        {"type": "agent", "agent": "speaking"},
        {"type": "ended", "reason": "idle"},
        {"type": "socket_lost"},
    ],
)
def test_what_comes_too_late_changes_nothing(module: Page, event: Event) -> None:
    ended: list[Event] = [*LIVE, {"type": "ended", "reason": "visitor"}]
    outcome = run(module, *ended, event)
    assert outcome["same"]
    assert outcome["last"]["reason"] == "visitor"


def test_a_new_start_forgets_the_last_failure(module: Page) -> None:
    failed: Event = {"type": "failed", "error": "mic_denied", "retryAfterS": None}
    last = run(module, VOICE[0], failed, {"type": "start", "mode": "text"})["last"]
    assert (last["state"], last["error"], last["mode"]) == ("connecting", None, "text")


def test_pauses_double_to_eight_seconds_with_jitter(module: Page) -> None:
    pauses = module.evaluate(
        "async () => { const { pauseMs } = await import('/static/embed/signalling.js');"
        " return [0, 1, 2, 3, 4, 5, 50].map((n) => [pauseMs(n, 0), pauseMs(n, 0.999)]); }"
    )
    assert [least for least, _ in pauses] == [500, 1000, 2000, 4000, 8000, 8000, 8000]
    assert all(least < most < 1.5 * least for least, most in pauses)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"name": "NotAllowedError", "allowed": False}, "mic_blocked_by_policy"),
        ({"name": "NotAllowedError", "allowed": True}, "mic_denied"),
        ({"name": "NotAllowedError", "elapsedMs": 5}, "mic_blocked_by_policy"),
        ({"name": "NotAllowedError", "elapsedMs": 900}, "mic_denied"),
        ({"name": "NotAllowedError", "elapsedMs": 5, "permission": "denied"}, "mic_denied"),
        ({"name": "NotAllowedError", "elapsedMs": 5, "framed": False}, "mic_denied"),
        ({"name": "OverconstrainedError"}, "mic_not_found"),
        ({"name": "AbortError"}, "mic_busy"),
    ],
)
def test_the_diagnosis_of_a_microphone(module: Page, facts: dict[str, Any], code: str) -> None:
    given = {"allowed": None, "permission": None, "framed": True, "elapsedMs": 500, **facts}
    assert code == module.evaluate(
        "async (facts) => (await import('/static/embed/microphone.js')).diagnose(facts)", given
    )


def test_every_error_has_a_title_and_a_sentence(module: Page) -> None:
    texts = module.evaluate(
        """async () => {
          const { describe } = await import('/static/embed/errors.js');
          const facts = { name: 'Mira', site: null, retryAfterS: 4000, kept: false };
          return ['SESSION_LIMIT', 'NO_AVAILABLE_WORKERS', 'RATE_LIMITED', 'agent_unavailable',
                  'ended_by_operator', 'insecure_context', 'mic_blocked_by_policy', 'mic_busy',
                  'mic_denied', 'mic_not_found', 'mic_sandboxed', 'network_lost', 'quota',
                  'sandboxed', 'session_over', 'shutdown', 'token_expired', 'token_invalid',
                  'token_missing', 'webrtc_missing'].map((code) => describe(code, facts));
        }"""
    )
    assert len({fault["body"] for fault in texts}) == len(texts)
    for fault in texts:
        assert fault["title"]
        assert "{" not in fault["title"] + fault["body"] + "".join(fault["steps"])
        assert fault["waitS"] is None or fault["waitS"] <= 600
