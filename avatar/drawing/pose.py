"""What a drawn face can be told to do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Expression:
    """One still expression.

    ``jaw``, ``press``, ``bite``, ``tongue``, ``smile`` and ``lid`` (1 = shut) are 0..1; ``width``
    is -1 (pucker) .. +1 (stretch); ``gaze_x`` (right of the picture), ``gaze_y`` (down), ``brow``
    (up) and ``brow_skew`` (right brow up, left brow down) are -1..+1.
    """

    jaw: float = 0.0
    width: float = 0.0
    press: float = 0.0
    bite: float = 0.0
    tongue: float = 0.0
    smile: float = 0.5
    lid: float = 0.0
    gaze_x: float = 0.0
    gaze_y: float = 0.0
    brow: float = 0.0
    brow_skew: float = 0.0
