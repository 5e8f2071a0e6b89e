"""An agent's name, greeting and prompt: written by a language model, or else by a rule."""

import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass

NAMES = (
    *("Ada", "Alma", "Bela", "Clara", "Dario", "Edda", "Elio", "Enzo", "Flora", "Gita", "Hana"),
    *("Ines", "Jona", "Kim", "Lea", "Luca", "Maya", "Nils", "Nora", "Olga", "Pia", "Remo"),
    *("Runa", "Sami", "Tessa", "Toma", "Uma", "Vera", "Yara", "Zoe"),
)
PROMPT = (
    "You are {name}, a friendly assistant. Answer in one to three short sentences, as one speaks. "
    "When you do not know something, say so."
)
ASKED = (
    "You name and introduce the talking character of a web page. Answer with one JSON object and "
    'nothing else: {"name": …, "greeting": …, "system_prompt": …}. The name is one given name. '
    "The greeting is one or two short sentences in the character's own words, to be spoken, with "
    "its name, and ends with an offer to help. The system prompt is two to four sentences that "
    "begin with “You are”, say who the character is and how it talks. Use the language of the "
    "description."
)
_NAMED = re.compile(
    r"\b(?:named|called|(?:[Yy]our|whose) name is|[Yy]ou are|[Yy]ou're|[Ii] am|[Ii]'m)\s+"
    r"(?P<name>[A-Z][\w'-]{1,30})(?=[\s,.;:!?]|$)"
)
_ROLE = re.compile(r"\b[Yy]ou(?:'re| are)\s+(?P<role>an?\s[^.!?\n;,]{3,120})")
# What follows a name: "Nora, the guide of a museum."
_APPOSITION = re.compile(r",\s+(?P<role>(?:an?|the)\s[^.!?\n;,]{3,120})")
_NO_NAMES = frozenset({"The", "An", "A", "My", "Our", "Your", "Mr", "Mrs", "Dr", "Not", "In", "AI"})
_LONGEST_GREETING, _LONGEST_PROMPT, _LONGEST_NAME = 400, 4000, 60


@dataclass(frozen=True, slots=True)
class Words:
    name: str
    greeting: str
    prompt: str


def by_rule(prompt: str, seed: int) -> Words:
    """What the prompt itself says of the name and the role; a name by seed where it says none."""
    named = _named(prompt)
    name = named["name"] if named else random.Random(seed).choice(NAMES)  # noqa: S311 # no secret
    role = (named and _APPOSITION.match(prompt, named.end())) or _ROLE.search(prompt)
    who = f", {role['role'].strip()}" if role else ""
    greeting = f"Hello, I'm {name}{who}. How can I help you?"
    return Words(name, greeting, prompt.strip() or PROMPT.format(name=name))


def question(prompt: str) -> str:
    """What a language model is asked beside `ASKED`."""
    if not prompt.strip():
        return "There is no description: invent a friendly character who helps visitors."
    return f"The description:\n{prompt.strip()[:_LONGEST_PROMPT]}"


def read(answer: str, rule: Words, *, prompted: bool) -> Words:
    """The words in a language model's answer; the rule's where they are missing or odd.

    A prompt that was given, which `prompted` tells, stays as it is.
    """
    found = _object(answer)
    return Words(
        _usable(found.get("name"), _LONGEST_NAME) or rule.name,
        _usable(found.get("greeting"), _LONGEST_GREETING) or rule.greeting,
        rule.prompt
        if prompted
        else _usable(found.get("system_prompt"), _LONGEST_PROMPT) or rule.prompt,
    )


def _named(prompt: str) -> re.Match[str] | None:
    """Where the prompt names whom it is about."""
    matches = (match for match in _NAMED.finditer(prompt) if match["name"] not in _NO_NAMES)
    return next(matches, None)


def _object(answer: str) -> Mapping[str, object]:
    start, end = answer.find("{"), answer.rfind("}")
    try:
        found = json.loads(answer[start : end + 1])
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _usable(value: object, longest: int) -> str:
    if not isinstance(value, str) or "\0" in value:
        return ""
    text = " ".join(value.encode("utf-8", "ignore").decode().split())
    return text if len(text) <= longest else ""
