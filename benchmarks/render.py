"""What a frame of the face costs: ``python -m benchmarks.render`` prints CPU ms a frame."""

import argparse
import math
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import avatar

RATE_HZ = 24_000
PIECE_S = 0.2


def syllables(seconds: float) -> avatar.Pcm16:
    """A voice-like sound with four syllables a second: int16, shape (n,)."""
    time_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    voice = sum(np.sin(2 * math.pi * 120 * k * time_s) / k for k in range(1, 24))
    swell = np.clip(np.sin(2 * math.pi * 4 * time_s), 0, 1)
    return (voice * swell * 6000).astype(np.int16)


def pieces(pcm: avatar.Pcm16) -> Iterator[avatar.Pcm16]:
    """The sound as a synthesiser would stream it."""
    step = int(PIECE_S * RATE_HZ)
    for first in range(0, len(pcm), step):
        yield pcm[first : first + step]


def phones(seconds: float) -> list[avatar.Phone]:
    """Twelve phones a second."""
    names = ("m", "aa", "t", "iy", "s", "ow")
    return [
        avatar.Phone(names[i % len(names)], i / 12, (i + 1) / 12) for i in range(int(seconds * 12))
    ]


def measure(player: avatar.Player, frames: int, *, speaking: bool) -> list[float]:
    """CPU milliseconds of each frame."""
    costs_ms = []
    for i in range(frames):
        now_s = i / player.fps
        before_s = time.thread_time()
        player.frame(now_s, now_s if speaking else None)
        costs_ms.append((time.thread_time() - before_s) * 1000)
    return costs_ms


def report(name: str, costs_ms: list[float]) -> None:
    """One line."""
    ordered = sorted(costs_ms)
    sys.stdout.write(
        f"{name}: mean {statistics.fmean(ordered):.3f} ms/frame, "
        f"p50 {ordered[len(ordered) // 2]:.3f}, p95 {ordered[int(len(ordered) * 0.95)]:.3f}\n"
    )


def main(arguments: list[str]) -> int:
    """Measure idle, speaking from the signal, and speaking from phones; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.render", description=__doc__)
    parser.add_argument("--frames", type=int, default=1500)
    parser.add_argument("--character", type=Path, default=avatar.CHARACTERS / avatar.DEFAULT)
    options = parser.parse_args(arguments)
    before_s = time.thread_time()
    bundle = avatar.load(options.character)
    sys.stdout.write(f"load: {(time.thread_time() - before_s) * 1000:.0f} ms\n")
    seconds = options.frames / bundle.fps + 1
    sound = syllables(min(seconds, 110))
    for name, timed in (("idle", None), ("speaking (signal)", False), ("speaking (phones)", True)):
        player = bundle.player(1)
        if timed is not None:
            player.set_mood("speaking")
        push_ms = []
        for i, piece in enumerate(pieces(sound)):
            if timed is None:
                break
            before_s = time.thread_time()
            player.push(piece, RATE_HZ, phones=phones(PIECE_S * 5) if timed and i % 5 == 0 else ())
            push_ms.append((time.thread_time() - before_s) * 1000)
        report(name, measure(player, options.frames, speaking=timed is not None)[25:])
        if push_ms:
            report(f"push {PIECE_S * 1000:.0f} ms, {name}", push_ms)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
