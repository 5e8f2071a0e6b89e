import logging
import threading

import pytest

from rtc.errors import StoreFull
from rtc.store import Store

pytestmark = pytest.mark.django_db(transaction=True)


async def test_writes_keep_their_order_and_reads_see_them() -> None:
    store, seen = Store(), list[int]()
    for number in range(20):
        store.later(seen.append, number)
    assert await store.run(lambda: list(seen)) == list(range(20))
    await store.aclose()


async def test_a_failed_write_is_logged_and_the_next_one_is_done(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = Store()

    def broken() -> None:
        raise ValueError

    with caplog.at_level(logging.ERROR):
        store.later(broken)
        assert await store.run(lambda: "done") == "done"
    assert "a write failed" in caplog.text
    await store.aclose()


async def test_a_database_that_is_behind_is_not_waited_for() -> None:
    store, go_on = Store(max_pending=2), threading.Event()
    store.later(go_on.wait, 5)
    store.later(go_on.wait, 5)
    with pytest.raises(StoreFull):
        await store.run(lambda: None)
    go_on.set()
    await store.aclose()
