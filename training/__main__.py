"""``python -m training`` makes the data, trains the network and writes it with its card.

It needs torch, onnx, espeak-ng, flite and festival; `make train` sees to them.
"""

import argparse
import resource
import sys
import time
from pathlib import Path

import torch

from avatar.network import MODEL, Network
from training.corpus import jobs
from training.dataset import prepare, read
from training.export import export, quantised, with_thresholds
from training.fit import fit
from training.sets import validation
from training.thresholds import best, calibration

FOLDER = Path("var/training")
STEPS = 22000
WORKERS = 2


def main(arguments: list[str]) -> int:
    """Run the command; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the examples are kept")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--share", type=float, default=1.0, help="of the usual minutes of speech")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=MODEL)
    options = parser.parse_args(arguments)
    started_s = time.monotonic()
    prepare(jobs(options.share, options.seed), options.folder, WORKERS)
    data = read(options.folder)
    _say(f"{data.minutes:.0f} minutes of examples after {_spent(started_s)}")
    torch.set_num_threads(WORKERS)
    trained = fit(data, options.steps, options.seed)
    clips = validation()
    model = quantised(export(trained), calibration(data, options.seed))
    thresholds = best(Network(model), clips)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_bytes(with_thresholds(model, thresholds))
    _say(f"{options.out}: {len(model) / 1000:.0f} kB, {thresholds}")
    _say(f"{_spent(started_s)} in all")
    return 0


def _spent(started_s: float) -> str:
    """How long it is since then, and what this process and its children computed at all."""
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    worked_s = sum(use.ru_utime + use.ru_stime for use in uses)
    return f"{time.monotonic() - started_s:.0f} s ({worked_s:.0f} s of processors)"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
