"""The voices that speech is offered in, and which of them other services' names stand for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from voice.errors import VoiceUnknown

Gender = Literal["female", "male", ""]

_GENDERS: dict[str, Gender] = {
    "slt": "female",
    "rms": "male",
    "awb": "male",
    "kal16": "male",
    "kal": "male",
}
"""Of flite's voices."""
_ALIASES: dict[str, Gender] = {
    **{f"M{number}": "male" for number in range(1, 6)},
    **{f"F{number}": "female" for number in range(1, 6)},
    **dict.fromkeys(("ash", "ballad", "cedar", "echo", "fable", "onyx", "verse"), "male"),
    **dict.fromkeys(("alloy", "coral", "marin", "nova", "sage", "shimmer"), "female"),
}
"""Names that clients of other services send, and what they lead one to expect."""


@dataclass(frozen=True, slots=True)
class OfferedVoice:
    """A name to speak under: a voice of its own, or an alias of `speaks_as`."""

    id: str
    kind: Literal["voice", "alias"]
    speaks_as: str
    gender: Gender
    provider: str


@dataclass(frozen=True, slots=True)
class Voices:
    """What one provider has, best first; `open` ones may know more names than it tells."""

    provider: str
    own: tuple[str, ...]
    open: bool = False

    def offered(self) -> list[OfferedVoice]:
        """Every name that is known to work: the voices, then what else stands for them."""
        voices = [OfferedVoice(own, "voice", own, _gender(own), self.provider) for own in self.own]
        known = {own.casefold() for own in self.own}
        aliases = [name for name in _ALIASES if name.casefold() not in known] if voices else []
        return voices + [self._alias(name) for name in aliases if not self._knows_better(name)]

    def named(self, name: str) -> str:
        """The voice that `name` stands for; "" is the best one.

        Raises:
            VoiceUnknown: none, or there are no voices at all.
        """
        if not self.own:
            raise VoiceUnknown("This server has no voice")
        if not name:
            return self.own[0]
        for own in self.own:
            if own.casefold() == name.casefold():
                return own
        for alias in _ALIASES:
            if alias.casefold() == name.casefold():
                return name if self._knows_better(alias) else self._alias(alias).speaks_as
        if self.open:
            return name
        raise VoiceUnknown(f"No voice is called {name[:60]!r}; there are {', '.join(self.own)}")

    def _knows_better(self, alias: str) -> bool:
        """Whether the provider may have a voice of that name itself: M1 and F1 are not OpenAI's."""
        return self.open and alias[1:].isalpha()

    def _alias(self, name: str) -> OfferedVoice:
        """A name's nearest voice: of the same gender, another one for each number if there are."""
        gender = _ALIASES[name]
        alike = [own for own in self.own if _gender(own) == gender] or self.own[:1]
        number = int(name[1:]) - 1 if name[1:].isdigit() else 0
        nearest = _turned(alike, number)
        return OfferedVoice(name, "alias", nearest, _gender(nearest), self.provider)


def _gender(voice: str) -> Gender:
    return _GENDERS.get(voice) or _ALIASES.get(voice, "")


def _turned(voices: Sequence[str], number: int) -> str:
    return voices[number % len(voices)]
