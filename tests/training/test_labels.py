"""What the network is taught: names of phones, and what they look like."""

import numpy as np
import pytest

from avatar.port import Phone
from training.labels import articulation, visemes
from training.phones import GROUPS, VISEMES, Item, from_arpabet, from_ipa, from_set


def of(*names: str, each_s: float = 0.12) -> list[Item]:
    return [(name, i * each_s, (i + 1) * each_s) for i, name in enumerate(names)]


def named(items: list[Item]) -> list[str]:
    return [name for name, _, _ in items]


def test_lips_meet_in_a_closure_and_nowhere_else() -> None:
    press = articulation(of("aa", "p", "aa"), 18)[:, 3]
    assert press[8:11].min() > 0.9
    assert press[:4].max() < 0.1
    assert press[15:].max() < 0.1


def test_a_rounded_mouth_relaxes_before_a_pause() -> None:
    curve = articulation(of("uw", "sil", "sil"), 18)[:, 2]
    assert curve[3] > 0.8
    assert curve[6 + 4] < 0.15


def test_h_looks_like_the_vowel_after_it() -> None:
    said = visemes(of("sil", "h", "iy", "sil"), 24)
    assert [VISEMES[i] for i in said[[1, 8, 14, 20]]] == ["sil", "I", "I", "sil"]


def test_what_is_not_said_is_silence() -> None:
    assert not visemes([("aa", 0.2, 0.3)], 50)[20:].any()
    assert np.abs(articulation([("sil", 0.0, 9.0)], 400)).max() < 1e-3


def test_ipa_is_read_with_its_diphthongs_affricates_and_marks() -> None:
    phones = [("p", 0.0, 0.1), ("aɪ", 0.1, 0.3), ("ː", 0.3, 0.35), ("tʃ", 0.35, 0.5), ("", 0.5, 1)]
    items = from_ipa([Phone(*phone) for phone in phones])
    assert named(items) == ["p", "aa", "ih", "ch", "sil"]
    assert items[2][2] == 0.35


def test_american_names_are_read() -> None:
    assert named(from_arpabet([Phone("HH", 0, 0.1), Phone("OW1", 0.1, 0.3)])) == ["h", "o", "uw"]


@pytest.mark.parametrize(
    ("phone_set", "names", "wanted"),
    [
        ("czech", ("c~", "a:", "n*", "c"), ["ch", "aa", "k", "t", "s"]),
        ("finnish", ("p:", "7", "#"), ["p", "oe", "sil"]),
        ("italian", ("a1", "nf", "tS"), ["aa", "f", "ch"]),
        ("catalan", ("e1", "rr", "pau"), ["e", "r", "sil"]),
        ("russian", ("pp", "aa", "sch"), ["p", "aa", "ch"]),
        ("indic", ("bh", "tth", "oh"), ["p", "t", "o"]),
    ],
)
def test_festivals_phone_sets_are_read(
    phone_set: str, names: tuple[str, ...], wanted: list[str]
) -> None:
    items = from_set(phone_set, [Phone(n, i, i + 1) for i, n in enumerate(names)])
    assert items is not None
    assert named(items) == wanted


def test_a_name_that_is_in_no_set_is_not_guessed() -> None:
    assert from_set("czech", [Phone("q!", 0, 1)]) is None


def test_every_viseme_has_a_group() -> None:
    assert len(GROUPS) == len(VISEMES) == 15
    assert len(set(GROUPS)) == 8
