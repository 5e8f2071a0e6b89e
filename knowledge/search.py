"""Finding the passages that a question asks for: full text of whichever database there is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import connection, transaction

from knowledge.models import KnowledgeBase, Passage
from knowledge.words import STOP_WORDS

QUESTION_CHARS = 1_000
MAX_WORDS = 24
POSTGRESQL_WITHIN_MS = 1_000
"""No longer, so that one search that hangs does not hold up those behind it."""
NEAR = 50
NEAR_THE_BEST = 0.35
"""The share of the best passage's score that another has to have."""
_WORD = re.compile(r"[^\W_]+")

Scored = list[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that was found; `document_id` is the document's public id."""

    document_id: str
    title: str
    heading: str
    page: int | None
    text: str


class Index(Protocol):
    """A database's full text over passages."""

    def search(self, builds: Sequence[int], words: Sequence[str], limit: int) -> Scored:
        """The best passages of `builds` with any of the words: keys and scores, best first."""

    def settle(self) -> None:
        """Many passages are new: what searches are planned by has changed."""


class SqliteIndex:
    """FTS5; the scope of a passage is a word of its own column, which counts for nothing."""

    def search(self, builds: Sequence[int], words: Sequence[str], limit: int) -> Scored:
        scope = " OR ".join(f'"b{build}"' for build in builds)
        wanted = " OR ".join(f'"{word}"' for word in words)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT rowid, -bm25(knowledge_index, 0.0, 2.0, 1.0) AS score"
                " FROM knowledge_index WHERE knowledge_index MATCH %s"
                " ORDER BY score DESC, rowid LIMIT %s",
                [f"(scope : ({scope})) AND ({{title text}} : ({wanted}))", limit],
            )
            return list(cursor.fetchall())

    def settle(self) -> None:
        """Nothing is planned by numbers that could be old."""


class PostgresqlIndex:
    """Text search with words weighed by how rare they are, which ts_rank leaves out.

    ts_rank has to unpack every passage that it looks at, so it looks at those alone that have the
    rarest words.
    """

    def search(self, builds: Sequence[int], words: Sequence[str], limit: int) -> Scored:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {POSTGRESQL_WITHIN_MS}")
            cursor.execute(
                "SELECT unnest(tsvector_to_array(to_tsvector('english', %s)))", [" ".join(words)]
            )
            queries = [f"'{lexeme}'" for (lexeme,) in cursor.fetchall()]
            if not queries:
                return []
            wanted: dict[str, Any] = {
                "builds": list(builds),
                "each": queries,
                "near": NEAR,
                "limit": limit,
            }
            cursor.execute(_RANKED, wanted)
            return list(cursor.fetchall())

    def settle(self) -> None:
        """Count the passages anew; until then it would read all of them for each word."""
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE knowledge_passage")


_RANKED = """
WITH wanted AS (
    SELECT query, number FROM unnest(%(each)s::tsquery[]) WITH ORDINALITY AS each (query, number)
),
hit AS MATERIALIZED (
    SELECT passage.id, wanted.number, wanted.query
    FROM wanted JOIN knowledge_passage AS passage
        ON passage.build_id = ANY(%(builds)s) AND passage.vector @@ wanted.query
),
rarity AS MATERIALIZED (
    SELECT number, ln(1 + (passages - count(*) + 0.5) / (count(*) + 0.5)) AS weight
    FROM hit CROSS JOIN (
        SELECT count(*) AS passages FROM knowledge_passage WHERE build_id = ANY(%(builds)s)
    ) AS whole
    GROUP BY number, passages
),
near AS MATERIALIZED (
    SELECT hit.id, sum(rarity.weight) AS weight FROM hit JOIN rarity USING (number)
    GROUP BY hit.id ORDER BY weight DESC, hit.id LIMIT %(near)s
)
SELECT near.id, sum(
    rarity.weight * ts_rank('{0, 0, 0.5, 1}', passage.vector, hit.query)
)::float AS score
FROM near
JOIN knowledge_passage AS passage USING (id)
JOIN hit USING (id)
JOIN rarity USING (number)
GROUP BY near.id ORDER BY score DESC, near.id LIMIT %(limit)s
"""


def index() -> Index:
    """The index of the database that is used."""
    return PostgresqlIndex() if connection.vendor == "postgresql" else SqliteIndex()


def search(account: int, bases: Sequence[int], question: str, limit: int) -> list[Found]:
    """The best passages for `question` out of an account's knowledge bases, best first.

    `account` and `bases` are primary keys; a base of another account holds nothing.
    """
    words = words_of(question)
    builds = _live_builds(account, bases)
    if not (words and builds):
        return []
    scored = index().search(builds, words, limit)
    near = [key for key, score in scored if score >= NEAR_THE_BEST * scored[0][1]]
    rows = Passage.objects.filter(pk__in=near, build__base__account=account)
    by_key: dict[int, Any] = {row.pk: row for row in rows.select_related("document")}
    return [_found(by_key[key]) for key in near if key in by_key]


def words_of(question: str) -> list[str]:
    """The words of a question that tell what it is about, each once."""
    words = _WORD.findall(question[:QUESTION_CHARS].lower())
    return list(dict.fromkeys(word for word in words if word not in STOP_WORDS))[:MAX_WORDS]


def _live_builds(account: int, bases: Sequence[int]) -> list[int]:
    own = KnowledgeBase.objects.filter(account=account, pk__in=bases, live__isnull=False)
    return [build for build in own.values_list("live", flat=True) if build is not None]


def _found(row: Passage) -> Found:
    return Found(row.document.uid, row.title, row.heading, row.page, row.text)
