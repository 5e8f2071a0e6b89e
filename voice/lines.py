"""The lines of a conversation as they grow, told as captions."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from voice.events import Caption, Role, Source
from voice.ports import Passage
from voice.text import unmarked

_FOUND_KEPT = 8


@dataclass(slots=True)
class _Reply:
    source: Source
    wanted: str = ""
    parts: list[str] = field(default_factory=list)
    current: str = ""
    told: str = ""
    cut: bool = False

    def text(self) -> str:
        return unmarked(" ".join(part for part in (*self.parts, self.current) if part))


class Lines:
    """Keeps the open line of each side and emits its captions.

    `cite` picks the sources of an answer out of what was found for it.
    """

    def __init__(
        self,
        emit: Callable[[Caption], None],
        cite: Callable[[tuple[Passage, ...], str], tuple[Passage, ...]],
    ) -> None:
        self._emit = emit
        self._cite = cite
        self._replies: dict[str, _Reply] = {}
        self._found: dict[str, tuple[Passage, ...]] = {}
        self._user_id = ""
        self._user_text = ""

    def open(self, reply: str, source: Source, wanted: str = "") -> None:
        """A reply is being made, to say `wanted` if that is known; nothing was heard yet."""
        line = self._replies.setdefault(reply, _Reply(source))
        line.source, line.wanted = source, wanted

    def source(self, reply: str) -> Source | None:
        """Return how an open reply came to be."""
        return self._replies[reply].source if reply in self._replies else None

    def found(self, reply: str, passages: Sequence[Passage]) -> None:
        """Those were looked up for a reply, which may not be open yet, or never be.

        The engine begins to think before it is sure that the visitor's turn is over.
        """
        self._found[reply] = tuple(passages)
        while len(self._found) > _FOUND_KEPT:
            del self._found[next(iter(self._found))]

    def heard(self, reply: str, segment: str) -> None:
        """So much of the reply's current segment was heard."""
        if (line := self._replies.get(reply)) is not None:
            line.current = segment
            self._tell(reply, line)

    def shown(self, reply: str, delta: str) -> None:
        """More of the reply was written."""
        if (line := self._replies.get(reply)) is not None:
            line.current += delta
            self._tell(reply, line)

    def end_segment(self, reply: str, heard: str, *, cut: bool) -> None:
        """A segment is over, or was cut short; another may follow."""
        if (line := self._replies.get(reply)) is not None:
            line.parts.append(heard)
            line.current = ""
            line.cut = line.cut or cut

    def close(self, reply: str, *, interrupted: bool) -> bool:
        """End a reply; return whether the visitor got anything of it.

        One of which nothing was heard leaves no caption, unless it was somebody's `speak`.
        """
        line = self._replies.pop(reply, None)
        if line is None:
            return False
        text, found = line.text(), self._found.pop(reply, ())
        interrupted = interrupted or line.cut
        if text or (line.source == "speak" and interrupted):
            unsaid = "" if text else line.wanted
            sources = self._cite(found, text) if text else ()
            self._emit(
                Caption(reply, "assistant", text, True, interrupted, line.source, unsaid, sources)
            )
        return bool(text)

    def drop(self, text: str, source: Source) -> None:
        """A queued line will never be said."""
        if source == "speak":
            self._emit(Caption(_new_id("assistant"), "assistant", "", True, True, source, text))

    def note(self, text: str, source: Source) -> None:
        """Write a line of the avatar that is not spoken."""
        self._emit(Caption(_new_id("assistant"), "assistant", text, True, False, source))

    def recognised(self, text: str) -> None:
        """More words of the visitor's turn."""
        self._user_id = self._user_id or _new_id("user")
        self._user_text = f"{self._user_text} {text}".strip()
        self._emit(Caption(self._user_id, "user", self._user_text, False, False, "voice"))

    def turn_taken(self, text: str) -> None:
        """The visitor's turn is over and is this."""
        self._emit(Caption(self._user_id or _new_id("user"), "user", text, True, False, "voice"))
        self._user_id = self._user_text = ""

    def typed(self, line: str, text: str) -> None:
        """The visitor wrote a line, which has this id."""
        self._emit(Caption(line, "user", text, True, False, "text"))

    def close_all(self) -> None:
        """End what is open: the visit is over."""
        if self._user_text:
            self.turn_taken(self._user_text)
        for reply in list(self._replies):
            self.close(reply, interrupted=True)

    def _tell(self, reply: str, line: _Reply) -> None:
        text = line.text()
        if text and text != line.told:
            line.told = text
            self._emit(Caption(reply, "assistant", text, False, False, line.source))


def _new_id(role: Role) -> str:
    return f"{role}_{secrets.token_hex(6)}"
