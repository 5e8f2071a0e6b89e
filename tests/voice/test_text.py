"""Text on its way to a voice, and back as captions."""

import pytest

from voice.captions import SpokenText
from voice.events import Caption, Event
from voice.gesturing import Keywords, Listener
from voice.offline.knowledge import Knowledge
from voice.offline.phrases import known_name
from voice.text import Sentences, WholeCharacters, plain, pronounceable, unmarked


@pytest.mark.parametrize(
    ("written", "sentences"),
    [
        ("Hello there. How are you? Fine!", ["Hello there.", "How are you?", "Fine!"]),
        ("Dr. Smith opens at 9.30 a.m. on Mondays. Bye.",
         ["Dr. Smith opens at 9.30 a.m. on Mondays.", "Bye."]),
        ("It costs 3.50 euros, i.e. little. J. R. R. wrote it. Yes",
         ["It costs 3.50 euros, i.e. little.", "J. R. R. wrote it.", "Yes"]),
        ("First line\n- second line\n\nthird", ["First line", "second line", "third"]),
        ("Wait... what?! Really", ["Wait... what?!", "Really"]),
        ("", []),
        ("   \n ", []),
    ],
)  # fmt: skip
@pytest.mark.parametrize("step", [1, 5, 1000])
def test_a_growing_text_is_cut_into_sentences(
    written: str, sentences: list[str], step: int
) -> None:
    splitter = Sentences()
    cut: list[str] = []
    for start in range(0, len(written), step):
        cut += splitter.push(written[start : start + step])
    assert cut + splitter.flush() == sentences


def test_the_first_words_do_not_wait_for_a_long_sentence() -> None:
    splitter = Sentences()
    cut = splitter.push(
        "We are open from Tuesday to Sunday, from ten in the morning until six in the evening, and"
    )
    assert cut
    assert cut[0].startswith("We are open from Tuesday to Sunday,")


def test_endless_text_without_an_end_is_still_cut() -> None:
    splitter = Sentences()
    cut = splitter.push("word " * 400)
    assert cut
    assert max(map(len, cut)) <= 240


def test_markup_is_for_the_eye_only() -> None:
    assert plain("## **Prices**\n* [Tickets](http://x.y) cost `12`") == "Prices Tickets cost 12"
    assert unmarked("**a**\nb") == "a\nb"
    assert plain("2 * 3 = 6") == "2 * 3 = 6"


@pytest.mark.parametrize(
    ("word", "said"),
    [("Café", "Cafe"), ("“hi”", '"hi"'), ("7€", "7 euros"), ("你好", ""), ("😀", ""), ("—", ""),
     ("https://www.museum.org/a?b", "museum.org")],
)  # fmt: skip
def test_what_an_english_synthesiser_can_say(word: str, said: str) -> None:
    assert pronounceable(word) == said


def test_words_appear_as_they_are_heard() -> None:
    text = SpokenText()
    text.begin_sentence("one two three", (0.5, 1.0, 2.0))
    text.extend(2.2)
    text.begin_sentence("four five")
    text.extend(1.0)
    assert text.heard(0.0) == ""
    assert text.heard(0.3) == "one"
    assert text.heard(0.8) == "one two"
    assert text.heard(2.2) == "one two three"
    assert text.heard(2.6) == "one two three four"
    assert text.heard(3.2) == text.whole() == "one two three four five"


def test_words_without_times_follow_the_audio_that_is_still_coming() -> None:
    text = SpokenText()
    text.begin_sentence("a sentence of which the audio has just begun to arrive")
    text.extend(0.1)
    assert text.heard(0.1) in {"", "a"}


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "[](" * 60_000, "x" + "\n" * 100_000 + "x", "." * 100_000, ".'" * 60_000],
)
def test_signs_without_an_end_keep_nobody_waiting(text: str) -> None:
    """Looking for the end of each would take minutes, in which no visit is heard."""
    assert plain(text)
    assert "".join(_cut(text))
    keywords = Keywords({"hello": "wave"})
    made: list[Event] = []
    said = Caption("1", "user", f"{text} hello", True, False, "text")
    Listener(keywords, made.append).on_event(said)
    assert len(made) == 2


def test_full_stops_that_end_nothing_are_no_work_either() -> None:
    assert sum(map(len, _cut("Ab c. " * 50_000))) > 280_000


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (["plain", " words"], "plain words"),
        (["Happy \ud83d", "\ude00 day"], "Happy 😀 day"),
        (["Happy \ud83d", "", "\ude00"], "Happy 😀"),
        (["\ude00 half", " of one"], "\ufffd half of one"),
        (["half \ud83d", "of one"], "half \ufffdof one"),
        (["all of one 😀", "!"], "all of one 😀!"),
    ],
)
def test_characters_that_come_in_halves_are_mended(pieces: list[str], text: str) -> None:
    whole = WholeCharacters()
    assert "".join(map(whole.push, pieces)) == text


def _cut(text: str) -> list[str]:
    sentences = Sentences()
    return [*sentences.push(text), *sentences.flush()]


@pytest.mark.parametrize("line", ["# a" + " " * 150_000 + "b", "# a" + "#" * 150_000 + "b"])
def test_what_an_agent_knows_may_have_odd_lines(line: str) -> None:
    knowledge = Knowledge(f"## Prices ##\nA ticket is five euros.\n{line}\nThe end.")
    assert knowledge.passages[0].heading == "Prices"
    assert known_name("name" + " " * 100_000) == ""
    assert known_name("The visitor's name is Ada, ...") == "Ada"
