"""Animals with clothes: head, ears, muzzle and eyes of each kind."""

from dataclasses import dataclass

from avatar.drawing import clothes, muzzle, scenery, worn
from avatar.drawing.animaleyes import brows, eyes
from avatar.drawing.brush import blob, clipped, fill, gradient, line, oval, placed, smear
from avatar.drawing.curves import Point, flip, mirror, number, ring, sampled, smooth
from avatar.drawing.look import Look
from avatar.drawing.palette import Palette, Tone, fur, luma, mix, tone
from avatar.drawing.pose import Expression
from avatar.drawing.shape import Shape

INK_PX = 2.8
SHAPE = Shape(
    wide=96.0, jaw=70.0, chin=30.0, chin_y=322.0, neck=48.0, shoulder=150.0, eye=1.0, eye_dx=45.0,
    brow=1.0, nose=1.0, lips=0.4, mouth=24.0, raised=20.0,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of animal: the left half of its head from the crown to the chin, and its ears."""

    head: list[Point]
    ear: list[Point]
    inner_ear: list[Point]
    eye_dx: float


KINDS = {
    "fox": Kind(
        [
            (0, 98),
            (-46, 104),
            (-84, 142),
            (-100, 192),
            (-124, 240),
            (-92, 268),
            (-52, 304),
            (0, 324),
        ],
        [(-86, 164), (-110, 88), (-98, 18), (-58, 54), (-24, 104)],
        [(-92, 140), (-98, 86), (-92, 40), (-66, 68), (-44, 108)],
        45.0,
    ),
    "cat": Kind(
        [(0, 102), (-56, 108), (-98, 150), (-111, 206), (-101, 258), (-60, 304), (0, 318)],
        [(-92, 176), (-113, 108), (-100, 34), (-60, 66), (-26, 106)],
        [(-96, 160), (-100, 108), (-94, 58), (-68, 80), (-46, 112)],
        47.0,
    ),
    "rabbit": Kind(
        [(0, 116), (-48, 122), (-84, 160), (-96, 214), (-94, 262), (-56, 306), (0, 320)],
        [(-70, 148), (-88, 96), (-90, 40), (-66, 14), (-42, 36), (-28, 86), (-22, 124)],
        [(-62, 132), (-76, 92), (-78, 48), (-65, 30), (-51, 46), (-40, 88), (-36, 118)],
        45.0,
    ),
    "bear": Kind(
        [(0, 92), (-58, 100), (-102, 146), (-116, 208), (-106, 262), (-62, 308), (0, 322)],
        [(-66, 134), (-112, 142), (-126, 108), (-112, 74), (-78, 68), (-50, 88), (-40, 112)],
        [(-76, 124), (-102, 128), (-112, 106), (-102, 86), (-80, 82), (-64, 96), (-60, 114)],
        45.0,
    ),
}


def sheets(look: Look, paint: Palette, face: Expression) -> list[tuple[str, str, bool]]:
    """The layers of an animal: the part that moves each, its SVG, whether it turns along."""
    kind = KINDS[look.kind]
    coat = tone(fur(look), 0.34, 0.42 if luma(fur(look)) < 0.8 else 0.26)
    pale = belly(look)
    body = (
        clothes.behind(SHAPE, paint, look)
        + _neck(coat, pale, paint)
        + clothes.garment(SHAPE, paint, look)
    )
    snout = muzzle.muzzle(face, look, coat, pale, paint)
    front = worn.glasses(SHAPE, paint, look) + _whiskers(look, paint)
    return [
        ("", scenery.scenery(paint, look) + placed(body, (0.0, -SHAPE.raised)), False),
        ("", _ears(kind, coat, pale, paint, look), True),
        ("mouth", _head(kind, muzzle.drop(face), coat, pale, paint, look) + snout, True),
        ("", muzzle.nose(look, paint), True),
        ("eyes", eyes(face, kind.eye_dx, coat, paint, look), True),
        ("brows", brows(face, kind.eye_dx, coat, paint), True),
        ("", front, True),
    ]


def belly(look: Look) -> Tone:
    """The pale fur of muzzle and chest."""
    base = mix(fur(look), "#fff8ee", 0.86 if look.kind in ("fox", "cat") else 0.62)
    return tone(base, 0.5, 0.2)


def _neck(coat: Tone, pale: Tone, paint: Palette) -> str:
    left: list[Point] = [(-50, 270), (-54, 320), (-58, 350), (-72, 368), (-96, 420)]
    d = ring(left, flip(left))
    chest: list[Point] = [(-34, 290), (-38, 340), (-30, 384), (0, 402)]
    front = smooth([*chest, *mirror(chest)[1:]]) + "Z"
    if paint.flat:
        return (
            fill(d, coat.shade)
            + fill(front, pale.shade)
            + line(smooth(left), paint.ink, INK_PX)
            + line(smooth(flip(left)), paint.ink, INK_PX)
        )
    return (
        fill(d, coat.shade)
        + fill(front, pale.base)
        + clipped("neckclip", d, blob((0, 322), (100, 60), coat.deep, 0.95))
    )


def _ears(kind: Kind, coat: Tone, pale: Tone, paint: Palette, look: Look) -> str:
    parts = []
    for side in (-1.0, 1.0):
        outer = smooth([(-side * x, y) for x, y in kind.ear])
        inner = smooth([(-side * x, y) for x, y in kind.inner_ear], closed=True)
        lit = coat.base if side < 0 else mix(coat.base, coat.shade, 0.5)
        flesh = mix("#e8a79a", coat.base, 0.35)
        ear = fill(outer + "Z", lit)
        tip = "M-140,0H140V52H-140Z" if look.kind == "fox" else ""
        if tip:
            ear += clipped(
                f"ear{side + 1:g}", outer + "Z", fill(tip, mix(coat.deep, "#1d1216", 0.6))
            )
        if paint.flat:
            ear += fill(inner, flesh if look.kind != "fox" else pale.shade) + line(
                outer, paint.ink, INK_PX
            )
        else:
            ear += fill(inner, flesh if look.kind != "fox" else pale.base)
            deep = clipped(
                f"inner{side + 1:g}", inner, blob((side * 70, 128), (40, 60), coat.deep, 0.85)
            )
            ear += deep + _tufts([(-side * x, y) for x, y in kind.ear[1:-2]], coat, 3.0)
        parts.append(ear)
    return "".join(parts)


def _outline(kind: Kind, drop: float) -> list[Point]:
    """The head from its crown down its left side, around the chin and up again."""
    low = kind.head[-1][1]
    left = [
        (float(x), y + drop * 0.75 * max(0.0, (y - 262.0) / (low - 262.0))) for x, y in kind.head
    ]
    return [*left, *mirror(left)[1:-1]]


def _head(kind: Kind, drop: float, coat: Tone, pale: Tone, paint: Palette, look: Look) -> str:
    points = _outline(kind, drop)
    d = smooth(points, closed=True, tension=0.82 if look.kind == "fox" else 1.0)
    marks = _marks(kind, drop, coat, pale, paint, look)
    if paint.flat:
        shade = fill(d, coat.shade) + clipped("lit", d, placed(fill(d, coat.base), (-16.0, -4.0)))
        return shade + clipped("faceclip", d, marks) + line(d, paint.ink, INK_PX)
    stops = [(0, coat.light), (0.4, coat.base), (1, mix(coat.base, coat.shade, 0.6))]
    light = (
        blob((104.0, 224.0), (54.0, 130.0), coat.deep, 0.55)
        + blob((-26.0, 136.0), (64.0, 42.0), coat.light, 0.6)
        + blob((0.0, 330.0 + drop), (80.0, 26.0), coat.deep, 0.5)
    )
    cheeks = blob((-66.0, 250.0), (30.0, 20.0), "#f08a76", 0.34) + blob(
        (66.0, 250.0), (30.0, 20.0), "#f08a76", 0.3
    )
    rim = [*points, points[0]]
    # A fox's cheeks are pale.
    fringe = _tufts(rim, coat, 4.5)
    if look.kind == "fox":
        fringe = _tufts(rim, coat, 4.5, low=236.0) + _tufts(rim, pale, 4.5, top=236.0)
    return (
        gradient("coat", stops, (0.1, 0, 0.8, 1))
        + fill(d, "url(#coat)")
        + fringe
        + clipped("faceclip", d, marks + light + cheeks)
    )


def _marks(kind: Kind, drop: float, coat: Tone, pale: Tone, paint: Palette, look: Look) -> str:
    """The pattern of the fur."""
    if look.kind == "fox":
        cheek: list[Point] = [(-130, 236), (-96, 226), (-64, 240), (-34, 236), (-15, 206), (0, 178)]
        d = smooth([*cheek, *mirror(cheek)[1:]]) + "V360H-130Z"
        return fill(d, pale.base) + (
            "" if paint.flat else smear(smooth([*cheek, *mirror(cheek)[1:]]), pale.light, 8.0, 0.5)
        )
    if look.kind == "cat":
        bars = (
            "M0,104V140",
            "M-22,108Q-20,124 -13,136",
            "M22,108Q20,124 13,136",
            "M-112,214Q-96,218 -84,228",
            "M112,214Q96,218 84,228",
            "M-108,240Q-94,240 -84,244",
            "M108,240Q94,240 84,244",
        )
        return "".join(
            line(d, coat.shade if paint.flat else coat.deep, 7.5, 1.0 if paint.flat else 0.6)
            for d in bars
        )
    if look.kind == "rabbit":
        blaze = "M-13,118C-10,150 -8,190 -26,236H26C8,190 10,150 13,118Z"
        return fill(blaze, pale.base, 0.9)
    return ""


def _tufts(
    outline: list[Point], coat: Tone, length: float, *, top: float = -100.0, low: float = 300.0
) -> str:
    """Short hairs along an outline, so that fur does not end like paper."""
    rim = sampled(outline, 26 * (len(outline) - 1) // 2)
    parts = []
    for i in range(1, len(rim) - 1):
        (x0, y0), (x1, y1), (x, y) = rim[i - 1], rim[i + 1], rim[i]
        long = max(0.1, ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5)
        nx, ny = (y1 - y0) / long, -(x1 - x0) / long
        if not top < y < low:
            continue
        if nx * x + ny * (y - 200.0) < 0:
            nx, ny = -nx, -ny
        out = length * (0.6 + 0.4 * (i * 7 % 5) / 4)
        sx = 2.5 if x > 0 else -2.5
        parts.append(
            line(
                f"M{number(x - nx * 7 - sx)},{number(y - ny * 7 - 4)}"
                f"Q{number(x - nx)},{number(y - ny)} "
                f"{number(x + nx * out * 0.6)},{number(y + ny * out * 0.6 + 2.5)}",
                (coat.base, coat.light, coat.shade)[i % 3],
                1.7,
                0.55,
            )
        )
    return "".join(parts)


def _whiskers(look: Look, paint: Palette) -> str:
    if look.kind not in ("cat", "rabbit", "fox"):
        return ""
    colour = paint.ink if paint.flat else "#ffffff"
    return "".join(
        line(
            f"M{s * 44},{256 + 7 * k}Q{s * 84},{number(250 + 11 * k)} "
            f"{s * 112},{number(252 + 17 * k)}",
            colour,
            1.5,
            0.7,
        )
        for s in (-1, 1)
        for k in (0, 1, 2)
    )


__all__ = ["oval", "sheets"]
