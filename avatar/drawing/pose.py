"""What a drawn face can be told to do, and the colours it is drawn in."""

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


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one character, as ``#rrggbb``."""

    skin: str = "#f3c5a5"
    skin_light: str = "#fde0c8"
    skin_shade: str = "#d9936f"
    skin_deep: str = "#b86a4c"
    blush: str = "#ee8674"
    hair: str = "#54301f"
    hair_light: str = "#a8693f"
    hair_shine: str = "#d69a62"
    hair_dark: str = "#2b1710"
    brow: str = "#4b2a1c"
    lash: str = "#2a1812"
    iris: str = "#5f8f6b"
    iris_dark: str = "#24483a"
    iris_light: str = "#b7d9a0"
    lip: str = "#d0655f"
    lip_dark: str = "#a8443f"
    lip_light: str = "#ee9a8e"
    top: str = "#e8705b"
    top_dark: str = "#b8483a"
    top_light: str = "#f79a80"
    shirt: str = "#fbf3ea"
    shirt_dark: str = "#dccbbd"
    back_top: str = "#eaf0fb"
    back_bottom: str = "#b4c4ea"
    halo: str = "#ffffff"
