"""Backgrounds. They fill any view, and stay the same behind the character."""

from avatar.drawing.brush import blob, fill, gradient, line, oval, placed
from avatar.drawing.curves import number
from avatar.drawing.look import Look
from avatar.drawing.palette import Palette, mix

# More than any view shows; x counts from the middle of the character.
LEFT, TOP, WIDE, HIGH = -640, -240, 1280, 1080


def scenery(paint: Palette, look: Look) -> str:
    """SVG of the background."""
    back = paint.back
    whole = f"M{LEFT},{TOP}h{WIDE}v{HIGH}h{-WIDE}Z"
    if paint.flat:
        return fill(whole, back.base) + SCENES[look.scene](paint)
    wash = gradient("back", [(0, back.light), (0.55, back.base), (1, back.shade)], (0.1, 0, 0.6, 1))
    glow = blob((-30.0, 190.0), (330.0, 330.0), paint.halo, 0.85)
    return wash + fill(whole, "url(#back)") + SCENES[look.scene](paint) + glow


def _plain(paint: Palette) -> str:
    return ""


def _disc(paint: Palette) -> str:
    back = paint.back
    if paint.flat:
        return oval((0.0, 210.0), (206.0, 206.0), back.shade) + oval(
            (0.0, 210.0), (180.0, 180.0), back.light
        )
    return oval((0.0, 214.0), (204.0, 204.0), mix(back.shade, back.deep, 0.12), 0.5)


def _arch(paint: Palette) -> str:
    back = paint.back
    outer = "M-196,760V210A196,196 0 0 1 196,210V760Z"
    inner = "M-168,760V214A168,168 0 0 1 168,214V760Z"
    if paint.flat:
        return fill(outer, back.shade) + fill(inner, back.light)
    return fill(outer, mix(back.shade, back.deep, 0.1), 0.42) + fill(inner, back.light, 0.55)


def _bokeh(paint: Palette) -> str:
    spots = (
        (-210, 70, 46), (-150, 190, 30), (-232, 260, 60), (190, 40, 54), (226, 170, 36),
        (170, 280, 48), (-96, 10, 26), (110, -10, 34), (-330, 150, 52), (330, 110, 60),
        (-300, 380, 44), (310, 330, 40), (-420, 60, 50), (420, 250, 52), (-190, 430, 34),
        (215, 430, 30), (-60, -110, 48), (150, -130, 40), (-230, -90, 36), (250, -60, 28),
    )  # fmt: skip
    back = paint.back
    if paint.flat:
        return "".join(
            oval((float(x), float(y)), (r * 0.62, r * 0.62), back.shade if i % 2 else back.light)
            for i, (x, y, r) in enumerate(spots)
        )
    return "".join(
        oval((float(x), float(y)), (float(r), float(r)), back.light if i % 3 else "#ffffff", 0.34)
        for i, (x, y, r) in enumerate(spots)
    )


def _leaf(paint: Palette, colour: str, vein: str) -> str:
    d = "M0,0C34,-30 44,-96 6,-150C-36,-104 -36,-34 0,0Z"
    veins = "".join(
        line(f"M{number(2 + 0.02 * y)},{-y}l{s * 18},-14", vein, 1.6, 0.5)
        for y in (30, 58, 86)
        for s in (-1, 1)
    )
    return fill(d, colour) + line("M0,0Q6,-70 6,-136", vein, 2.2, 0.6) + veins


def _leaves(paint: Palette) -> str:
    deep = mix(paint.back.shade, "#1f5a48", 0.42)
    light = mix(paint.back.base, "#3f8a63", 0.36)
    if not paint.flat:
        deep, light = mix(deep, paint.back.base, 0.42), mix(light, paint.back.light, 0.4)
    places = (
        (-200, 420, -26, 1.25, deep), (-236, 330, -62, 1.0, light), (-176, 470, 4, 1.0, light),
        (206, 430, 28, 1.25, deep), (238, 330, 60, 1.0, light), (178, 480, -6, 1.0, light),
        (-330, 440, -30, 1.4, light), (330, 450, 34, 1.4, light), (-390, 470, -52, 1.2, deep),
        (392, 474, 50, 1.2, deep), (-420, 420, -20, 1.5, deep), (430, 430, 20, 1.5, deep),
        (-210, 640, -20, 1.3, deep), (220, 650, 24, 1.3, deep),
    )  # fmt: skip
    vein = mix(paint.back.light, "#ffffff", 0.2)
    return "".join(
        placed(_leaf(paint, colour, vein), (float(x), float(y)), (size, size), float(turn))
        for x, y, turn, size, colour in places
    )


def _window(paint: Palette) -> str:
    back = paint.back
    frame = back.shade if paint.flat else mix(back.base, "#ffffff", 0.35)
    pane = back.light if paint.flat else mix(back.light, "#ffffff", 0.45)
    parts = [fill("M-543,-60H543V330H-543Z", frame)]
    parts += [
        fill(f"M{x},{y}h146v178h-146Z", pane)
        for x in (-535, -381, -227, -73, 81, 235, 389)
        for y in (-52, 142)
    ]
    hills = "M-535,320V262Q-330,210 -230,262T0,250T210,262T535,236V320Z"
    parts.append(fill(hills, mix(back.shade, "#4f9463", 0.35), 0.5 if paint.flat else 0.32))
    parts.append(fill("M-565,326H565V346H-565Z", mix(frame, back.deep, 0.14)))
    return "".join(parts)


SCENES = {
    "plain": _plain,
    "disc": _disc,
    "arch": _arch,
    "bokeh": _bokeh,
    "leaves": _leaves,
    "window": _window,
}
