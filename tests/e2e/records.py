"""What the server has recorded of a visit, read from its database by its sid."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

WRITTEN_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Line:
    role: str
    text: str
    source: str
    interrupted: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """`reply_ms` has one latency for each turn that was answered."""

    sid: str
    room_name: str
    fingerprint: str
    state: str
    end_reason: str
    origin: str
    lines: tuple[Line, ...]
    reply_ms: tuple[float, ...]

    def said_by(self, role: str) -> str:
        """All that one side said, in one text."""
        return " ".join(line.text for line in self.lines if line.role == role)


def read_visit(database: Path, sid: str) -> Visit:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)) as db:
        key, room_name, fingerprint, state, end_reason, origin = db.execute(
            "SELECT id, room_name, fingerprint, state, end_reason, origin FROM rtc_session"
            " WHERE sid = ?",
            (sid,),
        ).fetchone()
        lines = db.execute(
            "SELECT role, text, source, interrupted FROM rtc_line WHERE session_id = ?"
            " ORDER BY at, id",
            (key,),
        ).fetchall()
        turns = db.execute(
            "SELECT reply_ms FROM rtc_turn WHERE session_id = ? AND reply_ms IS NOT NULL", (key,)
        ).fetchall()
    return Visit(
        sid,
        room_name,
        fingerprint,
        state,
        end_reason,
        origin,
        tuple(Line(role, text, source, bool(cut)) for role, text, source, cut in lines),
        tuple(turn[0] for turn in turns),
    )


def wait_for_visit(database: Path, sid: str, meets: Callable[[Visit], bool]) -> Visit:
    """The visit as soon as it meets a condition; its latest record when it never does."""
    deadline_s = time.monotonic() + WRITTEN_WITHIN_S
    while True:
        visit = read_visit(database, sid)
        if meets(visit) or time.monotonic() > deadline_s:
            return visit
        time.sleep(0.05)
