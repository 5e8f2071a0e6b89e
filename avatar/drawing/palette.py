"""Colours of a character: a few named ones, and the lights and shades that follow from them."""

from dataclasses import dataclass

from avatar.drawing.look import COLOURS, EYE_COLOURS, FURS, HAIR_COLOURS, SKINS, Look

Rgb = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Tone:
    """One material under the lamp: lit, plain, shaded, and where hardly any light comes."""

    light: str
    base: str
    shade: str
    deep: str


@dataclass(frozen=True, slots=True)
class Palette:
    """Every colour of one character, as ``#rrggbb``; ``flat`` is the poster's art direction."""

    flat: bool
    skin: Tone
    blush: str
    lip: Tone
    hair: Tone
    shine: str
    brow: str
    lash: str
    iris: Tone
    cloth: Tone
    under: Tone
    scarf: Tone
    frame: Tone
    back: Tone
    halo: str
    ink: str


def palette(look: Look) -> Palette:
    """The colours of a look."""
    flat = look.art == "poster"
    skin = SKINS[look.skin]
    hair = HAIR_COLOURS[look.hair_colour]
    pale = luma(skin)
    worn = COLOURS[look.clothes_colour]
    lip = mix(mix(skin, "#b8434a", 0.62), "#5c1f2a", 0.55 * max(0.0, 0.62 - pale))
    if look.form == "man":
        lip = mix(lip, skin, 0.45)
    return Palette(
        flat=flat,
        skin=skin_tone(skin),
        blush=mix(skin, "#e0463f", 0.5),
        lip=Tone(
            mix(lip, "#ffd9cf", 0.34), lip, mix(lip, "#5a1420", 0.30), mix(lip, "#3a0a14", 0.6)
        ),
        hair=tone(hair, 0.24, 0.42),
        shine=mix(hair, "#ffe9cf", 0.46 if luma(hair) < 0.6 else 0.6),
        brow=mix(mix(hair, "#2a1a16", 0.42 if luma(hair) > 0.3 else 0.1), skin, 0.08),
        lash="#241512" if pale > 0.3 else "#170d0c",
        iris=tone(EYE_COLOURS[look.eyes], 0.5, 0.55),
        cloth=tone(worn, 0.20, 0.34),
        under=tone("#f4efe8" if luma(worn) < 0.8 else "#46526b", 0.3, 0.22),
        scarf=tone(_scarf(look, worn), 0.28, 0.32),
        frame=tone("#2c2628" if luma(hair) > 0.25 else "#7a3f2c", 0.35, 0.4),
        back=_backdrop(COLOURS[look.background], flat),
        halo=mix(COLOURS[look.background], "#ffffff", 0.82),
        ink=mix("#2a1620", hair, 0.18),
    )


def _scarf(look: Look, worn: str) -> str:
    """A headscarf stands out from the dress, a tie goes with the jacket."""
    if look.hair == "headscarf":
        return COLOURS["sand"] if luma(worn) < 0.6 else COLOURS["teal"]
    return mix(worn, "#7a2036", 0.6)


def skin_tone(skin: str) -> Tone:
    """Skin shades towards a warm red, the less the darker it is."""
    pale = luma(skin)
    return Tone(
        mix(skin, "#fff0de", 0.20 + 0.28 * pale),
        skin,
        mix(skin, "#a8402c" if pale > 0.45 else "#2c0f14", 0.26),
        mix(skin, "#6e2018" if pale > 0.45 else "#1b080c", 0.46),
    )


def tone(colour: str, light: float, shade: float) -> Tone:
    """A material of this colour; shades lean to violet, lights to cream."""
    return Tone(
        mix(colour, "#fff2df", light),
        colour,
        mix(colour, "#22122e", shade * 0.55),
        mix(colour, "#180c22", shade * 1.15),
    )


def fur(look: Look) -> str:
    """The base colour of an animal."""
    return FURS[look.fur]


def _backdrop(colour: str, flat: bool) -> Tone:
    if flat:
        paper = mix(colour, "#fff4e2", 0.38)
        return Tone(mix(colour, "#fff4e2", 0.62), paper, colour, mix(colour, "#22122e", 0.35))
    return Tone(
        mix(colour, "#ffffff", 0.78),
        mix(colour, "#ffffff", 0.52),
        mix(colour, "#f4f0ff", 0.30),
        mix(colour, "#2b2348", 0.30),
    )


def mix(a: str, b: str, share: float) -> str:
    """The colour at ``share`` (0 = ``a``, 1 = ``b``) between two of the shape ``#rrggbb``."""
    share = min(1.0, max(0.0, share))
    parts = (x + (y - x) * share for x, y in zip(_rgb(a), _rgb(b), strict=True))
    return "#" + "".join(f"{round(part):02x}" for part in parts)


def luma(colour: str) -> float:
    """How light it is, 0..1."""
    red, green, blue = _rgb(colour)
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255.0


def _rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
