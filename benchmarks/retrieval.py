"""How soon the passages for a question are found: `python -m benchmarks.retrieval [--postgresql]`.

A thousand pages of PDF are read, cut and indexed as they are for a tenant, beside as many of
another tenant; then questions are asked through the door that conversations use. Prints JSON.
"""

import argparse
import asyncio
import json
import os
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from benchmarks.figures import percentile, rounded
from tests.cluster.servers import postgresql

PAGES_A_DOCUMENT = 100
WORDS_A_PAGE = 350
VOCABULARY = 20_000
QUESTION_WORDS = (2, 8)
SEED = 20_250
SYLLABLES = "bacedifoguhajekilomunaperosutavewixozu"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--postgresql", action="store_true", help="else SQLite")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="parley-retrieval-"))
        os.environ |= {"PARLEY_DATA_DIR": folder, "PARLEY_ENV_FILE": ""}
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        os.environ["DATABASE_URL"] = (
            stack.enter_context(postgresql()) if arguments.postgresql else ""
        )
        print(json.dumps(_measured(arguments.pages, arguments.questions), indent=2))


def _measured(pages: int, questions: int) -> dict[str, Any]:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection, connections

    from knowledge.models import Passage

    call_command("migrate", verbosity=0)
    rng = random.Random(SEED)
    base, build_s = _built("ada", pages, rng)
    _built("bob", pages, rng)
    took_ms = asyncio.run(_asked(base, [_sentence(rng, *QUESTION_WORDS) for _ in range(questions)]))
    figures = {
        "database": connection.vendor,
        "pages": pages,
        "passages": Passage.objects.filter(build__base=base).count(),
        "build_s": round(build_s, 1),
        "questions": questions,
        **{f"p{share}_ms": percentile(took_ms, share) for share in (50, 95, 99)},
        "max_ms": rounded(max(took_ms)),
    }
    connections.close_all()
    return figures


def _built(name: str, pages: int, rng: random.Random) -> tuple[Any, float]:
    """An account's knowledge base of so many pages, and how long it took to make it."""
    from knowledge import building, intake, services
    from knowledge.models import Build
    from tests.knowledge import papers
    from tokens.models import Account

    account = Account.objects.create_user(name)
    contents = [
        papers.pdf([_page(rng) for _ in range(min(PAGES_A_DOCUMENT, pages - first))])
        for first in range(0, pages, PAGES_A_DOCUMENT)
    ]
    began_s = time.perf_counter()
    documents = [
        services.add_file(account, file_name=f"{number}.pdf", content=content)
        for number, content in enumerate(contents)
    ]
    for document in documents:
        intake.read(document.pk)
    base = services.create_base(account, name=name, documents=[each.uid for each in documents])
    building.build(Build.objects.get(base=base).pk)
    return base, time.perf_counter() - began_s


async def _asked(base: Any, questions: list[str]) -> list[float]:
    """Milliseconds for each question, asked from an event loop as a visit does."""
    from rtc.library import Library, Shelf

    library, took_ms = Library(), []
    reader = library.reader(Shelf(base.account_id, (base.pk,)))
    for question in questions:
        began_s = time.perf_counter()
        await reader.search(question, 4)  # type: ignore[union-attr] # the shelf has a base
        took_ms.append((time.perf_counter() - began_s) * 1000)
    await library.aclose()
    return took_ms


def _page(rng: random.Random) -> list[str]:
    words = 0
    lines = [_sentence(rng, 2, 4).rstrip(".?").title()]
    while words < WORDS_A_PAGE:
        lines.append(_sentence(rng, 8, 16))
        words += len(lines[-1].split())
    return lines


def _sentence(rng: random.Random, fewest: int, most: int) -> str:
    return " ".join(_words(rng, rng.randint(fewest, most))).capitalize() + "."


def _words(rng: random.Random, count: int) -> Iterator[str]:
    """Words as often as they are in a language: the n-th one a n-th as often as the first."""
    for _ in range(count):
        rank = int(VOCABULARY ** rng.random())
        yield _word(rank)


def _word(rank: int) -> str:
    word = ""
    while rank:
        rank, syllable = divmod(rank, len(SYLLABLES) // 2)
        word += SYLLABLES[2 * syllable : 2 * syllable + 2]
    return word


if __name__ == "__main__":
    main()
