"""Which visit a log line belongs to."""

import logging
from contextvars import ContextVar

sid_var: ContextVar[str] = ContextVar("sid", default="")
"""The sid of the visit that the current task works for; tasks inherit it when they start."""


class VisitFilter(logging.Filter):
    """Puts the current visit's sid on every record, as `sid`; empty outside of visits."""

    def filter(self, record: logging.LogRecord) -> bool:
        if not hasattr(record, "sid"):
            record.sid = sid_var.get()
        return True
