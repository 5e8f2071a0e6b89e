"""Passages: whole sentences, of a size that can be read out to a model, under one heading."""

from knowledge.blocks import Block
from knowledge.splitting import MOST_WORDS, passages


def sentences(count: int, words: int = 10) -> str:
    return " ".join(" ".join(["word"] * (words - 1)) + f" end{n}." for n in range(count))


def test_passages_have_80_to_150_words_and_whole_sentences() -> None:
    cuts = list(passages([Block(sentences(50), "Care", 3)]))
    sizes = [len(cut.text.split()) for cut in cuts]
    assert all(80 <= size <= MOST_WORDS for size in sizes[:-1])
    assert all(cut.text.endswith(".") for cut in cuts)
    assert {(cut.heading, cut.page) for cut in cuts} == {("Care", 3)}
    assert " ".join(cut.text for cut in cuts) == sentences(50)


def test_a_passage_runs_over_the_page_and_never_over_a_heading() -> None:
    cuts = list(
        passages(
            [
                Block(sentences(3), "Care", 1),
                Block(sentences(3), "Care", 2),
                Block(sentences(3), "Prices", 2),
            ]
        )
    )
    assert [(cut.heading, cut.page, len(cut.text.split())) for cut in cuts] == [
        ("Care", 1, 60),
        ("Prices", 2, 30),
    ]


def test_items_of_a_list_keep_their_lines() -> None:
    [cut] = passages([Block("Croissant: 2 euros.\nBrioche: 3 euros.")])
    assert cut.text == "Croissant: 2 euros.\nBrioche: 3 euros."


def test_what_has_no_sentences_is_cut_all_the_same() -> None:
    endless = " ".join(["word"] * 1000)
    unspaced = "森" * 5000
    cuts = list(passages([Block(endless), Block(unspaced, "森")]))
    assert all(len(cut.text.split()) <= MOST_WORDS for cut in cuts)
    assert all(len(cut.text) <= 16 * MOST_WORDS for cut in cuts)
    assert (
        "".join(cut.text for cut in cuts if cut.heading).replace("\n", "").replace(" ", "")
        == unspaced
    )
