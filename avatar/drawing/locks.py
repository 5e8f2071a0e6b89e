"""Masses of hair: locks with strands, what lies behind the head, and how the lamp gleams in it."""

from dataclasses import dataclass
from zlib import crc32

from avatar.drawing.brush import blob, clipped, fill, gradient, line, smear, strands
from avatar.drawing.curves import Point, flip, ring, sampled, smooth
from avatar.drawing.palette import Palette, mix

INK_PX = 2.6
Pair = tuple[str, str]
"""What lies behind the head, and what lies before it."""


@dataclass(frozen=True, slots=True)
class Lock:
    """A mass of hair between two curves that run from its root to its tip."""

    outer: list[Point]
    inner: list[Point]


def on_face(svg: str) -> str:
    """What of some SVG falls on the face; the picture must have the clip path ``faceclip``."""
    return f'<g clip-path="url(#faceclip)">{svg}</g>'


def lock(
    mass: Lock, paint: Palette, *, count: int = 24, shadow: bool = True, ink: bool = True
) -> str:
    """One lock with its strands, and its shadow on the face."""
    a, b = sampled(mass.outer, 16), sampled(mass.inner, 16)
    d = ring(a, b)
    tone = paint.hair
    if paint.flat:
        cast = line(smooth(b), paint.skin.shade, 13.0) if shadow else ""
        cast = on_face(cast) if cast else ""
        few = [
            (0.3, 2.2, tone.shade, 0.9),
            (0.62, 2.0, tone.shade, 0.9),
            (0.16, 3.2, tone.light, 0.7),
        ]
        return (
            cast
            + fill(d, tone.base)
            + strands(a[1:-1], b[1:-1], few)
            + (line(d, paint.ink, INK_PX) if ink else "")
        )
    cast = on_face(smear(smooth(b), paint.skin.deep, 17.0, 0.5)) if shadow else ""
    broad = [
        (share, 9.0 - 5.0 * (i % 2), (tone.light, tone.deep)[i % 2], 0.17)
        for i, share in enumerate((0.14, 0.3, 0.44, 0.6, 0.72, 0.9))
    ]
    fine = broad + [
        (
            0.03 + 0.94 * ((i * 0.618034) % 1.0),
            0.8 + (i * 7 % 4) * 0.5,
            (tone.light, tone.deep, paint.shine, tone.shade)[i * 3 % 4],
            (0.24, 0.26, 0.18, 0.32)[i * 3 % 4],
        )
        for i in range(count)
    ]
    return (
        cast
        + fill(d, "url(#hair)")
        + clipped(f"lock{crc32(d.encode()):x}", d, strands(a, b, fine))
        + line(smooth(b), tone.deep, 1.6, 0.55)
    )


def hair_defs(paint: Palette) -> str:
    """The gradient of all hair, lit from above."""
    tone = paint.hair
    stops = [(0, mix(tone.base, tone.light, 0.45)), (0.4, tone.base), (1, tone.shade)]
    return gradient("hair", stops, (0.1, 0, 0.5, 1))


def back(d: str, paint: Palette, flow: Lock | None = None) -> str:
    """The mass behind the head, darker towards the neck."""
    tone = paint.hair
    if paint.flat:
        return fill(d, tone.shade) + line(d, paint.ink, INK_PX)
    content = blob((0.0, 320.0), (110.0, 120.0), tone.deep, 0.95)
    if flow is not None:
        a, b = sampled(flow.outer, 14), sampled(flow.inner, 14)
        fine = [(i / 11, 2.0, tone.light if i % 2 else tone.deep, 0.28) for i in range(12)]
        content += strands(a, b, fine) + strands(flip(a), flip(b), fine)
    return fill(d, "url(#hair)") + clipped("backclip", d, content)


def gleam(d: str, paint: Palette, width: float = 13.0, strength: float = 0.5) -> str:
    """Where the lamp is mirrored in smooth hair."""
    if paint.flat:
        return line(d, mix(paint.hair.base, paint.shine, 0.55), width * 0.55)
    return smear(d, paint.shine, width, strength)
