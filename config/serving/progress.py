"""What `serve` tells the person who started it."""

import sys
import time
from dataclasses import dataclass, field
from typing import TextIO

GREEN, YELLOW, BOLD, DIM, PLAIN = "\033[32m", "\033[33m", "\033[1m", "\033[2m", "\033[0m"


@dataclass
class Progress:
    """One line for each step, coloured where somebody looks on."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    started_s: float = field(default_factory=time.monotonic)

    def title(self, text: str) -> None:
        self._line(f"\n  {self._paint(BOLD, text)}\n")

    def done(self, text: str) -> None:
        self._line(f"  {self._paint(GREEN, '✓')} {text}")

    def note(self, text: str) -> None:
        self._line(f"  {self._paint(YELLOW, '!')} {text}")

    def place(self, name: str, address: str, remark: str = "") -> None:
        tail = f"   {self._paint(DIM, remark)}" if remark else ""
        self._line(f"    {name:<12}{self._paint(BOLD, address)}{tail}")

    def fact(self, name: str, value: str) -> None:
        """A line that scripts look for: it begins with the name, and nothing is around it."""
        self._line(f"{name}: {value}")

    def blank(self) -> None:
        self._line("")

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self.started_s

    def _paint(self, colour: str, text: str) -> str:
        return f"{colour}{text}{PLAIN}" if self.out.isatty() else text

    def _line(self, text: str) -> None:
        self.out.write(text + "\n")
        self.out.flush()
