"""The server's own record of how long each turn's stages took."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

LONGEST_ENDPOINTING_MS = 1000.0
"""How long the engine waits for more speech at most; later, only for the recogniser."""

_GRAIN_MS = 30.0

_NEAR_S = 1.5
_QUERY = "SELECT at, endpointing_ms, stt_ms, llm_ms, tts_ms FROM rtc_turn ORDER BY at"


@dataclass(frozen=True, slots=True)
class Turn:
    """One exchange: Unix time of the end of speech, and its stages in milliseconds.

    `endpointing_ms` contains `stt_ms`, which is at most as long: a turn can be decided while the
    recogniser is still at work. A stage that took no part counts 0.
    """

    at_s: float
    endpointing_ms: float
    stt_ms: float
    llm_ms: float
    tts_ms: float

    @property
    def provider_ms(self) -> float:
        return self.stt_ms + self.llm_ms + self.tts_ms

    @property
    def waiting_ms(self) -> float:
        """Endpointing without the recogniser."""
        return self.endpointing_ms - self.stt_ms

    @property
    def waited_longest(self) -> bool:
        """Whether the turn was decided when the longest wait was over, and not by its words."""
        return abs(self.endpointing_ms - LONGEST_ENDPOINTING_MS) < _GRAIN_MS


def read(data: Path) -> list[Turn]:
    """All turns of the database in a server's data folder."""
    path = data / "parley.sqlite3"
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        rows = database.execute(_QUERY).fetchall()
    database.close()
    return [
        Turn(_unix_s(at), endpointing, min(stt or 0.0, endpointing), llm or 0.0, tts or 0.0)
        for at, endpointing, stt, llm, tts in rows
        if endpointing is not None
    ]


def nearest(turns: list[Turn], speech_end_s: float) -> Turn | None:
    """The turn whose speech ended at about that Unix time, if one did."""
    found = min(turns, key=lambda turn: abs(turn.at_s - speech_end_s), default=None)
    if found is None or abs(found.at_s - speech_end_s) > _NEAR_S:
        return None
    return found


def _unix_s(at: str) -> float:
    return datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp()
