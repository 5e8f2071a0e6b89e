"""A body that is read in pieces says what it says when it is read at once."""

import json
from typing import Any

import pytest
from django.test import RequestFactory
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from api import bodies
from api.bodies import LongText, NotAnObject, TooLong, long_object

LONG = {"file_data", "image"}
ascii_texts = st.text(st.characters(max_codepoint=126), max_size=40)
names = st.sampled_from(["file_data", "image", "a", "b"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | ascii_texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(names, values, max_size=4)
run = examples(
    max_examples=300,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PIECE_BYTES", 7)
    monkeypatch.setattr(bodies, "KEPT_BYTES", 10)


def read(body: bytes, limit_bytes: int = 10_000) -> dict[str, Any]:
    request = RequestFactory().post("/", body, content_type="application/json")
    with long_object(request, LONG, limit_bytes) as found:
        return {
            name: "".join(value.pieces()) if isinstance(value, LongText) else value
            for name, value in found.items()
        }


@given(body=objects, indent=st.sampled_from([None, 1]))
@run
def test_it_is_the_same_object(body: dict[str, Any], indent: int | None) -> None:
    assert read(json.dumps(body, indent=indent).encode()) == body


@given(
    body=objects,
    at=st.integers(0, 200),
    put=st.sampled_from([b"", b'"', b"\\", b"{", b"}", b":", b",", b"\\u00", b"\xff"]),
    cut=st.integers(0, 3),
)
@run
def test_what_is_broken_is_no_object(body: dict[str, Any], at: int, put: bytes, cut: int) -> None:
    raw = json.dumps(body).encode()
    broken = raw[:at] + put + raw[at + cut :]
    try:
        whole = json.loads(broken, strict=False)
    except ValueError:
        whole = None
    if isinstance(whole, dict):
        assert read(broken) == whole
    else:
        with pytest.raises(NotAnObject):
            read(broken)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"file_data": "xxxxxxxxxxxxxxxxxxxxxxxx", "file_data": 5}', {"file_data": 5}),
        (b'{"file_data": {"file_data": "xxxxxxxxxxxx"}}', {"file_data": {"file_data": "x" * 12}}),
        (b'{"file\\u005fdata": "x\\/x\\u002Bxxxxxxxxxx"}', {"file_data": "x/x+xxxxxxxxxx"}),
    ],
)
def test_names_count_as_json_has_them(body: bytes, found: dict[str, Any]) -> None:
    assert read(body) == found


def test_it_has_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "REST_BYTES", 50)
    assert read(b'{"file_data": "%s"}' % (b"x" * 900)) == {"file_data": "x" * 900}
    for body in (b'{"a": "%s"}', b'{"%s": 1}', b"[%s]", b'{"file_data": ["%s"]}'):
        with pytest.raises(TooLong):
            read(body % (b"1" * 900))
    with pytest.raises(TooLong):
        read(b'{"file_data": "%s"}' % (b"x" * 900), limit_bytes=800)
