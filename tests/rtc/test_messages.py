import json

import pytest

from rtc.errors import BadMessage, MessageTooLarge
from rtc.messages import MAX_FRAME_BYTES, Candidate, Hello, Ping, Text, parse


def test_hello_has_friendly_defaults() -> None:
    hello = parse('{"type":"hello"}')
    assert isinstance(hello, Hello)
    assert (hello.mode, hello.greeting, hello.token) == ("voice", True, None)


def test_a_candidate_is_read_as_the_browser_writes_it() -> None:
    message = parse(
        '{"type":"candidate","candidate":{"candidate":"candidate:1 1 udp 1 127.0.0.1 9 typ host",'
        '"sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"x"}}'
    )
    assert isinstance(message, Candidate)
    assert message.candidate is not None
    assert message.candidate.model_dump(by_alias=True)["sdpMid"] == "0"


def test_the_last_candidate_is_null() -> None:
    message = parse('{"type":"candidate","candidate":null}')
    assert isinstance(message, Candidate)
    assert message.candidate is None


@pytest.mark.parametrize(
    ("frame", "names"),
    [
        ("", "JSON"),
        ("[]", "message"),
        ('{"type":"explode"}', "type"),
        ('{"type":"text"}', "text"),
        ('{"type":"text","text":""}', "text"),
        ('{"type":"text","text":"' + "a" * 4001 + '"}', "text"),
        ('{"type":"mic","muted":"perhaps"}', "muted"),
        ('{"type":"hello","v":2}', "v"),
        ('{"type":"text","text":"a\\u0000b"}', "text"),
        ('{"type":"hello","sid":"ses_\\u0000"}', "sid"),
        ('{"type":"hello","parent":"\\u0000"}', "parent"),
        ('{"type":"text","text":"\\ud800"}', "JSON"),
    ],
)
def test_a_bad_message_names_its_field(frame: str, names: str) -> None:
    with pytest.raises(BadMessage, match=names):
        parse(frame)


def test_a_refusal_never_quotes_what_was_said() -> None:
    with pytest.raises(BadMessage) as caught:
        parse(json.dumps({"type": "text", "text": "my secret " * 500}))
    assert "my secret" not in str(caught.value)


def test_size_counts_bytes_not_characters() -> None:
    frame = json.dumps({"type": "text", "text": "ü" * (MAX_FRAME_BYTES // 2)}, ensure_ascii=False)
    assert len(frame) < MAX_FRAME_BYTES
    with pytest.raises(MessageTooLarge):
        parse(frame)


def test_script_is_text_like_any_other() -> None:
    message = parse('{"type":"text","text":"<script>alert(1)</script>"}')
    assert isinstance(message, Text)
    assert message.text == "<script>alert(1)</script>"
    assert isinstance(parse('{"type":"ping","t":3.5}'), Ping)
