"""Hair that falls, and hair that is bound."""

from avatar.drawing.brush import fill, line, smear
from avatar.drawing.curves import Point, flip, number, ring, sampled, smooth
from avatar.drawing.locks import INK_PX, Lock, Pair, back, gleam, hair_defs, lock, on_face
from avatar.drawing.look import Look
from avatar.drawing.palette import Palette
from avatar.drawing.shape import Shape


def _falling(tip_y: float, out: float, wave: float, shape: Shape) -> tuple[Lock, Lock, list[Point]]:
    """The parted front locks, left and right, and the left contour of the back."""
    w = shape.wide
    span = tip_y - 170.0
    tall = [118.0, 168.0, *[170.0 + span * k for k in (0.24, 0.44, 0.62, 0.80)]]
    swing = [0.0, -0.6, 1.0, -1.0, 1.0, -0.8]

    def side(sign: float, base: float, spread: float) -> list[Point]:
        return [
            (sign * (base + spread * max(0.0, (y - 170.0) / span) + wave * s), y)
            for y, s in zip(tall, swing, strict=True)
        ]

    tip = w - 2 + out * 0.7
    left = Lock(
        [(30.0, 50.0), (-20.0, 47.0), (-64.0, 66.0), *side(-1, w + 19, out), (-tip, tip_y)],
        [
            (33.0, 64.0),
            (20.0, 98.0),
            (-18.0, 130.0),
            (-56.0, 152.0),
            *side(-1, w - 4, out * 0.4)[1:],
            (-tip, tip_y),
        ],
    )
    right = Lock(
        [(26.0, 50.0), (58.0, 58.0), (84.0, 82.0), *side(1, w + 19, out), (tip, tip_y - 4)],
        [
            (30.0, 64.0),
            (44.0, 94.0),
            (60.0, 120.0),
            (71.0, 150.0),
            *side(1, w - 3, out * 0.4)[1:],
            (tip, tip_y - 4),
        ],
    )
    contour: list[Point] = [
        (0.0, 48.0),
        (-62.0, 65.0),
        *side(-1, w + 18, out),
        (-(w - 2 + out * 0.5), tip_y - 14),
    ]
    return left, right, contour


def _under(mass: Lock, low: float) -> Lock:
    """A second lock beneath the first, whose tip shows beside it."""
    outer, inner = mass.outer[5:-1], mass.inner[-len(mass.outer[5:]) : -1]
    sign = 1.0 if outer[0][0] > 0 else -1.0
    root = ((outer[0][0] + inner[0][0]) / 2.0, outer[0][1] - 26.0)
    tip = (mass.outer[-1][0] - sign * 19.0, low)
    far = [((a[0] + b[0]) / 2.0, b[1]) for a, b in zip(outer, inner, strict=True)]
    near = [(b[0] - sign * 9.0, b[1]) for b in inner]
    return Lock([root, *far, tip], [root, *near, tip])


def _fall(tip_y: float, out: float, wave: float, shape: Shape, paint: Palette) -> Pair:
    left, right, contour = _falling(tip_y, out, wave, shape)
    d = smooth([*contour[::-1], *flip(contour)[1:]]) + "Z"
    flow = Lock([(x + 8, y) for x, y in contour[2:]], [(x * 0.35, y) for x, y in contour[2:]])
    shine = gleam("M-84,140C-74,104 -44,80 2,71", paint, 14.0) + gleam(
        "M60,81C76,100 86,122 90,146", paint, 10.0, 0.4
    )
    below = "".join(
        lock(_under(mass, tip_y - low), paint, count=8, shadow=False)
        for mass, low in ((right, 22.0), (left, 14.0))
    )
    front = below + lock(right, paint) + lock(left, paint, count=28) + shine
    return back(d, paint, flow), hair_defs(paint) + front


def long(shape: Shape, paint: Palette, look: Look) -> Pair:
    return _fall(404.0, 12.0, 0.0, shape, paint)


def waves(shape: Shape, paint: Palette, look: Look) -> Pair:
    return _fall(388.0, 22.0, 6.5, shape, paint)


def bob(shape: Shape, paint: Palette, look: Look) -> Pair:
    w = shape.wide
    contour: list[Point] = [
        (0.0, 48.0),
        (-62.0, 66.0),
        (-w - 18, 120.0),
        (-w - 25, 190.0),
        (-w - 28, 250.0),
        (-w - 20, 300.0),
        (-w + 4, 318.0),
        (-w + 26, 312.0),
    ]
    d = smooth([*contour[::-1], *flip(contour)[1:]]) + "Z"
    fringe = Lock(
        [
            (-w - 2, 168.0),
            (-70.0, 98.0),
            (-40.0, 62.0),
            (0.0, 50.0),
            (40.0, 62.0),
            (70.0, 98.0),
            (w + 2, 168.0),
        ],
        [
            (-w + 6, 172.0),
            (-56.0, 152.0),
            (-28.0, 149.0),
            (0.0, 148.0),
            (28.0, 149.0),
            (56.0, 152.0),
            (w - 6, 172.0),
        ],
    )
    front = ""
    for sign in (-1.0, 1.0):
        outer: list[Point] = [
            (0.0, 48.0),
            (62.0, 66.0),
            (w + 18, 120.0),
            (w + 25, 190.0),
            (w + 28, 250.0),
            (w + 19, 302.0),
            (w - 2, 318.0),
        ]
        inner: list[Point] = [
            (0.0, 62.0),
            (50.0, 92.0),
            (w - 8, 140.0),
            (w - 7, 190.0),
            (w - 6, 240.0),
            (w - 10, 282.0),
            (w - 22, 312.0),
        ]
        mass = Lock([(sign * x, y) for x, y in outer], [(sign * x, y) for x, y in inner])
        front += lock(mass, paint, count=20)
    front += _curtain(fringe, paint)
    front += gleam("M-70,112C-44,92 34,90 68,110", paint, 13.0, 0.5)
    return back(d, paint), hair_defs(paint) + front


def _curtain(fringe: Lock, paint: Palette) -> str:
    """Bangs: strands run down from the crown to a straight edge."""
    top, edge = sampled(fringe.outer, 40), sampled(fringe.inner, 40)
    d = ring(fringe.outer, fringe.inner)
    tone = paint.hair
    if paint.flat:
        few = "".join(
            line(
                f"M{number(x * 0.75)},{number(y - 26)}L{number(x)},{number(y - 2)}", tone.shade, 2.2
            )
            for x, y in edge[4:-3:5]
        )
        cast = on_face(line(smooth(fringe.inner), paint.skin.shade, 14.0))
        return cast + fill(d, tone.base) + few + line(smooth(fringe.inner), paint.ink, INK_PX)
    hairs = ""
    for i, ((x0, y0), (x1, y1)) in enumerate(zip(top, edge, strict=True)):
        colour = (tone.light, tone.deep, paint.shine, tone.shade)[i * 3 % 4]
        hairs += line(
            f"M{number(x0 * 0.5)},{number(y0 * 0.4 + 40)}"
            f"Q{number(x1 * 0.96)},{number((y0 + y1) / 2 - 8)} "
            f"{number(x1)},{number(y1 + (i % 3) * 1.5)}",
            colour,
            1.3 + i % 3 * 0.5,
            0.32,
        )
    cast = on_face(smear(smooth(fringe.inner), paint.skin.deep, 18.0, 0.5))
    return cast + fill(d, "url(#hair)") + hairs + line(smooth(fringe.inner), tone.deep, 1.6, 0.5)
