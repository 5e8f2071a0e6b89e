"""Agents that a back end has made, met by visitors: their own faces speak, and one waves."""

import base64
import io
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from avatar.bundle import load
from avatar.manifest import Manifest
from tests.e2e import agents, marking
from tests.e2e.conftest import Visitors
from tests.e2e.making import MADE_WITHIN_S, fetched, generate, give_face_tools, settled
from tests.e2e.measured import Measurement, audible, lips, mouth_motion
from tests.e2e.parley import Parley
from tests.e2e.pictures import shoot
from tests.e2e.widget import Widget

# Faces are made by a process that gives way to all others, on a machine that may be busy.
pytestmark = pytest.mark.timeout(700)
DATA = Path(__file__).parent / "data"
LEAST_LIKENESS = 0.8
"""Correlation of what is shown with the poster, from which a face that fills it sways away; with
another face's it is below a half."""
SIDE_PX = 32
CAT = (
    ("ellipse", 0.375, 0.383, 0.069, 0.097),
    ("ellipse", 0.703, 0.453, 0.051, 0.087),
    ("rect", 0.554, 0.913, 0.111, 0.053),
)
"""Its eyes and its mouth in cat.jpg: middle and half sides."""
BESIDE = {"x": 0.6, "y": 0.55, "width": 0.22, "height": 0.3}
"""Where the hand comes up, before the shoulder."""
HAND = 20.0
"""Luma of 255 by which a hand changes that on average: hair that sways stays below 6."""


@pytest.fixture(scope="module")
def face_tools(parley: Parley, pytestconfig: pytest.Config) -> None:
    give_face_tools(parley, pytestconfig.cache.mkdir("face-models"))


def data_url(name: str) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode((DATA / name).read_bytes()).decode()}"


@pytest.mark.usefixtures("face_tools")
def test_an_agent_made_from_a_portrait_speaks_with_its_own_face(
    visitors: Visitors, parley: Parley, tmp_path: Path
) -> None:
    code = generate(
        parley,
        prompt="You are Eileen, a pilot who tells of her flights.",
        image=data_url("astronaut.jpg"),
        aspect_ratio="1:1",
        duration=3,
    )
    made = ready(parley, code)
    film = fetched(made["video_url"])
    with av.open(io.BytesIO(film)) as opened:
        assert {stream.type for stream in opened.streams} == {"audio", "video"}
    assert_it_speaks(visitors, made, tmp_path, "made-portrait")


def test_an_agent_made_from_words_speaks_with_its_own_face(
    visitors: Visitors, parley: Parley, tmp_path: Path
) -> None:
    prompt = (
        "You are Nora, an old woman with grey hair and round glasses who guides through a museum."
    )
    code = generate(parley, prompt=prompt, aspect_ratio="1:1", duration=3)
    assert_it_speaks(visitors, ready(parley, code), tmp_path, "made-words")


@pytest.mark.usefixtures("face_tools")
def test_an_animal_is_marked_in_the_console_and_then_speaks(
    visitors: Visitors, parley: Parley, tmp_path: Path
) -> None:
    prompt = "You are Finn, a cat who knows the house."
    code = generate(
        parley, prompt=prompt, image=data_url("cat.jpg"), aspect_ratio="1:1", duration=3
    )
    failed = settled(parley, code)
    assert failed["status"] == "failed"
    reason, _, address = failed["error_message"].rpartition(" ")
    assert "human face" in reason

    context, _ = visitors.person()
    page = context.new_page()
    page.goto(address)
    sign_in(page, parley)
    mark(page)
    shoot(page, "made-marking")
    page.click("text=Make it of this face")
    page.wait_for_url("**/change/")
    film = page.locator(".console-making video")
    expect(film).to_be_visible(timeout=MADE_WITHIN_S * 1000)
    shoot(page, "made-console")
    assert_it_speaks(visitors, ready(parley, code), tmp_path, "made-animal")


def test_a_keyword_makes_it_wave_and_another_word_does_not(
    visitors: Visitors, parley: Parley
) -> None:
    widget = visitors.demo(agents.WAVER)
    widget.talk()
    measurement = Measurement(widget, BESIDE)
    measurement.hold_pose()
    widget.say("lamp")
    widget.wait_for_line("assistant", lambda line: "is blue" in line)
    measurement.wait_until_quiet()
    assert measurement.furthest() < HAND / 2
    measurement.hold_pose()
    widget.say("Hello")
    measurement.wait_until_away(HAND)
    shoot(widget.page, "made-wave")


def ready(parley: Parley, code: str) -> dict[str, Any]:
    made = settled(parley, code)
    assert made["status"] == "ready", made["error_message"]
    return made


def assert_it_speaks(visitors: Visitors, made: dict[str, Any], folder: Path, picture: str) -> None:
    """A visitor is greeted by its name and face: sound, and lips that move with it and rest."""
    manifest = manifest_of(made, folder)
    widget = visitors.demo(made["agent_code"])
    widget.talk()
    measurement = Measurement(widget, lips(manifest))
    widget.wait_for_line("assistant", lambda line: made["name"] in line)
    shoot(widget.page, picture)
    measurement.wait_until_quiet(quiet_s=2.5)
    assert likeness(widget, fetched(made["image_url"])) > LEAST_LIKENESS
    samples, pictures = measurement.samples(), measurement.pictures()
    assert len(audible(samples)) * 0.04 > 1, "seconds of sound"
    moving, resting = mouth_motion(samples, pictures)
    assert moving > 3 * resting, "the mouth moves with the sound and rests without"


def manifest_of(made: dict[str, Any], folder: Path) -> Manifest:
    face = folder / "made.avatar"
    face.write_bytes(fetched(made["model_url"]))
    return load(face).manifest


def likeness(widget: Widget, poster: bytes) -> float:
    """The correlation of the picture that is shown with a poster, both made small."""
    shown = widget.evaluate(
        """(() => {
          const drawing = new OffscreenCanvas(argument, argument).getContext('2d');
          drawing.drawImage(document.getElementById('face'), 0, 0, argument, argument);
          return Array.from(drawing.getImageData(0, 0, argument, argument).data);
        })()""",
        SIDE_PX,
    )
    still = cv2.imdecode(np.frombuffer(poster, np.uint8), cv2.IMREAD_COLOR)
    assert still is not None
    small = cv2.resize(still, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    green = np.array(shown).reshape(SIDE_PX, SIDE_PX, 4)[..., 1]
    return float(np.corrcoef(green.ravel(), small[..., 1].ravel())[0, 1])


def sign_in(page: Page, parley: Parley) -> None:
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(parley.password)
    page.keyboard.press("Enter")


def mark(page: Page) -> None:
    """Pull the shapes over the cat's eyes and mouth, and their handles to the corners."""
    page.wait_for_selector("#mark-shapes g")
    for number, (kind, x, y, rx, ry) in enumerate(CAT):
        shape = marking.shape(page, number)
        marking.drag(page, shape.locator(kind), marking.at(page, x, y))
        marking.drag(page, shape.locator("circle"), marking.at(page, x + rx, y + ry))
