"""What the tests have done in a process of its own."""

import os
import time
from pathlib import Path
from typing import Any

from confined import Report


class Unwilling(Exception):
    """Made for people."""


REFUSALS = (Unwilling,)


def work(request: dict[str, Any], report: Report) -> dict[str, Any]:
    report(0.5, "half")
    match request["do"]:
        case "answer":
            print("a library's remark")  # noqa: T201 # what is tested
            return {"secret": os.environ.get("PARLEY_SECRET_KEY"), "nice": os.nice(0)}
        case "refuse":
            raise Unwilling("There is no face.")
        case "fail":
            raise ValueError("what the document says")
        case "grow":
            return {"size": len(bytearray(1 << 32))}
        case "spin":
            while True:
                pass
        case "write":
            Path(request["path"]).write_bytes(bytes(1 << 22))
        case "die":
            os._exit(3)
    time.sleep(60)
    return {}
