import asyncio

import pytest

from rtc.wire import Payload, Wire


class Socket:
    def __init__(self) -> None:
        self.sent: list[Payload] = []
        self.closed: int | None = None
        self.may_send = asyncio.Event()
        self.may_send.set()

    async def send(self, payload: Payload) -> None:
        await self.may_send.wait()
        self.sent.append(payload)

    async def close(self, code: int) -> None:
        self.closed = code


async def test_messages_leave_in_order_and_the_close_comes_last() -> None:
    socket = Socket()
    wire = Wire(socket.send, socket.close)
    wire.send("state", state="live")
    wire.refuse("token_expired", "Expired.", 4401, retry_after_s=5)
    wire.send("state", state="ended")
    await asyncio.wait_for(wire.pump(), 1)
    assert socket.sent == [
        {"type": "state", "state": "live"},
        {
            "type": "error",
            "code": "token_expired",
            "message": "Expired.",
            "fatal": True,
            "retry_after": 5,
        },
    ]
    assert socket.closed == 4401


@pytest.mark.parametrize("extra", [1, 50])
async def test_a_page_that_does_not_read_is_closed_not_waited_for(extra: int) -> None:
    socket = Socket()
    socket.may_send.clear()
    wire = Wire(socket.send, socket.close, limit=8)
    for number in range(8 + extra):
        wire.send("caption", id=str(number))
    socket.may_send.set()
    await asyncio.wait_for(wire.pump(), 1)
    assert socket.closed == 4408
    assert len(socket.sent) <= 1
