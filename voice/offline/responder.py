"""Answers without a language model: from an agent's own knowledge, in short spoken sentences."""

import re
from collections.abc import Callable, Mapping, Sequence

from voice.offline.knowledge import Knowledge, Passage, stem, terms, words
from voice.offline.phrases import (
    Act,
    acts,
    facts,
    introduced_name,
    is_only_courtesy,
    known_name,
)
from voice.ports import Line

_SCORE_FLOOR = 0.8
_SECOND_SHARE = 0.75
_LONGEST_ANSWER = 260
_FOLLOW_UP_WEIGHT = 0.4
_ROLE = re.compile(r"\byou(?:'re| are) ([^.!?\n]{3,160})", re.IGNORECASE)
_NUMBER = re.compile(r"\d|\b(?:free|noon|midnight|daily|monday|tuesday|wednesday|thursday|friday"
                     r"|saturday|sunday)\b", re.IGNORECASE)  # fmt: skip
_LEANS_BACK = re.compile(r"^(and|or|but|then|what about|how about|so)\b|\b(it|that|they|them)\b")
_ASKS_FIGURE = re.compile(r"\b(when|what time|how (much|many|long|old|far)|price|cost|hours?)\b")


class Responder:
    """One agent's answers; immutable, may be shared by its visits."""

    def __init__(
        self, *, name: str, prompt: str, knowledge: str, topics: Sequence[str] = ()
    ) -> None:
        self._name = name
        self._topics = tuple(topics)
        self._role = _role(prompt, name)
        self._knowledge = Knowledge(knowledge)

    def answer(
        self,
        question: str,
        *,
        context: str = "",
        history: Sequence[Line] = (),
        passages: Sequence[str] = (),
    ) -> str:
        """Return a short answer to one line of the visitor.

        `context` is what the site's owner says about the visitor, `history` the conversation
        so far without the question, `passages` knowledge that was looked up for it.
        """
        return _Answer(self, question, context, history, passages).text()

    @property
    def name(self) -> str:
        """The agent's name."""
        return self._name

    @property
    def introduction(self) -> str:
        """One sentence on who this is."""
        return self._role

    @property
    def knowledge(self) -> Knowledge:
        """What the agent knows."""
        return self._knowledge

    @property
    def offer(self) -> str:
        """One sentence on what may be asked."""
        known = [_spoken_topic(topic) for topic in self._knowledge.topics]
        topics = [*known[: 4 - len(self._topics[:2])], *self._topics[:2]]
        if not topics:
            return "I have not been told much yet, so I can only greet you and chat a little."
        return f"I can tell you about {_listed(topics)}."


