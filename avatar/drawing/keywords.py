"""From the words of a prompt to a look; what the words leave open is drawn from a seed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from avatar.drawing.look import EYE_COLOURS, FACES, SCENES, SKINS, Look
from avatar.drawing.words import BEFORE, ENDS, GIVEN_NAMES, NEGATIONS, NOUNS, PLAIN, SHADES, Meaning

ABSENT: dict[str, Any] = {"glasses": "none", "beard": "none", "freckles": False, "earrings": False}
COLOURED = {"clothes": "clothes_colour", "background": "background"}
UNDER = frozenset(["shirt", "blouse", "tee", "tshirt", "top", "polo"])
OVER = ("blazer", "coat", "cardigan", "overalls")
YEARS = re.compile(r"\b(\d{1,2})[ -]?(?:years?|yo|y/o)\b")
YOUNG_BELOW, SENIOR_FROM = 27, 58
REACH = 4


def look_of(prompt: str, seed: int) -> Look:
    """The look that a prompt asks for; equal prompts and seeds give equal looks."""
    said = said_in(prompt)
    return Look(**(_drawn(said, seed) | said))


def said_in(prompt: str) -> dict[str, Any]:
    """The fields of a look that the prompt's English words name."""
    text = prompt.lower().replace("’", "'").replace("'", "")
    reader = Reader()
    for word in re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)*|[,;.]", text):
        reader.read(word)
    years = YEARS.search(text)
    if years is not None:
        reader.found["age"] = _age(int(years[1]))
    for word in re.findall("[a-z]+", text):
        for name, value in NAMED.get(word, ()):
            reader.found.setdefault(name, value)
    return reader.found


def _age(years: int) -> str:
    if years < YOUNG_BELOW:
        return "young"
    return "senior" if years >= SENIOR_FROM else "adult"


@dataclass(slots=True)
class Reader:
    """Reads word by word; keeps the words that may describe the next noun."""

    found: dict[str, Any] = field(default_factory=dict)
    before: list[str] = field(default_factory=list)
    negated: bool = False

    def read(self, word: str) -> None:
        """Take in the next word."""
        if word in NEGATIONS:
            self.negated, self.before = True, []
        elif word in ENDS:
            # "black and white" still describes what follows.
            self.negated = False
            self.before = self.before if word == "and" else []
        else:
            parts = word.split("-") if word not in KNOWN else [word]
            for part in parts:
                self._one(part)

    def _one(self, word: str) -> None:
        for name, value in KNOWN.get(word, ()):
            if not self._beneath(word):
                self._plain(name, value)
        if self.negated and word == "hair":
            self.found["hair"] = "bald"
        for noun in THINGS.get(word, ()):
            hidden = self._beneath(word) and self.found["clothes"] != "coat"
            if not self.negated and not hidden:
                self._described(noun)
        if word in THINGS:
            self.before = []
        self.before = [*self.before, word][-REACH:]

    def _beneath(self, word: str) -> bool:
        """Whether a word names what is worn below a jacket that was named before."""
        return word in UNDER and self.found.get("clothes") in OVER

    def _plain(self, name: str, value: Any) -> None:
        """A word that says one thing by itself; a narrower word of the same field stays."""
        if self.negated:
            if name in ABSENT:
                self.found[name] = ABSENT[name]
        elif name == "glasses":
            self.found.setdefault(name, value)
        elif not (name == "beard" and value == "short" and "beard" in self.found):
            self.found[name] = value

    def _described(self, noun: str) -> None:
        for word in self.before:
            for meaning, words in BEFORE[noun].items():
                if word in words.split():
                    self.found[meaning[0]] = meaning[1]
            # A coat is white; its colour is that of the shirt below.
            white_coat = word == "white" and self.found.get("clothes") == "coat"
            if noun in COLOURED and word in SHADE_OF and not white_coat:
                self.found[COLOURED[noun]] = SHADE_OF[word]


def _inverse(table: dict[Meaning, str]) -> dict[str, list[Meaning]]:
    out: dict[str, list[Meaning]] = {}
    for meaning, words in table.items():
        for word in words.split():
            out.setdefault(word, []).append(meaning)
    return out


KNOWN = _inverse(PLAIN)
NAMED = _inverse(GIVEN_NAMES)
THINGS = {
    word: [noun for noun, words in NOUNS.items() if word in words.split()]
    for word in " ".join(NOUNS.values()).split()
}
SHADE_OF = {word: name for name, others in SHADES.items() for word in [name, *others.split()]}


