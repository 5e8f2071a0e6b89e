"""Drawn characters: what the words of a prompt decide, and that all that can be asked for draws."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from avatar.articulation import at_rest
from avatar.bundle import validate
from avatar.drawing import look as looks
from avatar.drawing.build import picture
from avatar.drawing.characters import build
from avatar.drawing.keywords import look_of, said_in
from avatar.drawing.look import Look
from avatar.drawing.pose import Expression
from avatar.drawing.stage import stage
from avatar.sheet import NEUTRAL
from tests.avatar.files import quiet

SMALL = (256, 256)
SIZES = ((384, 384), (512, 512), (720, 720), (416, 720), (720, 416))


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        (
            "A woman with long red hair and green eyes, wearing a blue hoodie",
            {
                "form": "woman", "hair": "long", "hair_colour": "ginger", "eyes": "green",
                "clothes": "hoodie", "clothes_colour": "blue",
            },
        ),
        (
            "an elderly man, bald, with a white beard and round glasses",
            {"form": "man", "age": "senior", "hair": "bald", "beard": "short", "glasses": "round"},
        ),
        ("a 63-year-old teacher", {"age": "senior", "clothes": "cardigan"}),
        (
            "poster of a dark-skinned man in a navy suit, white shirt, without a beard or glasses",
            {
                "art": "poster", "skin": "deep", "form": "man", "clothes": "blazer",
                "clothes_colour": "navy", "beard": "none", "glasses": "none",
            },
        ),
        ("no freckles, with earrings", {"freckles": False, "earrings": True}),
        ("a grey cat on a mint background", {"kind": "cat", "fur": "grey", "background": "mint"}),
        ("a manager named Catherine Bearden", {"clothes": "blazer", "form": "woman"}),
        ("You are Nora, a guide", {"form": "woman"}),
        ("a woman who works with Peter", {"form": "woman"}),
        ("日本の女性", {}),
        ("", {}),
    ],
)  # fmt: skip
def test_words_decide(prompt: str, said: dict[str, Any]) -> None:
    assert said_in(prompt) == said


def test_what_the_words_leave_open_comes_from_the_seed() -> None:
    drawn = {look_of("a woman", seed) for seed in range(12)}
    assert len(drawn) == 12
    assert {look.form for look in drawn} == {"woman"}
    assert {look.beard for look in drawn} == {"none"}
    assert len({look.hair for look in drawn}) > 3
    assert len({look.skin for look in drawn}) > 3


def test_another_word_changes_nothing_else() -> None:
    plain, worded = look_of("a woman", 5), look_of("a woman with blue eyes", 5)
    assert worded == replace(plain, eyes="blue")


def test_equal_prompts_and_seeds_give_equal_bytes(tmp_path: Path) -> None:
    files = []
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        folder = tmp_path / name
        folder.mkdir()
        path = folder / "kim.avatar"
        assert build("poster of a bear", path, seed=seed, size=SMALL, progress=quiet) > 0
        files.append(path.read_bytes())
    assert files[0] == files[1]
    assert files[0] != files[2]


@pytest.mark.parametrize("size", [SMALL, (256, 448), (448, 256)])
def test_a_built_character_is_sound_and_opens_its_mouth(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    path = tmp_path / "kim.avatar"
    build(
        "poster of a bald man with fair skin, clean-shaven", path, seed=1, size=size, progress=quiet
    )
    bundle = validate(path)
    assert (bundle.width, bundle.height, bundle.kind) == (*size, "drawn")
    x, y, wide, high = bundle.manifest.mouth.box
    painting = bundle.compositor.blank()
    dark = []
    for jaw in (0.0, 0.9):
        articulation = at_rest()
        articulation[0] = jaw
        bundle.compositor.paint(painting, bundle.look(articulation, NEUTRAL))
        dark.append(int((painting.frame[y : y + high, x : x + wide] < 70).sum()))
    assert dark[1] > dark[0] + 60


def choices() -> list[tuple[str, str]]:
    """Every value of every field that a look can have."""
    fields = {
        "kind": looks.KINDS, "form": looks.FORMS, "age": looks.AGES, "face": looks.FACES,
        "skin": looks.SKINS, "hair": looks.HAIRS, "hair_colour": looks.HAIR_COLOURS,
        "clothes": looks.CLOTHES, "glasses": looks.GLASSES, "beard": looks.BEARDS,
        "scene": looks.SCENES,
    }  # fmt: skip
    return [(name, value) for name, values in fields.items() for value in values]


@pytest.mark.parametrize("art", looks.ARTS)
def test_every_choice_can_be_seen(art: str) -> None:
    """Each value of a field gives a picture that no other value of it gives."""
    place = stage((128, 128))
    seen: dict[str, list[np.ndarray[Any, Any]]] = {}
    for name, value in choices():
        choice: dict[str, Any] = {name: value}
        look = replace(Look(art=art, form="man", hair="short"), **choice)
        shown = picture(look, Expression(), place, (0, 0, 128, 128)).astype(int)
        for other in seen.get(name, []):
            assert np.abs(shown - other).max() > 12, (name, value)
        seen.setdefault(name, []).append(shown)


@pytest.mark.parametrize("scene", looks.SCENES)
@pytest.mark.parametrize("size", SIZES)
def test_the_character_is_framed_and_the_background_fills_every_size(
    size: tuple[int, int], scene: str
) -> None:
    place = stage(size)
    shown = picture(Look(scene=scene), Expression(), place, (0, 0, *size))
    rim = np.concatenate([shown[0], shown[:, 0], shown[:, -1]])
    assert rim.max(axis=1).min() > 60
    mouth_x, mouth_y = -place.left * place.scale, (276.0 - place.top) * place.scale
    assert abs(mouth_x - size[0] / 2) < 1
    assert 0.4 < mouth_y / size[1] < 0.62
