"""What is said in a visit: to the page as captions, to the database as transcript and turns."""

import re
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from django.utils import timezone

from rtc import services
from rtc.models import Line
from rtc.store import Store
from voice.events import Caption, ProviderFailed, ProviderReplaced, TurnMeasured
from voice.ports import Line as SpokenLine
from voice.ports import Passage

SHOWN_LINES = 200
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""What no database takes as text, and a model may still write."""


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line of the transcript as the page gets it after a reload."""

    id: str
    role: str
    text: str
    interrupted: bool
    at: str


class Minutes:
    """Keeps the last lines in memory for the page, and writes them where they are kept.

    With `keep` False (the agent keeps no transcripts) no line is kept in the database; what
    leaves with it, the owner's webhooks, leaves all the same.
    """

    def __init__(self, sid: str, store: Store, *, keep: bool, lines: tuple[Line, ...]) -> None:
        self._sid = sid
        self._store = store
        self._keep = keep
        self._lines = [_shown(line) for line in lines]

    @property
    def shown(self) -> list[dict[str, object]]:
        """The transcript so far, oldest first, as JSON fields."""
        return [asdict(line) for line in self._lines]

    @property
    def history(self) -> list[SpokenLine]:
        """The transcript so far, as the conversation engine takes it."""
        return [
            SpokenLine("user" if line.role == "user" else "assistant", line.text)
            for line in self._lines
        ]

    def add(self, caption: Caption) -> None:
        """Take a final caption; a `speak` that was dropped is written and not shown."""
        if not (caption.text or caption.unsaid):
            return
        caption = replace(
            caption,
            text=UNSTORABLE.sub("\ufffd", caption.text),
            unsaid=UNSTORABLE.sub("\ufffd", caption.unsaid),
        )
        now = timezone.now()
        if caption.text:
            shown = ShownLine(
                caption.id, caption.role, caption.text, caption.interrupted, now.isoformat()
            )
            self._lines = [*self._lines, shown][-SHOWN_LINES:]
        fields = {
            "at": now,
            "role": caption.role,
            "text": caption.text,
            "source": caption.source,
            "interrupted": caption.interrupted,
            "unsaid": caption.unsaid,
            "sources": [_source(passage) for passage in caption.sources],
        }
        self._store.later(services.record_line, self._sid, fields, keep=self._keep)

    def measure(self, turn: TurnMeasured) -> None:
        """Write the latencies of one exchange."""
        fields = {
            "at": datetime.fromtimestamp(turn.heard_end_at, UTC),
            "endpointing_ms": turn.endpointing_ms,
            "stt_ms": turn.stt_ms,
            "llm_ms": turn.llm_ms,
            "tts_ms": turn.tts_ms,
            "reply_ms": turn.reply_ms,
            "interrupted": turn.interrupted,
        }
        self._store.later(services.record_turn, self._sid, fields)

    def failed(self, failure: ProviderFailed) -> None:
        """Write a provider's failure where the operator looks for it: the visit's page."""
        text = f"{failure.stage} provider {failure.provider}: {failure.reason}"
        self._store.later(services.record_error, self._sid, text)

    def replaced(self, event: ProviderReplaced) -> None:
        """Write, for the visit's page, that the operator's default took over."""
        self._store.later(services.record_fallback, self._sid, asdict(event))


def _source(passage: Passage) -> dict[str, str | int | None]:
    """Where a passage stands; its text stays where it is."""
    return {
        "title": passage.title,
        "heading": passage.heading,
        "page": passage.page,
        "document_id": passage.document_id,
    }


def _shown(line: Line) -> ShownLine:
    return ShownLine(f"line-{line.pk}", line.role, line.text, line.interrupted, line.at.isoformat())
