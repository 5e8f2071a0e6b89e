"""Memory of visits that are over, given back to the machine."""

import ctypes
import gc
from collections.abc import Callable


def settle() -> None:
    """Take what a warmed-up process holds for good out of the collector's sight.

    Later collections then look at what visits left alone: a few milliseconds, not tens.
    """
    gc.collect()
    gc.freeze()


def reclaim(trim: Callable[[int], int] | None) -> None:
    """Free a visit's reference cycles, then hand the allocator's empty pages back.

    Peers, tracks and the engine's sessions refer to each other in circles, with decoders and
    buffers hanging on them: left to the collector's own pace, they pile up by the visit.
    """
    gc.collect()
    if trim is not None:
        trim(0)


def allocator_trim() -> Callable[[int], int] | None:
    """Glibc's malloc_trim, which releases the interpreter's lock; None with another libc."""
    trim: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim
