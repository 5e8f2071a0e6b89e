import asyncio
import threading

import pytest
from django.db import IntegrityError, OperationalError

from rtc.errors import StoreFull, StoreSlow
from rtc.store import Store
from rtc.visit_log import VisitFilter, sid_var

pytestmark = pytest.mark.django_db(transaction=True)


async def test_writes_keep_their_order_and_reads_see_them() -> None:
    store, seen = Store(), list[int]()
    for number in range(20):
        store.later(seen.append, number)
    assert await store.run(lambda: list(seen)) == list(range(20))
    await store.aclose()


async def test_a_failed_write_is_logged_for_its_visit_without_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = Store()
    caplog.handler.addFilter(VisitFilter())

    def broken() -> None:
        raise ValueError("DETAIL: Failing row contains (my secret).")

    async def visit() -> None:
        sid_var.set("ses_1")
        store.later(broken)

    await asyncio.create_task(visit())
    assert await store.run(lambda: "done") == "done"
    [record] = [one for one in caplog.records if one.message == "a write failed"]
    assert (record.sid, record.error_type) == ("ses_1", "ValueError")  # type: ignore[attr-defined]
    assert "secret" not in caplog.text
    await store.aclose()


async def test_a_database_that_hangs_is_not_waited_for_for_ever() -> None:
    store, go_on = Store(answer_s=0.1), threading.Event()
    with pytest.raises(StoreSlow):
        await store.run(go_on.wait, 5)
    done: list[str] = []
    with pytest.raises(StoreSlow):
        await store.run(done.append, "too late")
    go_on.set()
    await store.aclose()
    assert done == []


async def test_a_database_that_is_behind_is_not_waited_for() -> None:
    store, go_on = Store(max_pending=2), threading.Event()
    store.later(go_on.wait, 5)
    store.later(go_on.wait, 5)
    with pytest.raises(StoreFull):
        await store.run(lambda: None)
    go_on.set()
    await store.aclose()


async def test_a_write_waits_out_what_hinders_it_and_keeps_its_place() -> None:
    store, written = Store(), list[str]()
    hindrances: list[Exception] = [OperationalError("locked"), OperationalError("away")]

    def first() -> None:
        if hindrances:
            raise hindrances.pop()
        written.append("first")

    gone = [IntegrityError("its endpoint was deleted meanwhile")]

    def second() -> None:
        if gone:
            raise gone.pop()
        written.append("second")

    store.later(first)
    store.later(second)
    assert await store.run(lambda: list(written)) == ["first", "second"]
    await store.aclose()


async def test_at_the_end_nothing_waits_for_a_database_that_stays_away(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = Store()

    def never() -> None:
        raise OperationalError("away")

    store.later(never)
    async with asyncio.timeout(5):
        await store.aclose()
    assert "a write failed" in caplog.text
