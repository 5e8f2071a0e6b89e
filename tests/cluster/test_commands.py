"""A command reaches a visit whichever process it reaches, and whichever holds the visit."""

import contextlib
import signal
import time

import aiohttp

from tests.cluster.conftest import Cluster
from tests.cluster.visits import active, post, speak, visiting


def test_one_of_two_that_start_together_prepares_the_database(both: Cluster) -> None:
    lines = [
        next(line for line in served.output.splitlines() if "Database ready" in line)
        for served in (both.one, both.two)
    ]
    assert sorted("migrations applied" in line for line in lines) == [False, True]
    assert "API secret: " not in both.two.output


async def test_a_visit_of_the_other_process_speaks(both: Cluster) -> None:
    async with visiting(both.one, both.agent) as visit:
        await active(both, both.two, 1)
        status, answer = await speak(both, both.two, "Grüße vom Regal 😀", room_id=visit.sid)
        assert (status, answer["delivered_to_rooms"]) == (200, 1)
        caption = await visit.hear("caption", role="assistant", final=True)
        assert (caption["text"], caption["source"]) == ("Grüße vom Regal 😀", "speak")


async def test_all_rooms_are_those_of_both(both: Cluster) -> None:
    async with visiting(both.one, both.agent) as first, visiting(both.two, both.agent) as second:
        await active(both, both.one, 2)
        status, answer = await speak(both, both.one, "We close in ten minutes.")
        assert (status, answer["delivered_to_rooms"]) == (200, 2)
        for visit in (first, second):
            await visit.hear("caption", text="We close in ten minutes.", final=True)


async def test_a_key_counts_in_both(both: Cluster) -> None:
    async with visiting(both.one, both.agent) as visit:
        await active(both, both.two, 1)
        path, key = f"/v1/agent/{both.agent}/speak", {"Idempotency-Key": "once in both"}
        body: dict[str, object] = {"message": "Only once."}
        answers = [await post(both, each, path, body, **key) for each in (both.one, both.two)]
        assert answers[0] == answers[1]
        await speak(both, both.two, "The end.")
        assert (await visit.hear("caption", role="assistant", final=True))["text"] == "Only once."
        assert (await visit.hear("caption", role="assistant", final=True))["text"] == "The end."


async def test_the_other_process_ends_a_visit_and_says_why(both: Cluster) -> None:
    async with visiting(both.one, both.agent) as visit:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{both.two.url}/v1/me", headers={"api-secret": both.secret}) as response,
        ):
            uid = (await response.json())["data"]["user_id"]
        path = f"/v2/{uid}/runtime-sessions/{visit.sid}/terminate"
        status, answer = await post(both, both.two, path, {"reason": "We close."})
        assert (status, answer["data"]["closed"]) == (200, True)
        over = await visit.hear("state", state="ended")
        assert (over["reason"], over["message"]) == ("operator", "We close.")


async def test_a_killed_process_acknowledges_nothing(both: Cluster) -> None:
    async with visiting(both.two, both.agent) as spared:
        with contextlib.suppress(aiohttp.ClientError, TypeError):
            async with visiting(both.one, both.agent) as lost:
                await active(both, both.two, 2)
                both.one.stop(signal.SIGKILL)
                started_s = time.monotonic()
                status, answer = await speak(both, both.two, "Anybody?", room_id=lost.sid)
                assert (status, answer["code"]) == (503, "NO_AVAILABLE_WORKERS")
                assert time.monotonic() - started_s < 10
        status, answer = await speak(both, both.two, "Still here.")
        assert (status, answer["delivered_to_rooms"]) == (200, 1)
        await spared.hear("caption", text="Still here.", final=True)