class Dice:
    """Independent draws: what one field gets does not depend on which others were named."""

    def __init__(self, seed: int) -> None:
        self._seed = abs(seed)
        self._draws = 0

    def pick(self, choices: Sequence[str], weights: Sequence[float] | None = None) -> str:
        """One of the choices, by weight."""
        self._draws += 1
        share = np.random.default_rng([self._seed, self._draws]).random()
        parts = np.ones(len(choices)) if weights is None else np.asarray(weights, float)
        place = int(np.searchsorted(np.cumsum(parts / parts.sum()), share, side="right"))
        return choices[min(place, len(choices) - 1)]

    def chance(self, share: float) -> bool:
        """True in that share of all seeds."""
        return self.pick(("yes", "no"), (share, 1.0 - share)) == "yes"


LIGHT = ("porcelain", "fair", "beige")
BACKDROPS = ("sky", "mint", "lilac", "sand", "coral", "teal", "mustard", "pink", "grey", "navy")
WORN = (
    "coral", "navy", "teal", "mustard", "white", "charcoal", "green", "burgundy", "blue", "purple",
    "sand", "olive",
)  # fmt: skip
HAIR_OF = {
    "woman": ("long", "waves", "bob", "pixie", "bun", "ponytail", "curls", "afro"),
    "man": ("short", "quiff", "buzz", "curls", "bald", "afro"),
}

NATURAL = {
    "fox": ("ginger",),
    "cat": ("grey", "ginger", "sand", "black"),
    "rabbit": ("sand", "grey", "white", "brown"),
    "bear": ("brown", "brown", "sand"),
}


def _drawn(said: dict[str, Any], seed: int) -> dict[str, Any]:
    """A value for every field, so that it goes well with what was said."""
    dice = Dice(seed)
    masculine = said.get("beard", "none") != "none"
    form = said.get("form", "man" if masculine else dice.pick(("woman", "man")))
    age = said.get("age", dice.pick(("young", "adult", "senior"), (3, 5, 2)))
    skin = said.get("skin", dice.pick(tuple(SKINS)))
    kind = said.get("kind", "person")
    backdrop = dice.pick(BACKDROPS)
    worn = dice.pick([c for c in WORN if c != said.get("background", backdrop)])
    return {
        "art": dice.pick(("studio", "poster"), (2, 1)),
        "kind": kind,
        "form": form,
        "age": age,
        "face": dice.pick(FACES),
        "skin": skin,
        "hair": _hair(dice, form, age, skin),
        "hair_colour": _hair_colour(dice, age, skin),
        "eyes": _eyes(dice, kind, skin),
        "clothes": dice.pick(("tee", "shirt", "blazer", "hoodie", "turtleneck", "cardigan")),
        "clothes_colour": worn,
        "glasses": dice.pick(("none", "round", "square"), (6, 1, 1)),
        "beard": _beard(dice, form, kind),
        "fur": dice.pick(NATURAL.get(kind, ("brown",))),
        "freckles": dice.chance(0.25) and skin in LIGHT,
        "earrings": dice.chance(0.5) and form == "woman",
        "scene": dice.pick(SCENES),
        "background": backdrop,
    }


def _hair(dice: Dice, form: str, age: str, skin: str) -> str:
    styles = [s for s in HAIR_OF[form] if not (s == "afro" and skin in LIGHT)]
    if age != "senior":
        styles = [s for s in styles if s != "bald"]
    return dice.pick(styles)


def _hair_colour(dice: Dice, age: str, skin: str) -> str:
    if age == "senior":
        return dice.pick(("grey", "white"))
    if skin in LIGHT:
        return dice.pick(("black", "brown", "chestnut", "auburn", "ginger", "blonde", "platinum"))
    return dice.pick(("black", "brown"), (3, 1))


def _eyes(dice: Dice, kind: str, skin: str) -> str:
    if kind != "person":
        return dice.pick(("brown", "amber", "green", "hazel"))
    return dice.pick(tuple(EYE_COLOURS) if skin in LIGHT else ("brown", "dark", "hazel"))


def _beard(dice: Dice, form: str, kind: str) -> str:
    drawn = dice.pick(("none", "stubble", "short", "full", "moustache"), (5, 1, 2, 1, 1))
    return drawn if form == "man" and kind == "person" else "none"
