"""What agents may look up during a visit, searched beside the event loop."""

from collections.abc import Sequence
from dataclasses import dataclass

from django import db

from knowledge.search import Found, search
from rtc.errors import StoreFull, StoreSlow
from rtc.store import Store
from voice.errors import VoiceError
from voice.ports import Passage

MOST_WAITING = 16
ANSWER_S = 2.0


@dataclass(frozen=True, slots=True)
class Shelf:
    """The knowledge bases that a visit's agent has, by primary keys; none by default."""

    account: int = 0
    bases: tuple[int, ...] = ()


class Library:
    """Searches for all visits of a process, one after the other, in a thread of its own.

    It is not the thread that visits write in: nobody who speaks waits for a write, nor a write for
    a search. What waits is bounded; a visit whose turn comes too late goes on without.
    """

    def __init__(self) -> None:
        self._store = Store(max_pending=MOST_WAITING, answer_s=ANSWER_S, name="rtc-library")

    def reader(self, shelf: Shelf) -> "Reader | None":
        """A visit's view; None where there is nothing to look up."""
        return Reader(self._store, shelf) if shelf.bases else None

    async def aclose(self) -> None:
        """End the search that is under way, and the thread."""
        await self._store.aclose()


class Reader:
    """The retriever of one visit."""

    def __init__(self, store: Store, shelf: Shelf) -> None:
        self._store = store
        self._shelf = shelf

    async def search(self, query: str, limit: int) -> Sequence[Passage]:
        """The best passages of the shelf, best first.

        Raises:
            VoiceError: the database cannot be asked just now.
        """
        shelf = self._shelf
        try:
            found = await self._store.run(search, shelf.account, shelf.bases, query, limit)
        except (StoreFull, StoreSlow, db.Error) as error:
            raise VoiceError("knowledge cannot be searched just now") from error
        return [_passage(each) for each in found]


def _passage(found: Found) -> Passage:
    return Passage(found.text, found.title, found.heading, found.page, found.document_id)