class _Answer:
    """The making of one answer."""

    def __init__(
        self,
        responder: Responder,
        question: str,
        context: str,
        history: Sequence[Line],
        passages: Sequence[str],
    ) -> None:
        self._responder = responder
        self._question = question.strip()
        self._context = context
        self._history = history
        self._passages = passages

    def text(self) -> str:
        if not words(self._question):
            return "Sorry, I did not catch that. Could you say it again?"
        meant = acts(self._question)
        for act in meant:
            if reply := self._to(act):
                return reply
        found = self._from_facts() or self._from_knowledge()
        if found:
            return found
        soft: dict[Act, str] = {
            "greeting": f"{self._hello()} {self._responder.offer}",
            "thanks": "You're welcome. Is there anything else you would like to know?",
            "abilities": self._abilities(),
        }
        return next((soft[act] for act in meant if act in soft), self._unknown())

    def _to(self, act: Act) -> str:
        """Answer what needs no knowledge; "" leaves a line that also asks something."""
        if act in {"greeting", "thanks"} and not is_only_courtesy(self._question):
            return ""
        if act == "abilities" and any(map(self._responder.knowledge.knows, self._asked())):
            return ""
        replies: Mapping[Act, Callable[[], str]] = {
            "repeat": self._again,
            "more": self._more,
            "visitor_name": self._visitor,
            "introduction": lambda: (
                f"Nice to meet you, {introduced_name(self._question)}. What would you like to know?"
            ),
            "human": lambda: (
                f"I'm {self._responder.name}, a talking computer character, not a person. "
                "But I am happy to help."
            ),
            "identity": lambda: f"{self._responder.introduction} {self._responder.offer}",
            "abilities": self._abilities,
            "well": lambda: "I'm well, thank you for asking. What would you like to know?",
            "clock": lambda: "I'm sorry, I cannot see a clock or a calendar from here.",
            "bye": lambda: f"Goodbye{self._comma_name()}. It was nice talking to you.",
            "thanks": lambda: f"You're welcome{self._comma_name()}.",
            "greeting": lambda: f"{self._hello()} {self._responder.offer}",
            "assent": lambda: f"All right. {self._responder.offer}",
            "refusal": lambda: "All right. I am here if anything else comes to mind.",
        }
        return replies[act]()

    def _again(self) -> str:
        last = next((line.text for line in reversed(self._history) if line.role == "assistant"), "")
        return last or f"I have not said anything yet. {self._responder.offer}"

    def _more(self) -> str:
        """Go on where the last answer was taken from."""
        said = " ".join(line.text for line in self._history if line.role == "assistant")
        known = self._responder.knowledge.passages
        last = max((p.index for p in known if p.text in said), default=None)
        if last is None:
            return ""
        following = [p for p in known[last + 1 : last + 3] if p.text not in said]
        return _joined(following) or f"That is all I know about it. {self._responder.offer}"

    def _visitor(self) -> str:
        name = self._visitor_name()
        return f"You are {name}, as far as I know." if name else (
            "I'm afraid I do not know your name. What may I call you?"
        )  # fmt: skip

    def _visitor_name(self) -> str:
        for line in reversed(self._history):
            if line.role == "user" and (name := introduced_name(line.text)):
                return name
        return known_name(self._context)

    def _comma_name(self) -> str:
        name = self._visitor_name()
        return f", {name}" if name else ""

    def _hello(self) -> str:
        return f"Hello{self._comma_name()}! I'm {self._responder.name}."

    def _abilities(self) -> str:
        return (
            f"{self._responder.offer} I answer from what I have been told, "
            "so I cannot look things up or do things for you."
        )

    def _from_facts(self) -> str:
        """Answer "what is my …" from the context of the visit."""
        asked = set(self._asked())
        if not {"my", "mine", "i", "me"} & set(words(self._question)) or not asked:
            return ""
        for key, value in facts(self._context):
            own = {stem(word) for word in key.split()}
            if own & asked and asked <= own | {"number", "current", "again"}:
                return f"Your {key} is {value}."
        return ""

    def _from_knowledge(self) -> str:
        question = self._weighted_terms()
        if not question:
            return ""
        found = self._responder.knowledge.search(question, 6)
        if self._passages:
            looked_up = Knowledge("\n".join(self._passages), measure=self._responder.knowledge)
            found = sorted([*looked_up.search(question, 4), *found], key=lambda hit: -hit[0])
        if _ASKS_FIGURE.search(self._question.lower()):
            found = [(score * (1.4 if _NUMBER.search(p.text) else 1.0), p) for score, p in found]
            found.sort(key=lambda hit: -hit[0])
        best = [hit for hit in found if hit[0] >= _SCORE_FLOOR][:2]
        if len(best) == 2 and best[1][0] < _SECOND_SHARE * best[0][0]:
            best.pop()
        return _joined(sorted((p for _, p in best), key=lambda p: p.index))

    def _asked(self) -> list[str]:
        return terms(self._question)

    def _weighted_terms(self) -> dict[str, float]:
        """A short line leans on the question before it ("and on Sunday?")."""
        asked = dict.fromkeys(self._asked(), 1.0)
        if _ASKS_FIGURE.search(self._question.lower()):
            asked.setdefault("when" if "when" in self._question.lower() else "much", 0.5)
        if len(asked) <= 1 and _LEANS_BACK.search(self._question.lower()):
            before = next((x.text for x in reversed(self._history) if x.role == "user"), "")
            for term in terms(before):
                asked.setdefault(term, _FOLLOW_UP_WEIGHT)
        return asked

    def _unknown(self) -> str:
        apologies = (
            "I'm afraid I do not know that.",
            "Sorry, I have no answer to that.",
            "That is more than I have been told, or I misheard you.",
        )
        turns = sum(line.role == "assistant" for line in self._history)
        return f"{apologies[turns % len(apologies)]} {self._responder.offer}"


def _role(prompt: str, name: str) -> str:
    """Turn "You are Mira, the guide of …" into "I'm Mira, the guide of …"."""
    match = _ROLE.search(prompt)
    if match is None:
        return f"I'm {name}, a talking computer character."
    role = match.group(1).strip().rstrip(",;:")
    if not role.lower().startswith(name.lower()):
        role = f"{name}, {role}"
    return f"I'm {role}."


def _spoken_topic(topic: str) -> str:
    """Write a heading as it stands within a sentence; proper names keep their capitals."""
    first, _, rest = topic.partition(" ")
    is_plain = first[1:].islower() and not any(word[:1].isupper() for word in rest.split())
    return topic[:1].lower() + topic[1:] if is_plain and first != "I" else topic


def _listed(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _joined(passages: Sequence[Passage]) -> str:
    """Say passages one after the other, a bare list item with the heading it stands under."""
    said = ""
    for passage in passages:
        text = passage.text
        if passage.heading and not said and _is_fragment(text):
            text = f"{passage.heading}: {text}"
        text = text if text[-1] in ".!?" else f"{text}."
        if said and len(said) + len(text) > _LONGEST_ANSWER:
            break
        said = f"{said} {text}".strip()
    return said


def _is_fragment(text: str) -> bool:
    return len(text.split()) < 4 or ":" in text.partition(" ")[0]
