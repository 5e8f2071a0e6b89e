import gc
import weakref

from rtc import memory


class Knot:
    """Refers to itself, as peers and sessions do in longer circles."""

    def __init__(self) -> None:
        self.me = self


def test_what_a_visit_leaves_in_circles_is_freed() -> None:
    gc.disable()
    try:
        knot = weakref.ref(Knot())
        assert knot() is not None
        memory.reclaim(memory.allocator_trim())
        assert knot() is None
    finally:
        gc.enable()


def test_what_is_held_for_good_is_looked_at_no_more() -> None:
    before = gc.get_freeze_count()
    try:
        memory.settle()
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()
