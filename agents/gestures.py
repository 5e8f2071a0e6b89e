"""Gestures by name, and the words at which an agent makes one by itself."""

from collections.abc import Mapping
from types import MappingProxyType

from django.core.exceptions import ValidationError

from avatar import GESTURES

WIRE_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "mini_wave_hello": "wave",
        "talk_head_nod_subtle": "nod",
        "blow_kiss_heart": "kiss",
        "laugh_react": "laugh",
        "idle_subtle": "idle",
        "shake": "shake",
        "smile": "smile",
        "think": "think",
    }
)
"""The names that go over the wire, and the face's own for the same."""

MAX_KEYWORDS = 200
MAX_KEYWORD_CHARS = 60
MAX_KEYWORD_WORDS = 5

_DEFAULT_KEYWORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "wave": ("hello", "hi", "good morning", "goodbye", "bye", "see you"),
        "smile": ("thanks", "thank you", "welcome", "wonderful"),
        "nod": ("yes", "exactly", "of course"),
        "laugh": ("haha", "funny", "joke"),
        "think": ("let me think", "let me see"),
    }
)


class UnknownGesture(ValueError):
    """No face makes it; the message names those that there are."""


def named(name: object) -> str:
    """The face's own name of a gesture, given that or the wire's.

    Raises:
        UnknownGesture: there is no such gesture.
    """
    if isinstance(name, str) and name in GESTURES:
        return name
    if isinstance(name, str) and name in WIRE_NAMES:
        return WIRE_NAMES[name]
    raise UnknownGesture(f"is unknown; there are {', '.join(offered())}")


def offered() -> tuple[str, ...]:
    """Every name that `named` takes."""
    return (*GESTURES, *(name for name in WIRE_NAMES if name not in GESTURES))


def wire_name(gesture: str) -> str:
    """The wire's name of a gesture that the face calls `gesture`."""
    return next(wire for wire, own in WIRE_NAMES.items() if own == gesture)


def default_keywords() -> dict[str, str]:
    """The words of an agent whose owner has named none, each with its gesture."""
    return {word: gesture for gesture, words in _DEFAULT_KEYWORDS.items() for word in words}


def default_llm_gestures() -> list[str]:
    """The gestures that a language model may make of its own accord."""
    return [name for name in GESTURES if name not in {"kiss", "idle"}]


def validate_keywords(keywords: object) -> None:
    """Check `{"hello": "wave"}`: words to listen for, whole and in any case."""
    if not isinstance(keywords, dict):
        raise ValidationError('Write a JSON object of words and gestures: {"hello": "wave"}.')
    if len(keywords) > MAX_KEYWORDS:
        raise ValidationError(f"At most {MAX_KEYWORDS} words are listened for.")
    for word, gesture in keywords.items():
        _validate_keyword(word)
        _validate_gesture(gesture)


def validate_llm_gestures(gestures: object) -> None:
    """Check the list of gestures that a language model may make."""
    if not isinstance(gestures, list):
        raise ValidationError('Write a JSON list of gestures, such as ["nod", "smile"].')
    for gesture in gestures:
        _validate_gesture(gesture)


def _validate_keyword(word: str) -> None:
    if len(word) > MAX_KEYWORD_CHARS or len(word.split()) > MAX_KEYWORD_WORDS:
        raise ValidationError(
            f"“{word[:MAX_KEYWORD_CHARS]}” is too long: at most {MAX_KEYWORD_WORDS} words and "
            f"{MAX_KEYWORD_CHARS} characters."
        )
    if not any(char.isalnum() for char in word):
        raise ValidationError(f"“{word}” is no word: give letters or digits.")


def _validate_gesture(gesture: object) -> None:
    try:
        named(gesture)
    except UnknownGesture as error:
        raise ValidationError(f"The gesture “{gesture}” {error}.") from error
