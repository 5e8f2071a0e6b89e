"""Hair that is combed back and bound."""

from avatar.drawing.brush import blob, clipped, fill, line, oval, smear
from avatar.drawing.curves import Point, mirror, number, ring, sampled, smooth
from avatar.drawing.locks import INK_PX, Lock, Pair, gleam, hair_defs, lock, on_face
from avatar.drawing.look import Look
from avatar.drawing.palette import Palette
from avatar.drawing.shape import Shape


def _pulled(shape: Shape, paint: Palette) -> str:
    """Hair combed from the hairline up to the crown."""
    w = shape.wide
    rim: list[Point] = [
        (-w - 1, 206.0),
        (-w - 6, 166.0),
        (-w - 2, 122.0),
        (-62.0, 80.0),
        (-30.0, 62.0),
        (0.0, 57.0),
    ]
    edge: list[Point] = [
        (-w + 5, 204.0),
        (-w + 7, 172.0),
        (-62.0, 138.0),
        (-38.0, 116.0),
        (-14.0, 108.0),
        (0.0, 107.0),
    ]
    outer, inner = [*rim, *mirror(rim)[1:]], [*edge, *mirror(edge)[1:]]
    d = ring(outer, inner)
    tone = paint.hair
    roots, crown = sampled(inner, 46), sampled(outer, 46)
    if paint.flat:
        few = "".join(
            line(
                f"M{number(x0)},{number(y0)}Q{number(x0 * 0.9)},{number(y1 + 22)} "
                f"{number(x1 * 0.6)},{number(min(y1, 92))}",
                tone.shade,
                2.0,
            )
            for (x0, y0), (x1, y1) in list(zip(roots, crown, strict=True))[9:-8:5]
        )
        cast = on_face(line(smooth(inner), paint.skin.shade, 9.0))
        return (
            cast
            + fill(d, tone.base)
            + few
            + line(smooth(outer), paint.ink, INK_PX)
            + line(smooth(inner), paint.ink, INK_PX)
        )
    hairs = ""
    for i, ((x0, y0), (x1, y1)) in enumerate(zip(roots, crown, strict=True)):
        colour = (tone.light, tone.deep, paint.shine, tone.shade)[i * 3 % 4]
        hairs += line(
            f"M{number(x0)},{number(y0)}C{number(x0 * 1.06)},{number(y0 - 24)} "
            f"{number(x1 * 0.94)},{number(y1 + 14)} {number(x1 * 0.5)},{number(y1 * 0.6 + 30)}",
            colour,
            1.4,
            0.32,
        )
    cast = on_face(smear(smooth(inner), paint.skin.deep, 11.0, 0.4))
    soft = smear(smooth(inner[1:-1]), tone.base, 4.0, 0.5)
    return (
        cast
        + soft
        + fill(d, "url(#hair)")
        + clipped("capclip", d, hairs)
        + gleam("M-64,118C-44,86 -18,76 8,74", paint, 12.0, 0.5)
    )


def bun(shape: Shape, paint: Palette, look: Look) -> Pair:
    tone = paint.hair
    place, r = (4.0, 50.0), 33.0
    ball = oval(place, (r, r - 3), tone.base if paint.flat else "url(#hair)")
    swirl = "".join(
        line(
            f"M{number(place[0] - r + 4 + i * 3)},{number(place[1] + 8 - i * 2)}"
            f"Q{number(place[0] - 4 + i)},{number(place[1] - 30 + i * 7)} "
            f"{number(place[0] + r - 4 - i)},{number(place[1] + 2 + i * 2)}",
            (tone.light, tone.deep)[i % 2],
            1.8,
            0.42,
        )
        for i in range(8)
    )
    rim = (
        f"M{number(place[0] - r)},{number(place[1])}a{r},{r - 3} 0 1 1 {2 * r},0a{r},{r - 3} 0 1 "
        f"1 {-2 * r},0Z"
    )
    knot = hair_defs(paint) + ball + (line(rim, paint.ink, INK_PX) if paint.flat else "") + swirl
    if not paint.flat:
        knot += blob((place[0] + 8, place[1] + 22), (30.0, 14.0), tone.deep, 0.7) + gleam(
            "M-20,38Q-8,26 12,26", paint, 8.0, 0.6
        )
    return knot, hair_defs(paint) + _pulled(shape, paint) + _wisps(shape, paint)


def _wisps(shape: Shape, paint: Palette) -> str:
    """Loose hairs before the ears."""
    w = shape.wide
    return "".join(
        line(
            f"M{number(s * (w - 1))},190C{number(s * (w + 5))},216 {number(s * (w - 3))},236 "
            f"{number(s * (w + 1 + k))},{240 + 5 * k}",
            paint.hair.base if k else paint.hair.shade,
            2.4 - 0.5 * k,
            0.9,
        )
        for s in (-1, 1)
        for k in (0, 1, 2)
    )


def ponytail(shape: Shape, paint: Palette, look: Look) -> Pair:
    outer: list[Point] = [
        (20.0, 70.0),
        (84.0, 74.0),
        (118.0, 130.0),
        (124.0, 210.0),
        (116.0, 290.0),
        (122.0, 350.0),
        (104.0, 392.0),
    ]
    inner: list[Point] = [
        (20.0, 100.0),
        (60.0, 120.0),
        (70.0, 170.0),
        (72.0, 220.0),
        (74.0, 290.0),
        (82.0, 350.0),
        (98.0, 394.0),
    ]
    tail = lock(Lock(outer, inner), paint, shadow=False)
    return hair_defs(paint) + tail, hair_defs(paint) + _pulled(shape, paint) + _wisps(shape, paint)
