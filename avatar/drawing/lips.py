"""The four edges of the lips as a function of the articulation."""

from dataclasses import dataclass

from avatar.drawing.curves import Point
from avatar.drawing.pose import Expression
from avatar.drawing.shape import JAW_PX, LINE_Y


@dataclass(frozen=True, slots=True)
class Lips:
    """Edges from left to right around x = 0, the open height, and half the width inside."""

    top: list[Point]
    inner_top: list[Point]
    inner_bottom: list[Point]
    bottom: list[Point]
    gap: float
    half: float


def lips(face: Expression, *, half_width: float, full: float) -> Lips:
    """The outline of the lips; ``full`` scales their thickness."""
    pucker, stretch = max(0.0, -face.width), max(0.0, face.width)
    smile = face.smile * (1.0 - 0.8 * pucker)
    jaw = face.jaw * (1.0 - face.press) * (1.0 - 0.7 * face.bite)
    half = half_width + 6.0 * stretch - 13.5 * pucker + 5.0 * smile - 2.5 * jaw * (1 - pucker)
    gap = JAW_PX * jaw * (0.9 + 0.12 * pucker) + 3.2 * face.bite + 2.2 * pucker * (1 - face.press)
    gap += 3.4 * face.tongue
    lift = gap * 0.2
    upper = full * (6.4 + 2.2 * pucker - 0.8 * stretch - 0.7 * smile) * (1 - 0.42 * face.press)
    lower = full * (9.4 + 2.0 * pucker - 1.0 * stretch - 0.9 * smile) * (1 - 0.36 * face.press)
    lower *= 1 - 0.5 * face.bite
    corner = LINE_Y - 7.5 * smile + 0.30 * gap + 0.6 * face.press
    middle = LINE_Y + 2.6 * smile
    up, down = middle - lift, middle + gap - lift
    bow = 1.4 * (1 - pucker) * (1 - min(1.0, jaw * 1.5))
    bulge = 0.62 + 0.22 * pucker

    def edge(places: list[tuple[float, float]]) -> list[Point]:
        mirrored = [(-t, y) for t, y in reversed(places) if t != 0.0]
        return [(half * t, y) for t, y in places + mirrored]

    def toward(y: float, share: float) -> float:
        return corner + (y - corner) * share

    crest, base = up - upper, down + lower
    dip = 1.0 - 0.75 * pucker
    return Lips(
        top=edge(
            [
                (-1.05, corner - 0.2),
                (-0.62, toward(crest, 0.68 + 0.16 * pucker) - 0.6),
                (-0.22, crest - 0.8 * dip),
                (0.0, crest + 1.5 * dip),
            ]
        ),
        inner_top=edge(
            [(-1.0, corner), (-0.55, toward(up, 0.80 + 0.1 * bulge)), (0.0, up + bow * 0.6)]
        ),
        inner_bottom=edge(
            [(-1.0, corner), (-0.6, toward(down, 0.70 + 0.16 * bulge)), (0.0, down + bow * 0.6)]
        ),
        bottom=edge(
            [(-1.05, corner - 0.2), (-0.66, toward(base, 0.76)), (-0.25, toward(base, 0.985))]
        ),
        gap=gap,
        half=half,
    )
