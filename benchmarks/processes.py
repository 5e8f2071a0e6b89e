"""What a process and its children use: processor, memory, threads."""

import math
from dataclasses import dataclass

import psutil

RECOGNISER = "recogniser_child"


@dataclass(frozen=True, slots=True)
class Usage:
    """Of a process tree at one moment, or between two.

    `recogniser_cpu_s` is part of `cpu_s`; between two moments it is not a number when a
    recogniser was lost, since what it had spent is not known.
    """

    cpu_s: float
    recogniser_cpu_s: float
    rss_mb: float
    threads: int
    processes: int = 0
    recognisers: tuple[int, ...] = ()

    def since(self, before: "Usage") -> "Usage":
        """What came on top since `before`."""
        lost = set(before.recognisers) - set(self.recognisers)
        return Usage(
            self.cpu_s - before.cpu_s,
            math.nan if lost else self.recogniser_cpu_s - before.recogniser_cpu_s,
            self.rss_mb - before.rss_mb,
            self.threads - before.threads,
            self.processes - before.processes,
            self.recognisers,
        )


def usage(pid: int) -> Usage:
    """Look at the process `pid` and all that it started, ended children included.

    Raises:
        psutil.NoSuchProcess: it is gone.
    """
    cpu_s = recogniser_s = rss_bytes = 0.0
    threads = processes = 0
    recognisers = []
    root = psutil.Process(pid)
    for process in [root, *root.children(recursive=True)]:
        try:
            times, command = process.cpu_times(), process.cmdline()
            rss_bytes += process.memory_info().rss
            threads += process.num_threads()
            processes += 1
        except psutil.NoSuchProcess:
            if process is root:
                raise
            continue
        own_s = times.user + times.system
        cpu_s += own_s + times.children_user + times.children_system
        if any(word.endswith(RECOGNISER) for word in command):
            recogniser_s += own_s
            recognisers.append(process.pid)
    return Usage(cpu_s, recogniser_s, rss_bytes / 1e6, threads, processes, tuple(recognisers))


def machine_cpu_s() -> float:
    """Processor seconds that the whole machine has spent since it started."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0))
