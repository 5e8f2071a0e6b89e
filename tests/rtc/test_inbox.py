import asyncio

from rtc.inbox import Inbox, Notice
from rtc.messages import Interrupt, Text


async def test_a_notice_finds_room_where_a_message_finds_none() -> None:
    inbox = Inbox(limit=2)
    first, second = Text(type="text", text="1"), Text(type="text", text="2")
    assert inbox.put(first)
    assert inbox.put(second)
    assert not inbox.put(Interrupt(type="interrupt"))
    inbox.notice(Notice.PEER)
    inbox.notice(Notice.PEER)
    assert [await inbox.get() for _ in range(3)] == [Notice.PEER, first, second]
    assert inbox.put(first)


async def test_who_waits_gets_what_comes() -> None:
    inbox = Inbox(limit=1)
    waiting = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    inbox.notice(Notice.MODE)
    assert await waiting is Notice.MODE
