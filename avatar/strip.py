"""Analysed rows on the timeline of speech."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Strip:
    """Rows (n, width) of float32 at one rate: row ``k`` belongs to the moment ``k / rate``."""

    def __init__(self, width: int) -> None:
        self._rows: Floats = np.zeros((0, width), np.float32)
        self.first = 0

    @property
    def end(self) -> int:
        """The row after the last one."""
        return self.first + len(self._rows)

    def restart(self, first: int) -> None:
        """Forget all rows; the next one is ``first``."""
        self._rows, self.first = self._rows[:0].copy(), first

    def append(self, rows: Floats) -> None:
        """Add the next rows."""
        self._rows = np.concatenate((self._rows, rows))

    def between(self, first: int, last: int) -> Floats:
        """Rows first <= k < last as far as they are there."""
        return self._rows[max(0, first - self.first) : max(0, last - self.first)]

    def forget_before(self, row: int) -> None:
        """Drop earlier rows, now and then."""
        extra = min(row - self.first, len(self._rows))
        if extra > 25:
            self._rows = self._rows[extra:].copy()
            self.first += extra
