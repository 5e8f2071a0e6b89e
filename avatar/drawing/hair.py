"""Hair: one function per style gives what lies behind the head and what lies before it."""

from collections.abc import Callable

from avatar.drawing import boundhair, curlyhair, longhair, scarf, shorthair
from avatar.drawing.locks import Pair
from avatar.drawing.look import Look
from avatar.drawing.palette import Palette
from avatar.drawing.shape import Shape


def hair(shape: Shape, paint: Palette, look: Look) -> Pair:
    """SVG behind and before the head; the front may use the face's clip path ``faceclip``."""
    return STYLES[look.hair](shape, paint, look)


STYLES: dict[str, Callable[[Shape, Palette, Look], Pair]] = {
    "long": longhair.long,
    "waves": longhair.waves,
    "bob": longhair.bob,
    "bun": boundhair.bun,
    "ponytail": boundhair.ponytail,
    "pixie": shorthair.pixie,
    "short": shorthair.short,
    "quiff": shorthair.quiff,
    "buzz": shorthair.buzz,
    "bald": shorthair.bald,
    "curls": curlyhair.curls,
    "afro": curlyhair.afro,
    "headscarf": scarf.headscarf,
}
