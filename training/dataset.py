"""All examples on disk and in memory, and the batches that training draws from them."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatar.mel import BANDS, FIRST_LEVEL, KNOWN_AFTER, TINY, followed_all, loudness, normalised
from avatar.network import FIELD, LOOK_AHEAD
from training.corpus import COPIES, Example, Job, examples, silent_examples

Floats = NDArray[np.float32]

SILENT_SHARE = 0.04
CROP = 400
WARP_SHARE = 0.5
BLUR_SHARE = 0.25
# How often a crop is what a visit begins with.
FRESH_SHARE = 0.25
# How often a crop is without any sound, noise or echo, in the midst of its pauses, as where each
# sentence is a recording of its own; and how much before and after the speech is heard (50 Hz).
CUT_SHARE = 0.25
CUT_BEFORE, CUT_AFTER = 20, 15


@dataclass(frozen=True, slots=True)
class Data:
    """All examples end to end, and where each begins (in frames of 50 Hz)."""

    powers: NDArray[np.float16]
    articulation: NDArray[np.float16]
    visemes: NDArray[np.int8]
    starts: NDArray[np.int64]

    @property
    def minutes(self) -> float:
        """How much speech it is, copies included."""
        return len(self.visemes) / 50 / 60


@dataclass(frozen=True, slots=True)
class Batch:
    """Network input (b, t, 80), articulation (b, n, 6) and visemes (b, n)."""

    mel: Floats
    articulation: Floats
    visemes: NDArray[np.int64]


def prepare(jobs: list[Job], folder: Path, workers: int) -> None:
    """Make each job's examples into a file of the folder, unless it is there."""
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(workers) as executor:
        list(executor.map(partial(_prepare, folder), jobs))
    silent = int(sum(job.minutes for job in jobs) * COPIES * SILENT_SHARE * 3)
    _write(folder / "no-speech.npz", silent_examples(max(1, silent), len(jobs)))


def read(folder: Path) -> Data:
    """Everything that was prepared."""
    parts = [dict(np.load(path)) for path in sorted(folder.glob("*.npz"))]
    lengths = np.concatenate([part["lengths"] for part in parts])
    return Data(
        np.concatenate([part["powers"] for part in parts]),
        np.concatenate([part["articulation"] for part in parts]),
        np.concatenate([part["visemes"] for part in parts]),
        np.concatenate(([0], np.cumsum(lengths))).astype(np.int64),
    )


