"""How long each exchange took, stage by stage."""

import time
from dataclasses import dataclass

from voice.events import TurnMeasured


@dataclass(slots=True)
class _Exchange:
    heard_end_at: float
    committed_at: float
    endpointing_ms: float | None = None
    stt_ms: float | None = None
    waited_longest: bool = False
    text_at: float | None = None
    reply_at: float | None = None
    spoken: bool = False


class TurnMeter:
    """Takes the marks of the exchange under way; all times are Unix times."""

    def __init__(self) -> None:
        self._open: _Exchange | None = None
        self._by_reply: dict[str, _Exchange] = {}

    def committed(
        self, heard_end_at: float | None, *, stt_ms: float | None, waited_longest: bool
    ) -> None:
        """The engine decided that the visitor's spoken turn is over."""
        now = time.time()
        exchange = _Exchange(now, now, stt_ms=stt_ms, waited_longest=waited_longest)
        if heard_end_at is not None:
            exchange.heard_end_at = heard_end_at
            exchange.endpointing_ms = (now - heard_end_at) * 1000
        self._open = exchange

    def typed(self) -> None:
        """The visitor sent a line."""
        self._open = _Exchange(time.time(), time.time())

    def text(self) -> None:
        """The answer's first words are there."""
        if self._open is not None and self._open.text_at is None:
            self._open.text_at = time.time()

    def reply(self, reply: str, *, spoken: bool) -> None:
        """The answer's first audio was handed over, or its first words were shown."""
        exchange = self._open
        if exchange is not None and exchange.reply_at is None:
            exchange.reply_at, exchange.spoken = time.time(), spoken
            exchange.text_at = exchange.text_at or exchange.reply_at
            self._by_reply[reply] = exchange
            self._open = None

    def close(self, reply: str, *, interrupted: bool) -> TurnMeasured | None:
        """The answer is over; return its measurement, None for what answers nobody."""
        exchange = self._by_reply.pop(reply, None)
        if exchange is None or exchange.reply_at is None or exchange.text_at is None:
            return None
        return TurnMeasured(
            id=reply,
            heard_end_at=exchange.heard_end_at,
            endpointing_ms=exchange.endpointing_ms,
            stt_ms=exchange.stt_ms,
            llm_ms=max(0.0, exchange.text_at - exchange.committed_at) * 1000,
            tts_ms=(exchange.reply_at - exchange.text_at) * 1000 if exchange.spoken else None,
            reply_ms=(exchange.reply_at - exchange.heard_end_at) * 1000,
            waited_longest=exchange.waited_longest,
            interrupted=interrupted,
        )
