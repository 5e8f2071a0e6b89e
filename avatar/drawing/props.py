"""What gestures show beside the face: a waving hand or paw, and a heart."""

from avatar.drawing.brush import blob, fill, line, oval, smear
from avatar.drawing.curves import Point, number, smooth
from avatar.drawing.palette import Tone, mix, skin_tone, tone

INK_PX = 2.8
INK = "#2f1b27"
# Tip, knuckle and width of every finger; the wrist is at 0, 0, and up is negative.
FINGERS: tuple[tuple[Point, Point, float], ...] = (
    ((33.0, -104.0), (24.0, -64.0), 17.0),
    ((14.0, -122.0), (10.5, -68.0), 19.0),
    ((-7.0, -125.0), (-5.0, -68.0), 19.5),
    ((-27.0, -113.0), (-20.0, -62.0), 18.5),
)
THUMB: list[Point] = [(-12.0, -22.0), (-33.0, -40.0), (-50.0, -64.0)]
PALM = (
    "M-29,-70C-34,-44 -30,-22 -20,-4L-17,14H18L21,-4C30,-22 35,-44 32,-70C20,-82 -18,-82 -29,-70Z"
)


def hand(skin: str, sleeve: str, *, flat: bool, paw: bool) -> str:
    """A raised hand with its sleeve; the wrist is at 0, 0 and the sleeve runs down from there."""
    cloth = tone(sleeve, 0.20, 0.34)
    top = _paw(tone(skin, 0.3, 0.36), flat) if paw else _palm(skin_tone(skin), flat)
    return top + _sleeve(cloth, flat)


def badge() -> str:
    """A friendly hand on a disc, for faces whose own hands nobody knows; lies as a hand would."""
    glow = blob((0.0, 4.0), (74.0, 74.0), "#1c1430", 0.4)
    disc = oval((0.0, 0.0), (60.0, 60.0), "#fffaf2")
    inner = _palm(tone("#f6c544", 0.4, 0.3), flat=False)
    palm = f'<g transform="translate(2,40) scale(0.66)">{inner}</g>'
    return f'<g transform="translate(0,-58) scale(0.9)">{glow}{disc}{palm}</g>'


def _palm(skin: Tone, flat: bool) -> str:
    bones = [f"M{number(a[0])},{number(a[1])}L{number(b[0])},{number(b[1])}" for a, b, _ in FINGERS]
    widths = [width for _, _, width in FINGERS]
    thumb = smooth(THUMB)
    if flat:
        ink = "".join(line(d, INK, w + 2 * INK_PX) for d, w in zip(bones, widths, strict=True))
        ink += line(thumb, INK, 20.0 + 2 * INK_PX) + line(PALM, INK, 2 * INK_PX)
        flesh = "".join(line(d, skin.base, w) for d, w in zip(bones, widths, strict=True))
        flesh += line(thumb, skin.base, 20.0) + fill(PALM, skin.base)
        shade = "M30,-62C32,-42 26,-22 18,-4L18,14H4C8,-20 16,-44 30,-62Z"
        return ink + flesh + fill(shade, skin.shade) + _creases(skin.deep, 1.9, 0.8)
    edge = "".join(line(d, skin.deep, w + 1.6, 0.55) for d, w in zip(bones, widths, strict=True))
    edge += line(thumb, skin.deep, 21.6, 0.55) + line(PALM, skin.deep, 1.6, 0.5)
    flesh = "".join(
        line(d, mix(skin.base, skin.shade, 0.12 * i), w) + line(d, skin.light, w * 0.45, 0.4)
        for i, (d, w) in enumerate(reversed(list(zip(bones, widths, strict=True))))
    )
    parts = [
        edge,
        flesh,
        line(thumb, skin.base, 20.0),
        line(thumb, skin.light, 8.0, 0.4),
        fill(PALM, skin.base),
        blob((22.0, -34.0), (20.0, 44.0), skin.shade, 0.7),
        blob((-12.0, -30.0), (20.0, 30.0), mix(skin.light, skin.shade, 0.2), 0.75),
        blob((0.0, 8.0), (26.0, 14.0), skin.deep, 0.5),
        "".join(
            line(f"M{number(x)},-72Q{number(x + 1)},-78 {number(x + 1.5)},-86", skin.deep, 1.6, 0.5)
            for x in (-13.0, 2.5, 17.5)
        ),
        _creases(skin.deep, 1.5, 0.42),
    ]
    return "".join(parts)


