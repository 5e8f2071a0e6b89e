"""What making agents costs, and what it costs calls: `python -m benchmarks.generation`.

First each kind is built alone, in its bounded process, and the processor time is taken; a photo
needs the face tools, and a clip is given with `--clip`. Then so many visits are measured on a
served Parley, once alone and once while it makes one agent after the other from words. The last
line is one JSON object.
"""

import argparse
import contextlib
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

import confined
from agents.bounds import FILMING, MAKING
from avatar import CHARACTERS, DEFAULT
from avatar.photo import models
from benchmarks import figures
from benchmarks.calls import Bench, say
from benchmarks.servers import Server, parley

PORTRAIT = CHARACTERS / DEFAULT / "poster.webp"
MARKS = {
    "eyes": [[0.41, 0.415, 0.055, 0.035], [0.6, 0.415, 0.055, 0.035]],
    "mouth": [0.42, 0.55, 0.6, 0.62],
}
"""Where they lie in PORTRAIT."""
GREETING = "Hello, I'm Nora, the guide of the museum. How can I help you today?"
PROMPTS = ("a fox in a red coat", "an old man with glasses", "a girl with green hair", "a cat")
QUEUED = 24
"""More agents than are made while visits are measured."""

Json = dict[str, Any]


def alone(folder: Path, given: argparse.Namespace) -> dict[str, Json]:
    """CPU and wall seconds of each kind, and of its film."""
    found: dict[str, Json] = {}
    for kind, request in requests(given).items():
        out = folder / f"{kind}.avatar"
        size = {"kind": kind, "seed": 1, "size": [720, 416], "out": str(out)}
        found[kind] = measured("avatar.making", {**size, **request}, MAKING)
        if out.is_file():
            film: Json = {"bundle": str(out), "text": GREETING, "voice": "", "language": "en"}
            film |= {
                "pitch": 1.0,
                "tempo": 1.0,
                "seconds": 10.0,
                "seed": 1,
                "out": str(folder / f"{kind}.mp4"),
            }
            found[kind]["film"] = measured("agents.filming", film, FILMING)
            found[kind]["file_mb"] = round(out.stat().st_size / 1e6, 1)
        say(f"{kind}: {json.dumps(found[kind])}")
    return found


def requests(given: argparse.Namespace) -> dict[str, Json]:
    """What can be built here, by kind."""
    tools = {"models": str(given.models)}
    found: dict[str, Json] = {
        "prompt": {"prompt": PROMPTS[0]},
        "marks": {"source": str(PORTRAIT), **tools, **MARKS},
        "photo": {"source": str(given.photo), **tools},
    }
    if given.clip is not None:
        found["video"] = {"source": str(given.clip), **tools}
    return found


def measured(module: str, request: Json, bounds: confined.Bounds) -> Json:
    """How long it takes; `refused` where it cannot be done."""
    before, start_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    answer: Json = {}
    with contextlib.suppress(confined.Broken):
        try:
            answer = confined.run(module, request, bounds)
        except (confined.Refused, confined.Exhausted) as refusal:
            answer = {"refused": str(refusal)}
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    refusals = ("refused", "unrecognised")
    told: Json = (
        {key: answer[key] for key in refusals if key in answer} if answer else {"broken": True}
    )
    return {
        "cpu_s": round(spent.ru_utime + spent.ru_stime - before.ru_utime - before.ru_stime, 1),
        "wall_s": round(time.monotonic() - start_s, 1),
        **told,
    }


def calls(folder: Path, count: int, seconds: float) -> dict[str, Json]:
    """The same visits alone and beside builds."""
    with parley(folder) as server:
        bench = Bench(folder, server)
        bench.warm_up()
        found = {"alone": summary(bench, count, seconds)}
        with building(server, folder) as made:
            found["beside_builds"] = summary(bench, count, seconds)
            found["beside_builds"]["agents_made"] = made()
    return found


def summary(bench: Bench, count: int, seconds: float) -> Json:
    result = bench.visits(count, seconds, [])
    every, more = figures.summary(result), figures.details(result)
    names = ("visits", "seconds", "ps", "fps_p50", "dropped_pct", "reply_ms_p50", "reply_ms_p95")
    found = {name: every[name] for name in names}
    return found | {name: more[name] for name in ("fps_p05", "repeated", "late", "others_cores")}


@contextlib.contextmanager
def building(server: Server, folder: Path) -> Iterator[Any]:
    """Agents are made as long as this lasts; gives what counts those that are ready."""
    secret = fact(folder, "API secret")
    address = urlsplit(server.page)
    base = f"{address.scheme}://{address.netloc}/v1"
    with httpx.Client(base_url=base, headers={"api-secret": secret}, timeout=30.0) as api:
        codes = [
            api.post("/agent/generate", json={"prompt": PROMPTS[number % len(PROMPTS)]})
            .raise_for_status()
            .json()["agent_id"]
            for number in range(QUEUED)
        ]
        until_one_is_being_made(api)

        def made() -> int:
            answer = api.get("/agents", params={"status": "ready", "limit": 100})
            return len({each["code"] for each in answer.json()["data"]} & set(codes))

        yield made


def until_one_is_being_made(api: httpx.Client) -> None:
    deadline_s = time.monotonic() + 30.0
    while not api.get("/agents", params={"status": "generating"}).json()["data"]:
        if time.monotonic() > deadline_s:
            raise SystemExit("no builder has begun: see serve.log")
        time.sleep(0.5)


def fact(folder: Path, name: str) -> str:
    """What the server has printed under a name."""
    lines = (folder / "serve.log").read_text().splitlines()
    return next(line for line in lines if line.startswith(f"{name}: ")).partition(": ")[2].strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--photo", type=Path, default=PORTRAIT)
    parser.add_argument("--clip", type=Path, help="a video of somebody who speaks")
    parser.add_argument("--models", type=Path, default=models.default_folder())
    parser.add_argument("--no-calls", action="store_true", help="builds alone")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as name:
        folder = Path(name)
        found: Json = {"kinds": alone(folder, given)}
        if not given.no_calls:
            found["calls"] = calls(folder, given.visits, given.seconds)
    sys.stdout.write(f"{json.dumps(found)}\n")


if __name__ == "__main__":
    main()
