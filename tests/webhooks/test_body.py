"""The bytes that are signed, and the signatures."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook

from webhooks import signing
from webhooks.body import MAX_BODY_BYTES, compose, timestamp
from webhooks.events import EVENTS, normalised
from webhooks.signing import Signed

AT = datetime(2024, 1, 15, 9, 50, tzinfo=UTC)
VECTOR = (
    '{"id":"evt_1","event":"room.join","event_type":"room.join","agent_id":"A91XMB7113",'
    '"agent_code":"A91XMB7113","data":{"room_name":"support","participant_count":1,'
    '"session_id":"session_xyz"},"timestamp":1705312200.000001,"created":1705312200}'
)
BODY_DIGEST = "cdabd7fc159809d8d763f41906430a7cb99529db842d0881644028483c5c4f46"
STAMPED_DIGEST = "c5784a398ee3e0bd6c5af3d5e7d7c823166fed08b878ecaa45975a15aa57d496"
KEY = "your-webhook-secret"


def composed(data: dict[str, Any], at: datetime = AT) -> str:
    return compose(uid="evt_1", event_type="room.join", agent_code="A91XMB7113", data=data, at=at)


def test_the_body_of_the_contract_to_the_byte() -> None:
    data = {"room_name": "support", "participant_count": 1, "session_id": "session_xyz"}
    assert composed(data) == VECTOR


def test_the_digests_of_the_contract() -> None:
    assert signing.digest(KEY, VECTOR) == BODY_DIGEST
    assert signing.digest(KEY, f"1705312200.{VECTOR}") == STAMPED_DIGEST


@pytest.mark.parametrize(
    ("event_type", "family", "stamped"),
    [
        ("room.join", "auto", False),
        ("chat.push", "auto", False),
        ("ping", "auto", True),
        ("session.ended", "auto", True),
        ("agent.ready", "auto", True),
        ("ping", "body", False),
        ("chat.push", "timestamped", True),
    ],
)
def test_each_family_of_events_is_signed_in_its_way(
    event_type: str, family: str, stamped: bool
) -> None:
    old, new = signing.new_secret(), signing.new_secret()
    now = datetime.now(UTC)
    signed = Signed(event_type, "evt_1", "dlv_1", VECTOR, now)
    headers = signing.headers(signed, [old, new], family)
    seconds = str(int(now.timestamp()))
    content = f"{seconds}.{VECTOR}" if stamped else VECTOR
    assert headers["X-bitHuman-Signature"] == f"sha256={signing.digest(old, content)}"
    assert len(headers["X-bitHuman-Signature"]) == 71
    assert headers["X-bitHuman-Timestamp"] == headers["webhook-timestamp"] == seconds
    assert headers["X-bitHuman-Event"] == event_type
    assert (headers["X-bitHuman-Delivery"], headers["webhook-id"]) == ("dlv_1", "evt_1")
    for key in (old, new):
        Webhook(key).verify(VECTOR, headers)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (3.0, "3"),
        (-0.0, "0"),
        (0.5, "0.5"),
        (1e-9, "0"),
        (1e21, '"1000000000000000000000"'),
        (float("nan"), "null"),
        (float("inf"), "null"),
        (2**60, '"1152921504606846976"'),
        (True, "true"),
        ("é👋\u2028\x7f", '"é👋\u2028\x7f"'),
        ("\x00\x1f", '"\\u0000\\u001f"'),
        ("\ud83d", '"\ufffd"'),
        ("\ud83d\udc4b", '"👋"'),
        (["a", {"b": 2.0}], '["a",{"b":2}]'),
        (AT, "1705312200.000001"),
    ],
)
def test_every_value_is_written_as_javascript_writes_it(value: object, written: str) -> None:
    assert f'"data":{{"value":{written}}}' in composed({"value": value})


@pytest.mark.parametrize("moment", [AT, 1705312285, 1705312285.0, 1705312285.25])
def test_a_timestamp_is_a_float_to_every_reader(moment: object) -> None:
    found = json.loads(composed({"timestamp": moment}))["data"]["timestamp"]
    assert isinstance(found, float)
    assert found % 1


def test_a_timestamp_in_milliseconds_stays_whole() -> None:
    assert '"timestamp":1705312285123}' in composed({"timestamp": 1705312285123})


@pytest.mark.parametrize("key", ["7", "0", 7])
def test_keys_that_javascript_would_move_are_refused(key: Any) -> None:
    with pytest.raises(ValueError, match="JavaScript"):
        composed({"value": {key: 1}})


@given(st.datetimes(datetime(2001, 9, 10), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_a_timestamp_survives_reading_and_writing(at: datetime) -> None:
    seconds = timestamp(at)
    assert seconds % 1
    assert "e" not in repr(seconds)
    assert json.loads(json.dumps(seconds)) == seconds


@settings(deadline=None, max_examples=25)
@given(st.text(min_size=1, max_size=20), st.integers(1, 60_000))
def test_a_long_message_is_cut_and_nothing_else(piece: str, times: int) -> None:
    message = piece * times
    body = composed({"role": "user", "message": message, "session_id": "ses_1"})
    assert len(body.encode()) <= MAX_BODY_BYTES
    kept = json.loads(body)["data"]["message"]
    whole = message.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert kept == whole or (kept.endswith("…") and whole.startswith(kept[:-1]))
    if kept != whole:
        assert len(body.encode()) > MAX_BODY_BYTES - 20, "no more than needed"


def test_what_is_too_long_without_a_message_is_refused() -> None:
    with pytest.raises(ValueError, match="no message"):
        composed({"transcript": "x" * 100_000})


def test_names_may_be_written_with_underscores() -> None:
    assert normalised(["chat_push", "room_join", "ROOM.JOIN"]) == ["room.join", "chat.push"]
    assert normalised(EVENTS) == list(EVENTS)
    with pytest.raises(ValueError, match=r"room\.leave"):
        normalised(["room.leave"])