def _creases(colour: str, width: float, opacity: float) -> str:
    lines = ("M-21,-54Q-4,-44 26,-58", "M-24,-46Q-4,-34 6,-14")
    return "".join(line(d, colour, width, opacity) for d in lines)


def _paw(fur: Tone, flat: bool) -> str:
    body = (
        "M-26,14C-44,-20 -46,-62 -34,-82C-28,-98 -12,-100 -6,-92C0,-102 16,-100 20,-90C32,-94 "
        "42,-82 40,-64C42,-36 34,-8 26,14Z"
    )
    pads = "".join(
        oval(place, (7.5, 9.0), "#e09a92")
        for place in ((-24.0, -74.0), (-3.0, -82.0), (18.0, -78.0), (31.0, -60.0))
    )
    pad = fill(
        "M-16,-40C-18,-58 2,-66 12,-56C26,-54 28,-34 16,-28C6,-22 -14,-22 -16,-40Z", "#e09a92"
    )
    if flat:
        return fill(body, fur.base) + line(body, INK, INK_PX) + pads + pad
    return (
        line(body, fur.deep, 2.0, 0.5)
        + fill(body, fur.base)
        + blob((24.0, -30.0), (24.0, 60.0), fur.shade, 0.7)
        + blob((-20.0, -60.0), (24.0, 40.0), fur.light, 0.5)
        + pads
        + pad
        + blob((-2.0, -50.0), (12.0, 6.0), "#ffffff", 0.4)
    )


def _sleeve(cloth: Tone, flat: bool) -> str:
    arm = "M-27,12C-31,110 -40,230 -52,372H58C44,230 34,110 29,12Z"
    cuff = "M-29,6Q0,16 31,6L33,34Q0,46 -31,34Z"
    if flat:
        shade = "M14,40C18,140 26,240 36,372H58C44,230 34,110 31,36Z"
        return (
            fill(arm, cloth.base) + fill(shade, cloth.shade) + line(arm, INK, INK_PX)
            + fill(cuff, cloth.base) + line(cuff, INK, INK_PX)
        )  # fmt: skip
    return (
        fill(arm, cloth.base)
        + smear("M24,50C28,140 34,240 46,372", cloth.deep, 26.0, 0.42)
        + smear("M-18,50C-22,140 -28,240 -38,372", cloth.light, 16.0, 0.4)
        + smear("M-28,40Q0,52 32,40", cloth.deep, 10.0, 0.4)
        + fill(cuff, mix(cloth.base, cloth.light, 0.35))
        + line("M-30,33Q0,45 32,33", cloth.deep, 1.6, 0.5)
    )


def heart(*, flat: bool) -> str:
    """A heart around 0, 0."""
    d = "M0,34C-22,16 -42,0 -42,-20C-42,-40 -12,-44 0,-20C12,-44 42,-40 42,-20C42,0 22,16 0,34Z"
    if flat:
        return (
            fill(d, "#e2445c")
            + fill("M8,-18C20,-32 36,-24 34,-10C30,4 16,14 0,26C16,4 22,-4 8,-18Z", "#b92c48")
            + line(d, INK, INK_PX)
        )
    return (
        blob((0.0, 4.0), (54.0, 50.0), "#ff9fb0", 0.5)
        + fill(d, "#e8445e")
        + blob((18.0, 8.0), (26.0, 26.0), "#a01d3c", 0.6)
        + blob((-20.0, -20.0), (16.0, 12.0), "#ffffff", 0.75)
    )
