"""Where the phones of a known text are in its sound."""

import importlib.util
import itertools

import numpy as np
import pytest

from voice.offline.aligner import Aligner
from voice.offline.flite import Flite
from voice.offline.spelling import number, pronounced, spelled_out
from voice.ports import Phone

TEXT = "Bob and Pam may bring a map, but maybe Mike will help them."
LIPS = ("b", "p", "m")

with_pocketsphinx = pytest.mark.skipif(
    importlib.util.find_spec("pocketsphinx") is None, reason="pocketsphinx has no wheel here"
)


@pytest.fixture(scope="module")
def aligner() -> Aligner:
    return Aligner()


def lips_close_s(phones: list[Phone]) -> list[float]:
    """When the lips close; two closing phones on end are one closure."""
    names = [phone.name for phone in phones]
    return [
        phone.start_s
        for phone, before in zip(phones, ["pau", *names], strict=False)
        if phone.name in LIPS and before not in LIPS
    ]


@with_pocketsphinx
@pytest.mark.parametrize("voice", ["slt", "awb"])
def test_closures_are_found_where_the_synthesiser_made_them(aligner: Aligner, voice: str) -> None:
    made = Flite().synthesise(TEXT, voice)
    phones = aligner.align(TEXT, made.pcm)
    assert phones is not None
    wanted, found = lips_close_s(list(made.phones)), lips_close_s(phones)
    assert abs(len(found) - len(wanted)) <= 1
    late_s = np.array([min(abs(moment - other) for other in found) for moment in wanted])
    assert np.median(late_s) < 0.03
    assert (late_s < 0.1).mean() > 0.9


@with_pocketsphinx
def test_phones_come_in_order_and_end_with_the_sound(aligner: Aligner) -> None:
    made = Flite().synthesise(TEXT, "slt")
    phones = aligner.align(TEXT, made.pcm)
    assert phones is not None
    assert phones[0].name == phones[-1].name == "pau"
    for phone, following in itertools.pairwise(phones):
        assert phone.start_s < phone.end_s <= following.start_s + 1e-6
    assert phones[-1].end_s == pytest.approx(len(made.pcm) / 16_000, abs=0.05)


@with_pocketsphinx
def test_words_that_no_dictionary_has_are_aligned_too(aligner: Aligner) -> None:
    text = "Kokoro and Blorpomatic cost 1,250 euros."
    made = Flite().synthesise(text, "slt")
    phones = aligner.align(text, made.pcm)
    assert phones is not None
    assert sum(phone.name in LIPS for phone in phones) == 3


@with_pocketsphinx
@pytest.mark.parametrize("text", ["", "…", "ни слова", "one " * 500])
def test_text_that_cannot_be_aligned_gives_none(aligner: Aligner, text: str) -> None:
    made = Flite().synthesise(TEXT, "slt")
    assert aligner.align(text, made.pcm) is None


@with_pocketsphinx
def test_sound_too_short_for_its_words_gives_none(aligner: Aligner) -> None:
    assert aligner.align(TEXT, np.zeros(1600, np.int16)) is None
    assert aligner.align(TEXT, np.zeros(0, np.int16)) is None
    made = Flite().synthesise("hello there", "slt")
    assert aligner.align("hello there", made.pcm) is not None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Dr. Smith's 45% off!", ["doctor", "smith's", "forty", "five", "percent", "off"]),
        ("1,250 & 7", ["one", "thousand", "two", "hundred", "fifty", "and", "seven"]),
        ("It’s 0", ["it's", "zero"]),
    ],
)
def test_text_is_spelled_out(text: str, words: list[str]) -> None:
    assert spelled_out(text) == words


def test_long_numbers_are_read_digit_by_digit() -> None:
    assert number(10**12 + 5)[-1] == "five"
    assert len(number(10**12 + 5)) == 13
    assert number(1_000_000) == ["one", "million"]


@pytest.mark.parametrize(
    ("word", "phones"), [("bim", "B IH M"), ("phobe", "F OW B"), ("xylo", "Z IY L OW"), ("'", "AH")]
)
def test_unknown_words_are_pronounced_as_spelled(word: str, phones: str) -> None:
    assert pronounced(word) == phones.split()