def batches(data: Data, size: int, seed: int) -> Iterator[Batch]:
    """Random crops with random changes, without end."""
    rng = np.random.default_rng(seed)
    frames = FIELD + CROP - 2
    lengths = np.diff(data.starts)
    usable = np.flatnonzero(lengths * 2 > frames + 2)
    chance = lengths[usable] / lengths[usable].sum()
    while True:
        chosen = rng.choice(usable, size, p=chance)
        offsets = [int(rng.integers(lengths[i] - frames // 2)) for i in chosen]
        firsts = [int(data.starts[i]) + offset for i, offset in zip(chosen, offsets, strict=True)]
        rows = np.stack([data.powers[2 * f : 2 * f + frames] for f in firsts]).astype(np.float32)
        lead = (FIELD - 1 - LOOK_AHEAD) // 2
        wanted = [slice(f + lead, f + lead + CROP // 2) for f in firsts]
        said = np.stack([data.visemes[f : f + (frames + 1) // 2] for f in firsts])
        yield Batch(
            shown(cut(changed(rows, rng), said, rng), rng),
            np.stack([data.articulation[w] for w in wanted]).astype(np.float32),
            np.stack([data.visemes[w] for w in wanted]).astype(np.int64),
        )


def changed(powers: Floats, rng: np.random.Generator) -> Floats:
    """Other throats and microphones in the mel picture (b, t, 80); a third stays as it is."""
    count, bands = int(powers.shape[0]), int(powers.shape[2])
    on = rng.random(count) < 0.7
    throats = on & (rng.random(count) < WARP_SHARE)
    blurs = on & (rng.random(count) < BLUR_SHARE)
    out = powers.copy()
    for i in np.flatnonzero(throats).tolist():
        out[i] = out[i] @ _warp(rng)
    for i in np.flatnonzero(blurs).tolist():
        out[i] = out[i] @ _blur(rng)
    knots = rng.normal(0, 0.6, (count, 6)) * on[:, None]
    colour = np.stack([np.interp(np.linspace(0, 5, bands), np.arange(6), k) for k in knots])
    out += colour[:, None].astype(np.float32)
    out += (rng.normal(0, 0.5, count) * on)[:, None, None].astype(np.float32)
    floor = np.where(on & (rng.random(count) < 0.5), rng.uniform(-9.0, -3.0, count), -23.0)
    slope = rng.normal(0, 0.8, count)[:, None] * np.linspace(1.0, -1.0, bands)
    floors = (floor + out.reshape(count, -1).max(axis=1) - 3.0)[:, None] + slope
    noisy: Floats = np.log(np.exp(out) + np.exp(floors.astype(np.float32))[:, None])
    return noisy


def cut(powers: Floats, said: NDArray[np.int8], rng: np.random.Generator) -> Floats:
    """Pauses of some crops (b, t, 80) without sound; ``said`` are the visemes (b, t / 2)."""
    for i in np.flatnonzero(rng.random(len(powers)) < CUT_SHARE).tolist():
        edges = np.flatnonzero(np.diff(said[i] == 0, prepend=False, append=False))
        for start, end in edges.reshape(-1, 2).tolist():
            first = start + int(rng.integers(CUT_AFTER)) * (start > 0)
            last = end - int(rng.integers(1, CUT_BEFORE)) * (end < len(said[i]))
            powers[i, 2 * first : 2 * last] = np.log(TINY)
    return powers


def shown(powers: Floats, rng: np.random.Generator) -> Floats:
    """Powers (b, t, 80) as the network sees them after some time of listening."""
    heard = loudness(powers)
    usual = np.percentile(heard, 95, axis=1) + rng.normal(0, 0.4, len(heard))
    fresh = rng.random(len(heard)) < FRESH_SHARE
    first = np.where(fresh, FIRST_LEVEL, usual)
    out = normalised(powers, followed_all(first, np.where(fresh, 0, KNOWN_AFTER), heard))
    for i in np.flatnonzero(rng.random(len(out)) < 0.4).tolist():
        start, width = int(rng.integers(BANDS - 8)), int(rng.integers(1, 9))
        out[i, :, start : start + width] = out[i, :, start : start + width].mean()
    return out


def _warp(rng: np.random.Generator) -> Floats:
    """A vocal tract up to 12 % longer or shorter, unevenly so, as a matrix over bands."""
    source = np.arange(BANDS) * rng.uniform(0.88, 1.12) + rng.uniform(-1.5, 1.5)
    source += np.interp(np.arange(BANDS), np.linspace(0, BANDS, 5), rng.normal(0, 1.0, 5))
    source = source.clip(0, BANDS - 1)
    low = np.minimum(source.astype(int), BANDS - 2)
    out = np.zeros((BANDS, BANDS), np.float32)
    out[low, np.arange(BANDS)] = 1 - (source - low)
    out[low + 1, np.arange(BANDS)] += source - low
    return out


def _blur(rng: np.random.Generator) -> Floats:
    """A hoarse voice: the harmonics run into each other."""
    apart = np.arange(BANDS)[:, None] - np.arange(BANDS)
    near = np.exp(-0.5 * (apart / rng.uniform(0.5, 2.5)) ** 2)
    out: Floats = (near / near.sum(axis=0)).astype(np.float32)
    return out


def _prepare(folder: Path, job: Job) -> None:
    path = folder / f"{job.engine}-{job.voice}.npz"
    if not path.exists():
        _write(path, examples(job))


def _write(path: Path, made: Iterable[Example]) -> None:
    """Write examples; under another name first, so that half a file is never taken for one."""
    found = list(made)
    if not found:
        return
    partly = path.with_suffix(".part")
    with partly.open("wb") as file:
        np.savez(
            file,
            powers=np.concatenate([one.powers for one in found]),
            articulation=np.concatenate([one.articulation for one in found]),
            visemes=np.concatenate([one.visemes for one in found]),
            lengths=np.array([len(one.visemes) for one in found]),
        )
    os.replace(partly, path)
