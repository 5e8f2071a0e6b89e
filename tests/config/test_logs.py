import io
import json
import logging
import logging.config
from collections.abc import Iterator

import pytest

from config import logs
from rtc.visit_log import sid_var

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJhZ2VudENvZGUiOiJBIn0.c2lnbmF0dXJl"
SECRETS = [
    ("GET /embed/A1?token=abc.def&lang=en", "abc.def"),
    (f"claims of {JWT} are wrong", JWT),
    (f"Authorization: Bearer {JWT}", JWT),
    ("api-secret: sk_verysecret", "sk_verysecret"),
    ("{'api_secret': 'sk_verysecret', 'sid': 'ses_1'}", "sk_verysecret"),
    ('{"resume": "r3sume", "credential":"c0turn"}', "c0turn"),
    ("next=/embed/A1%3Ftoken%3Dabc.def", "abc.def"),
]


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the root handler writes, under the shape that the test configures."""
    root = logging.getLogger()
    kept = root.handlers[:], root.level
    root.handlers[:] = []
    yield io.StringIO()
    root.handlers[:], level = kept
    root.setLevel(level)


def handler(shape: str, out: io.StringIO) -> logging.Logger:
    """A logger that writes to `out` through the configured formatter and filter."""
    configuration = logs.configuration(shape, "INFO")
    configuration["handlers"]["stderr"]["stream"] = out
    configuration["root"]["handlers"] = []
    configuration["loggers"] = {
        "tests.visit": {"handlers": ["stderr"], "level": "INFO", "propagate": False}
    }
    logging.config.dictConfig(configuration)
    return logging.getLogger("tests.visit")


@pytest.mark.parametrize(("message", "secret"), SECRETS)
@pytest.mark.parametrize("shape", ["text", "json"])
def test_no_secret_reaches_a_line(
    lines: io.StringIO, shape: str, message: str, secret: str
) -> None:
    logger = handler(shape, lines)
    logger.info("%s", message)
    logger.info("in a value", extra={"path": message})
    try:
        raise ValueError(message)
    except ValueError:
        logger.exception("in a traceback")
    written = lines.getvalue()
    assert secret not in written
    assert written.count(logs.HIDDEN) >= 3


def test_a_secret_named_by_its_field_is_hidden(lines: io.StringIO) -> None:
    handler("json", lines).info("minted", extra={"token": "opaque", "agent": "A1"})
    line = json.loads(lines.getvalue())
    assert line["token"] == logs.HIDDEN
    assert line["agent"] == "A1"


@pytest.mark.parametrize("shape", ["text", "json"])
def test_every_line_of_a_visit_has_its_sid(lines: io.StringIO, shape: str) -> None:
    logger = handler(shape, lines)
    token = sid_var.set("ses_0123456789")
    logger.info("visit ended", extra={"reason": "idle", "seconds": 12})
    sid_var.reset(token)
    logger.info("afterwards")
    first, second = lines.getvalue().splitlines()
    assert "ses_0123456789" in first
    assert "ses_0123456789" not in second
    if shape == "json":
        assert json.loads(first)["sid"] == "ses_0123456789"
        assert json.loads(first)["seconds"] == 12
    else:
        assert first.endswith("INFO tests.visit ses_0123456789 visit ended reason=idle seconds=12")


def test_what_the_engine_marks_as_private_stays_out(lines: io.StringIO) -> None:
    handler("json", lines).info("user said", extra={"lk.pii.text": "my number is 12"})
    assert "my number" not in lines.getvalue()


def test_the_engine_never_logs_below_info() -> None:
    assert logs.configuration("text", "DEBUG")["loggers"]["livekit"]["level"] == "INFO"
    assert logs.configuration("text", "ERROR")["loggers"]["livekit"]["level"] == "ERROR"
