"""What frames of a face cost, what opening it costs, and what it holds in memory."""

import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

import avatar
from avatar.bundle import Bundle
from benchmarks.render import RATE_HZ, phones, pieces, syllables

FRAMES = 600
WARM_UP = 25
VISITS = 40

Figures = dict[str, float]


def measure(size: str, bundle: Bundle, frames: int, name: str) -> Figures:
    """CPU milliseconds a frame: speaking; resting alone; resting among the agent's visits."""
    speak_ms = statistics.fmean(speaking(bundle, frames))
    alone_ms = statistics.fmean(resting([bundle.player(1)], frames))
    together = [bundle.player(2, began_s=i * 0.31) for i in range(VISITS)]
    idle_ms = statistics.fmean(resting(together, frames // 4, [i * 0.31 for i in range(VISITS)]))
    say(
        f"{name} ({bundle.width} x {bundle.height}): speaking {speak_ms:.3f} ms a frame, "
        f"resting alone {alone_ms:.3f}, {VISITS} visits resting {idle_ms:.3f} each"
    )
    return {
        f"speak_ms_{size}": round(speak_ms, 3),
        f"idle_alone_ms_{size}": round(alone_ms, 3),
        f"idle_ms_{size}": round(idle_ms, 3),
    }


def speaking(bundle: Bundle, frames: int) -> list[float]:
    """Each frame of a visit that speaks with known phones."""
    player = bundle.player(1)
    player.set_mood("speaking")
    sound = syllables(min(110.0, frames / bundle.fps + 1))
    for index, piece in enumerate(pieces(sound)):
        player.push(piece, RATE_HZ, phones=phones(1.0) if index % 5 == 0 else ())
    return timed([partial(player.frame, i / bundle.fps, i / bundle.fps) for i in range(frames)])


def resting(
    players: Sequence[avatar.Player], frames: int, late_s: Sequence[float] = (0.0,)
) -> list[float]:
    """Each frame of visits that rest; they began at different times of one clock."""
    fps = players[0].fps
    calls = [
        partial(player.frame, i / fps + 100.0 - late, None)
        for i in range(frames)
        for player, late in zip(players, late_s, strict=True)
    ]
    return timed(calls)


def timed(calls: Sequence[Callable[[], object]]) -> list[float]:
    """CPU milliseconds of each call but the first few."""
    costs_ms = []
    for call in calls:
        before_s = time.thread_time()
        call()
        costs_ms.append((time.thread_time() - before_s) * 1000)
    return costs_ms[WARM_UP:]


def opening(open_bundle: Callable[[], Bundle]) -> Figures:
    """What opening costs, and what an avatar and a visit hold beside the mapped file."""
    before_s = time.thread_time()
    open_bundle()
    open_ms = (time.thread_time() - before_s) * 1000
    tracemalloc.start()
    bundle = open_bundle()
    player = bundle.player(1)
    for i in range(30):
        player.frame(i / bundle.fps, None)
    agent_mb = tracemalloc.get_traced_memory()[0] / 1e6
    visits = [bundle.player(seed) for seed in range(2, 12)]
    for visit in visits:
        visit.set_mood("speaking")
        visit.frame(0.0, None)
    visit_mb = (tracemalloc.get_traced_memory()[0] / 1e6 - agent_mb) / len(visits)
    tracemalloc.stop()
    arrays = bundle.manifest.shapes()
    mapped_mb = 0.0
    if bundle.manifest.packing == "plain":
        sizes = [np.dtype(kind).itemsize * int(np.prod(shape)) for kind, shape in arrays.values()]
        mapped_mb = sum(sizes) / 1e6
    say(
        f"opened in {open_ms:.0f} ms; an avatar holds {agent_mb:.1f} MB and maps {mapped_mb:.1f}, "
        f"a visit {visit_mb:.2f} MB"
    )
    return {
        "open_ms": round(open_ms, 1),
        "avatar_mb": round(agent_mb + mapped_mb, 1),
        "visit_mb": round(visit_mb, 2),
    }


def say(text: str) -> None:
    """One line."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
