"""Log lines: text or JSON, each with its visit's sid and its request's id, without tokens."""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

HIDDEN = "[hidden]"
JWT = re.compile(r"\beyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){0,2}")
NAMED_SECRET = re.compile(
    r"""(?ix)
    ((?:\b|%3F|%26) (?:token|resume|api[-_]?secret|credential|password|authorization)
     ["']? \s* (?:=|:|%3D) \s* ["']? (?:Bearer\s+)?)
    [^\s"'&;,}]+"""
)
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {
    *("message", "asctime", "taskName", "sid"),
    "request",  # Django's, whose repr has the query
}
# The engine's own lines name speech and prompts in fields that begin so.
PRIVATE_PREFIX = "lk.pii"


def redact(line: str) -> str:
    """`line` without anything that looks like a token or a secret."""
    return NAMED_SECRET.sub(rf"\1{HIDDEN}", JWT.sub(HIDDEN, line))


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    """The values that the caller gave beside the message."""
    return {
        name: value
        for name, value in vars(record).items()
        if name not in STANDARD and not name.startswith(PRIVATE_PREFIX)
    }


class TextFormatter(logging.Formatter):
    """`12:30:59 INFO rtc.session ses_… visit ended reason=idle`."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's name
        parts = [
            record.asctime,
            record.levelname,
            record.name,
            getattr(record, "sid", ""),
            record.message,
            *(f"{name}={value}" for name, value in _extras(record).items()),
        ]
        return " ".join(part for part in parts if part)

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class JsonFormatter(logging.Formatter):
    """One JSON object a line, with the caller's values as fields of their own."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if sid := getattr(record, "sid", ""):
            line["sid"] = sid
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        for name, value in _extras(record).items():
            line.setdefault(name, value)
        return json.dumps(_redacted(line), ensure_ascii=False, default=repr)


def _redacted(line: dict[str, Any]) -> dict[str, Any]:
    """Texts are cleaned one by one, so that the line stays JSON whatever is hidden."""
    cleaned = {}
    for name, value in line.items():
        plain = value if isinstance(value, int | float | None) else str(value)
        if isinstance(plain, str):
            plain = HIDDEN if NAMED_SECRET.match(f"{name}=x") else redact(plain)
        cleaned[name] = plain
    return cleaned


def configuration(shape: str, level: str) -> dict[str, Any]:
    """The LOGGING setting for `shape` text or json, at `level`."""
    formatter = JsonFormatter if shape == "json" else TextFormatter
    quiet = {
        "daphne": "WARNING",
        "aiortc": "WARNING",
        "aioice": "WARNING",
        "httpx": "WARNING",
        "httpx2": "WARNING",
        "httpcore": "WARNING",
        "httpcore2": "WARNING",
        "openai": "WARNING",
        "asyncio": "WARNING",
        # parley.access has the refusals; what went wrong inside is an ERROR.
        "django.request": "ERROR",
        # Its coming and going are the server's.
        "django_tasks_db": "ERROR",
        # What is done every hour is nothing to tell; failed tasks are errors.
        "django_tasks": "WARNING",
        # Below INFO the engine logs what visitors say.
        "livekit": "INFO" if level == "DEBUG" else level,
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "visit": {"()": "rtc.visit_log.VisitFilter"},
            "request": {"()": "api.request_id.RequestFilter"},
        },
        "formatters": {"line": {"()": formatter}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["visit", "request"],
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            **{name: {"level": each} for name, each in quiet.items()},
            # Django's own handlers would print every line twice.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            "django.db.backends": {"level": "INFO"},
        },
    }
