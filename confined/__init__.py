"""Work on what strangers sent, in a niced process of its own with bounds.

A builder or a reader that a hostile file brings down takes nothing else with it.
"""

from confined.process import Bounds, Broken, Exhausted, Json, Refused, Report, run

__all__ = ["Bounds", "Broken", "Exhausted", "Json", "Refused", "Report", "run"]
