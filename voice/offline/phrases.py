"""The small talk that needs no knowledge: what a visitor may mean, and who they say they are."""

import json
import re
from collections.abc import Iterator
from typing import Literal

Act = Literal[
    "repeat", "greeting", "thanks", "bye", "identity", "human", "abilities", "well", "more",
    "visitor_name", "introduction", "clock", "assent", "refusal",
]  # fmt: skip

_ACTS: tuple[tuple[Act, str], ...] = (
    ("repeat", r"\b(repeat|say (that|it) again|once more|pardon|what did you (just )?say"
               r"|come again|one more time|didn't (hear|catch|get))\b"),
    ("more", r"\b(tell me more|more about (it|that)|more details?|go on|continue|what else"
             r"|anything else)\b"),
    ("visitor_name", r"\b(what('s| is) my name|who am i|do you (know|remember) (me|my name|who"
                     r" i am))\b"),
    ("introduction", r"\b(my name('s| is)|call me)\s+\w+"),
    ("human", r"\bare you (a |an )?(real|human|person|robot|bot|machine|computer|alive|ai)\b"),
    ("identity", r"\b(who (are|r) you|what are you$|what('s| is) your name|your name"
                 r"|introduce yourself|about yourself)\b"),
    ("abilities", r"\b(what (can|could|do) you (do|know|help|tell|answer|talk)\b"
                  r"|what (can|could|should|may) i ask|how (can|could|do) you help"
                  r"|can you help|help me|^help$|what topics|what do you know)"),
    ("well", r"\bhow (are|r) you\b|\bhow('s| is) it going\b|\bhow do you do\b"),
    ("clock", r"\bwhat time is it\b|\bwhat('s| is) the (time|date)( now| today)?$"
              r"|\bwhat day is (it|today)\b"),
    ("bye", r"\b(good ?bye|bye|see you|farewell|have a (nice|good) (day|evening|one))\b"),
    ("thanks", r"\b(thank you|thanks|thank|cheers|much appreciated)\b"),
    ("greeting", r"^(oh |well |um |uh )?(hello|hi|hey|hullo|greetings"
                 r"|good (morning|afternoon|evening|day))\b"),
    ("assent", r"^(yes|yeah|yep|ok|okay|sure|right|all right|great|good|fine|cool)( please)?$"),
    ("refusal", r"^(no|nope|nah|no thanks|not really|nothing)( thank you)?$"),
)  # fmt: skip
_COURTESY_WORDS = (
    "hello hi hey there good morning afternoon evening day thank thanks you very much so a lot"
    " bye goodbye see please oh well ok okay great nice ha for your the that help"
)
_COURTESY = frozenset(_COURTESY_WORDS.split())

_INTRODUCED = re.compile(r"\b(?:my name(?:'s| is)|call me|i am called)\s+([a-z][\w'-]*)", re.I)
_NAME_FACT = re.compile(
    r"\b(?:visitor|customer|user|guest|first|full|display)?[ _-]?name\b\W*+(?:is\b\W*+)?"
    r"([A-Z][\w'-]*)",
    re.IGNORECASE,
)


def acts(text: str) -> list[Act]:
    """Return what a line may mean, in the order in which an answer should look at it."""
    line = " ".join(re.findall(r"[\w']+", text.lower().replace("’", "'")))
    return [act for act, pattern in _ACTS if re.search(pattern, line)]


def is_only_courtesy(text: str) -> bool:
    """Whether nothing but greeting or thanking words are in it."""
    return all(word in _COURTESY for word in re.findall(r"[a-z]+", text.lower()))


def introduced_name(text: str) -> str:
    """Return the name that a visitor gives in a line, or ""."""
    match = _INTRODUCED.search(text)
    return match.group(1).capitalize() if match else ""


def known_name(context: str) -> str:
    """Return the visitor's name as the context of the visit has it, or ""."""
    for key, value in facts(context):
        last = key.lower().split()[-1:]
        if last == ["name"] and isinstance(value, str) and value.strip():
            return value.split()[0]
    match = _NAME_FACT.search(context)
    return match.group(1) if match else ""


def facts(context: str) -> Iterator[tuple[str, object]]:
    """Yield the keys and plain values of a context that is a JSON object, nested ones too."""
    try:
        data = json.loads(context)
    except ValueError:
        return
    yield from _flatten(data, "")


def _flatten(data: object, key: str) -> Iterator[tuple[str, object]]:
    if isinstance(data, dict):
        for name, value in data.items():
            label = re.sub(r"[_\-.]+|(?<=[a-z])(?=[A-Z])", " ", str(name)).lower()
            yield from _flatten(value, f"{key} {label}".strip())
    elif isinstance(data, str | int | float) and not isinstance(data, bool) and key:
        yield key, data
