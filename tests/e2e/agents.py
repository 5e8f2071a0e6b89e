"""The agents that the tests meet, beside the demo agent of the first start."""

from typing import Any

OPERA = (
    "The opera house was opened on a rainy evening in March, with a long piece about a sailor who "
    "sails around the world, loses his ship near a lonely island, learns the songs of the birds "
    "who live there, builds a new boat from the wood of a single tree, and comes home after "
    "seven years, to find that everybody in the harbour already sings the very same songs, "
    "because the birds were faster than he was."
)

GUESTS = "A00GUEST01"
"""Admits nobody without a token."""
OTHER = "A00OTHER01"
"""Whose tokens open no other agent."""
TALKER = "A00LONGS01"
"""Answers a question about the opera house for about half a minute; greets nobody."""
SINGLE = "A00SINGL01"
"""Has one place."""
SCRIPT = "A00SCRPT01"
"""Has a script for a name."""
SCRIPT_NAME = "<script>alert(1)</script><img src=x onerror=alert(2)>"
LISTED = "A00LISTD01"
"""May be framed by one origin that no test comes from."""
READER = "A00READR01"
"""Knows nothing but what it is given to look up."""
WAVER = "A00WAVER01"
"""Greets nobody, and has no keyword in what it knows."""

ALL: list[dict[str, Any]] = [
    {"code": GUESTS, "name": "Gwen", "anonymous": False},
    {"code": OTHER, "name": "Otto"},
    {"code": TALKER, "name": "Tara", "knowledge": f"The opera house\n{OPERA}\n"},
    {"code": READER, "name": "Rita"},
    {"code": WAVER, "name": "Wim", "knowledge": "The lamp\nThe lamp is blue.\n"},
    {"code": SINGLE, "name": "Sia", "max_live_visits": 1},
    {"code": SCRIPT, "name": SCRIPT_NAME, "greeting": SCRIPT_NAME},
    {"code": LISTED, "name": "Lilo", "allowed_origins": ["https://shop.example"]},
]
