"""Visitors in a process of their own: `python -m benchmarks.crowd URL --speech DIR --out FILE`.

Without --churn, `--visits` of them come, talk for `--seconds` at once and leave; with it, so
many visits come and go one after the other, `--visits` at a time.
"""

import argparse
import asyncio
import gc
import json
import logging
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks import exchange, picture, recording, speech
from benchmarks.internals import stub_decoders
from benchmarks.processes import Usage, machine_cpu_s, usage
from benchmarks.visitor import Address, VisitFailed, Visitor
from voice.ports import Pcm16

SETTLE_S = 2.0
_STAGGER_S = 0.25
_CHURN_TALK_S = 3.0


@dataclass(frozen=True, slots=True)
class Call:
    """Where to call, and the server's process to look at, if it is here."""

    address: Address
    utterances: Sequence[Pcm16]
    server_pid: int | None = None

    def visitor(self, number: int) -> Visitor:
        return Visitor(self.address, self.utterances, number)

    def usage(self) -> Usage:
        return usage(self.server_pid) if self.server_pid else Usage(0.0, 0.0, 0.0, 0)


async def together(call: Call, count: int, seconds: float, record: Path | None) -> dict[str, Any]:
    """Let `count` visitors talk at the same time; figures of the common part of their visits."""
    visitors = [call.visitor(number) for number in range(count)]
    async with aiohttp.ClientSession() as http:
        try:
            for visitor in visitors:
                await visitor.enter(http)
                await asyncio.sleep(_STAGGER_S)
            await asyncio.sleep(SETTLE_S)
            before, start_s = call.usage(), time.monotonic()
            machine_s, own_s = machine_cpu_s(), time.process_time()
            lags = asyncio.create_task(_loop_lags(), name="loop lags")
            await asyncio.gather(*(visitor.talk(start_s + seconds) for visitor in visitors))
            spent, end_s = call.usage().since(before), time.monotonic()
            machine_s, own_s = machine_cpu_s() - machine_s, time.process_time() - own_s
            rss_mb = call.usage().rss_mb
            lags.cancel()
        finally:
            await asyncio.gather(*(visitor.leave() for visitor in visitors))
    if record is not None:
        recording.save(visitors[0].video, visitors[0].audio, record)
    return {
        "seconds": end_s - start_s,
        "server": asdict(spent),
        "rss_mb": rss_mb,
        "visitors_cpu_s": own_s,
        "others_cpu_s": machine_s - own_s - spent.cpu_s,
        "lag_ms": (await asyncio.gather(lags, return_exceptions=True))[0],
        "visits": [_figures(visitor, start_s, end_s) for visitor in visitors],
    }


async def churn(call: Call, visits: int, at_once: int) -> dict[str, Any]:
    """Let visitors connect, talk and leave, `at_once` of them at a time."""
    numbers = iter(range(1, visits + 1))
    failures: list[str] = []
    async with aiohttp.ClientSession() as http:

        async def one_after_the_other() -> None:
            for number in numbers:
                try:
                    await _short_visit(call.visitor(number), http)
                except VisitFailed as failure:
                    failures.append(str(failure))

        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(one_after_the_other())
    return {"visits": visits, "failures": failures}


async def _short_visit(visitor: Visitor, http: aiohttp.ClientSession) -> None:
    try:
        await visitor.enter(http)
        await visitor.say()
        await asyncio.sleep(_CHURN_TALK_S)
    except BaseException:
        await visitor.aclose()
        raise
    await visitor.leave()


async def _loop_lags() -> list[float]:
    """How late this process's own loop runs, so that it is not taken for the server's fault."""
    found = []
    try:
        while True:
            due_s = time.monotonic() + 0.05
            await asyncio.sleep(0.05)
            found.append((time.monotonic() - due_s) * 1000)
    except asyncio.CancelledError:
        return found


def _figures(visitor: Visitor, start_s: float, end_s: float) -> dict[str, Any]:
    heard_s = exchange.loud(visitor.audio.arrival_s, visitor.audio.rms)
    spoken = [each for each in visitor.spoken if each.start_s >= start_s]
    to_unix_s = time.time() - time.monotonic()
    replies = exchange.replies(spoken, heard_s, visitor.captions, end_s)
    life_s = visitor.video.arrival_s[-1] - visitor.video.arrival_s[0]
    pictures = picture.regularity(visitor.video.media_s, visitor.video.arrival_s, start_s, end_s)
    return {
        "first_frame_ms": visitor.first_frame_ms,
        "pictures": asdict(pictures),
        "video_kbps": visitor.video.received_bytes * 8 / life_s / 1000,
        "audio_kbps": visitor.audio.received_bytes * 8 / life_s / 1000,
        "spoken": len(spoken),
        "replies": [[each.speech_end_s + to_unix_s, each.reply_ms] for each in replies],
        "barge_ins_ms": exchange.barge_ins(spoken, heard_s, visitor.captions),
        "complaints": visitor.complaints,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--speech", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--visits", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--churn", type=int, default=0)
    parser.add_argument("--pid", type=int)
    parser.add_argument("--record", type=Path)
    given = parser.parse_args()
    logging.getLogger("aioice").setLevel(logging.WARNING)
    stub_decoders()
    call = Call(Address.of(given.url), speech.load(given.speech), given.pid)
    gc.freeze()
    if given.churn:
        result = asyncio.run(churn(call, given.churn, given.visits))
    else:
        result = asyncio.run(together(call, given.visits, given.seconds, given.record))
    given.out.write_text(json.dumps(result))


if __name__ == "__main__":
    main()
