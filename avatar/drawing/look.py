"""What a drawn character looks like: a handful of choices, from which everything else follows."""

from dataclasses import dataclass

ARTS = ("studio", "poster")
KINDS = ("person", "fox", "cat", "rabbit", "bear")
FORMS = ("woman", "man")
AGES = ("young", "adult", "senior")
FACES = ("oval", "round", "square", "heart")
GLASSES = ("none", "round", "square", "cat-eye")
BEARDS = ("none", "stubble", "short", "full", "moustache", "goatee")
HAIRS = (
    "long", "waves", "bob", "pixie", "bun", "ponytail", "curls", "afro", "short", "quiff", "buzz",
    "bald", "headscarf",
)  # fmt: skip
CLOTHES = ("tee", "shirt", "blazer", "hoodie", "turtleneck", "cardigan", "coat", "overalls")
SCENES = ("plain", "disc", "arch", "bokeh", "leaves", "window")

SKINS = {
    "porcelain": "#fbdfcd",
    "fair": "#f6ccae",
    "beige": "#ebb992",
    "olive": "#d8a477",
    "tan": "#c58a5d",
    "brown": "#a06a45",
    "deep": "#774a32",
    "ebony": "#553628",
}
HAIR_COLOURS = {
    "black": "#241d21",
    "brown": "#4a2d20",
    "chestnut": "#74432a",
    "auburn": "#93401f",
    "ginger": "#c8662a",
    "blonde": "#d5a45c",
    "platinum": "#e8d9b8",
    "grey": "#8f8f96",
    "white": "#dcdce2",
    "blue": "#3566a8",
    "pink": "#d9719f",
    "teal": "#2b8a86",
}
EYE_COLOURS = {
    "brown": "#6b4226",
    "dark": "#432a1e",
    "hazel": "#8a6a35",
    "green": "#5f8f5f",
    "blue": "#4f86bd",
    "grey": "#76889a",
    "amber": "#b87a26",
}
FURS = {
    "black": "#3b3840",
    "white": "#efece8",
    "grey": "#9097a3",
    "brown": "#8d6043",
    "ginger": "#dd7a35",
    "sand": "#d9b382",
}
COLOURS = {
    "red": "#cf4440",
    "coral": "#e8705b",
    "orange": "#e5853c",
    "yellow": "#e8b83f",
    "mustard": "#cf9b35",
    "green": "#4f9463",
    "olive": "#7d8450",
    "mint": "#8fcdb0",
    "teal": "#2f8f8d",
    "sky": "#7fb6dd",
    "blue": "#3f74bd",
    "navy": "#2d3f66",
    "purple": "#7a5aa6",
    "lilac": "#b5a3dd",
    "pink": "#e58fae",
    "burgundy": "#8a2f45",
    "brown": "#86583d",
    "sand": "#dcc4a0",
    "white": "#f2efe9",
    "grey": "#8b929c",
    "charcoal": "#424650",
    "black": "#2a2a30",
}


@dataclass(frozen=True, slots=True)
class Look:
    """One character; every text is one of the names above. Animals have no hair and no beard."""

    art: str = "studio"
    kind: str = "person"
    form: str = "woman"
    age: str = "adult"
    face: str = "oval"
    skin: str = "fair"
    hair: str = "long"
    hair_colour: str = "brown"
    eyes: str = "brown"
    clothes: str = "cardigan"
    clothes_colour: str = "coral"
    glasses: str = "none"
    beard: str = "none"
    fur: str = "ginger"
    freckles: bool = False
    earrings: bool = False
    scene: str = "plain"
    background: str = "sky"
