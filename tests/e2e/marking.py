"""The page that marks a face, by mouse: shapes are pulled to where they belong."""

from playwright.sync_api import Locator, Page


def shape(page: Page, number: int) -> Locator:
    """The left eye, the right eye, the mouth."""
    return page.locator("#mark-shapes g").nth(number)


def at(page: Page, x: float, y: float) -> tuple[float, float]:
    """A place of the picture on the screen."""
    box = page.locator("#mark-shapes").bounding_box()
    assert box is not None
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def middle(locator: Locator) -> tuple[float, float]:
    box = locator.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, part: Locator, to: tuple[float, float]) -> None:
    page.mouse.move(*middle(part))
    page.mouse.down()
    page.mouse.move(*to, steps=5)
    page.mouse.up()
