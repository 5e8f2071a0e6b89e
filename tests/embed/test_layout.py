"""Every state at every size: nothing cut off, nothing too small, nothing too faint."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from avatar.bundle import CHARACTERS, DEFAULT
from avatar.gestures import GESTURES
from avatar.manifest import parse
from avatar.props import Props
from tests.embed.conftest import Open, Shoot
from tests.embed.signalling import FakeServer

SIZES = [(280, 500), (320, 568), (400, 700), (700, 330), (1280, 800)]
LONG = "A sentence with an extraordinarilylongwordthatdoesnotbreakbyitselfanywhere in its middle. "

OVERFLOWING = """() => {
  const wide = [...document.querySelectorAll('#app *')].filter((one) => {
    const box = one.getBoundingClientRect();
    if (box.width === 0 || one.closest('.stage, .visually-hidden, .volume, svg')) return false;
    const clip = getComputedStyle(one).clipPath;
    if (clip !== 'none') return false;
    return box.left < -0.5 || box.right > innerWidth + 0.5;
  });
  if (document.documentElement.scrollWidth > innerWidth) wide.push({ id: 'page' });
  return wide.map((one) => one.id || one.className);
}"""

SMALL = """() => [...document.querySelectorAll('button, textarea')].filter((one) => {
  const box = one.getBoundingClientRect();
  return box.width > 0 && (box.width < 44 || box.height < 44);
}).map((one) => one.id)"""

COVERED = """() => [...document.querySelectorAll('button, textarea')].filter((one) => {
  const box = one.getBoundingClientRect();
  if (box.width === 0) return false;
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return top === null || !(one.contains(top) || top.contains(one));
}).map((one) => one.id)"""

# Relative luminance and contrast as WCAG 2.2 defines them, over the nearest opaque background.
FAINT = """(selectors) => {
  const channel = (value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if ((colour[3] ?? 1) > 0.6) return colour;
    }
    return [255, 255, 255];
  };
  const shown = [...document.querySelectorAll(selectors)].filter((one) => one.offsetParent);
  return shown.map((one) => {
    const [a, b] = [light(parse(getComputedStyle(one).color)), light(behind(one))];
    return [one.id || one.className, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
  }).filter(([, ratio]) => ratio < 4.5);
}"""
SETTLED = """() => Promise.all(document.getAnimations()
  .filter((one) => one.effect.getComputedTiming().iterations !== Infinity)
  .map((one) => one.finished))"""
# The share of those places of the picture (x, y in 0..1) that a visitor sees.
SEEN = """(places) => {
  const face = document.getElementById('face');
  const shown = face.getBoundingClientRect();
  const side = Math.max(shown.width, shown.height);
  const left = shown.left + (shown.width - side) / 2;
  const seen = places.filter(([x, y]) => {
    const [at, down] = [left + x * side, shown.top + y * side];
    if (at < shown.left || at > shown.right || down > shown.bottom) return false;
    return document.elementFromPoint(at, down)?.matches('.face, .main, .app') ?? false;
  });
  return seen.length / places.length;
}"""
TEXTS = "p, h1, h2, li, button, .words, .speaker, .cut, .status, .name, .notice-words"


def idle(page: Page, server: FakeServer) -> None:
    expect(page.get_by_test_id("start-text")).to_be_visible()


def writing(page: Page, server: FakeServer) -> None:
    page.get_by_test_id("start-text").click()
    expect(page.get_by_test_id("composer-input")).to_be_visible()
    server.caption(LONG * 3, turn="1", interrupted=True)
    server.caption(LONG, turn="2", role="user")
    server.caption(LONG, turn="3", final=False)
    server.send("warning", code="idle", message="", seconds=60)


def talking(page: Page, server: FakeServer) -> None:
    page.get_by_test_id("start-voice").click()
    server.connect()
    server.caption(LONG * 3, turn="1", final=False)
    server.send("agent", state="speaking")


def reading(page: Page, server: FakeServer) -> None:
    talking(page, server)
    server.caption(LONG * 3, turn="1")
    server.send("warning", code="idle", message="", seconds=60)
    page.get_by_test_id("transcript-toggle").click()


def denied(page: Page, server: FakeServer) -> None:
    page.get_by_test_id("start-voice").click()
    expect(page.get_by_test_id("type-instead")).to_be_visible()


def ended(page: Page, server: FakeServer) -> None:
    writing(page, server)
    page.get_by_test_id("end").click()
    expect(page.get_by_test_id("restart")).to_be_visible()


@pytest.mark.parametrize("state", [idle, writing, talking, reading, denied, ended])
def test_nothing_is_cut_off_small_covered_or_faint(
    embed: Open,
    page: Page,
    server: FakeServer,
    shoot: Shoot,
    state: Callable[[Page, FakeServer], None],
) -> None:
    embed(microphone=state is not denied)
    state(page, server)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(100)
        where = f"{state.__name__} at {width}x{height}"
        assert page.evaluate(OVERFLOWING) == [], where
        assert page.evaluate(SMALL) == [], where
        assert page.evaluate(COVERED) == [], where
        shoot(f"size-{state.__name__}-{width}")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.evaluate(SETTLED)
        assert page.evaluate(FAINT, TEXTS) == [], f"{state.__name__} in {scheme}"


def places_of(gesture: str, share: float) -> list[list[float]]:
    """Where the default face's gesture shows its hand or heart, in shares of the picture."""
    manifest = parse((CHARACTERS / DEFAULT / "manifest.json").read_bytes())
    size = manifest.width
    blank = np.full((size * 3 // 2, size), 128, np.uint8)
    prop = GESTURES[gesture].prop
    assert prop is not None
    Props(manifest).lay(blank, prop(share))
    rows, columns = np.where(blank[:size:4, ::4] != 128)
    found: list[list[float]] = (np.stack([columns, rows], axis=1) * 4 / size).tolist()
    return found


@pytest.mark.parametrize(("gesture", "share"), [("wave", 0.36), ("wave", 0.5), ("kiss", 0.7)])
@pytest.mark.parametrize("size", [(280, 600), (390, 844), (400, 700), (600, 600), (1280, 800)])
def test_a_hand_or_a_heart_is_seen_in_every_crop(
    embed: Open,
    page: Page,
    server: FakeServer,
    size: tuple[int, int],
    gesture: str,
    share: float,
) -> None:
    """The arm below the hand may be hidden, so it is not counted."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    embed()
    page.get_by_test_id("start-voice").click()
    server.connect()
    expect(page.get_by_test_id("composer-input")).to_be_visible()
    page.evaluate(SETTLED)
    places = places_of(gesture, share)
    top = min(y for _, y in places)
    upper = [place for place in places if place[1] < top + 0.2]
    assert page.evaluate(SEEN, upper) > 0.88


def test_text_of_twice_the_size_still_fits(embed: Open, page: Page, server: FakeServer) -> None:
    embed(microphone=False)
    for state in (idle, writing):
        state(page, server)
        page.set_viewport_size({"width": 400, "height": 700})
        page.evaluate("document.documentElement.style.fontSize = '32px'")
        assert page.evaluate(OVERFLOWING) == [], state.__name__


def test_from_right_to_left_everything_mirrors(
    embed: Open, page: Page, server: FakeServer, shoot: Shoot
) -> None:
    embed("?lang=he")
    talking(page, server)
    name, sound = (page.locator(one).bounding_box() for one in (".chip", ".sound"))
    assert name is not None
    assert sound is not None
    assert name["x"] > sound["x"]
    shoot("rtl")


def test_reduced_motion_stills_the_idle_face(embed: Open, page: Page, server: FakeServer) -> None:
    page.emulate_media(reduced_motion="reduce")
    embed()
    talking(page, server)
    face = page.get_by_test_id("face")
    expect(face).to_have_css("opacity", "1")
    server.send("agent", state="idle")
    expect(face).to_have_css("opacity", "0")


def test_forced_colours_keep_the_controls_visible(
    embed: Open, page: Page, server: FakeServer, shoot: Shoot
) -> None:
    page.emulate_media(forced_colors="active")
    embed()
    talking(page, server)
    border: Any = page.get_by_test_id("mute").evaluate(
        "(one) => getComputedStyle(one).borderTopColor !== getComputedStyle(one).backgroundColor"
    )
    assert border
    shoot("forced-colours")
