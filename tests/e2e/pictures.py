"""Pictures of the widget for people to look at."""

import cv2
import numpy as np
from playwright.sync_api import Page

from tests.e2e.widget import Widget
from tests.served import ROOT

SCREENSHOTS = ROOT / "artifacts" / "screenshots"
FOR_THE_README = ROOT / "docs" / "images" / "widget.png"
MOST_BYTES = 200_000


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the page in a folder that git ignores."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"e2e-{name}.png")


def shoot_for_the_readme(widget: Widget) -> None:
    """Take the README's picture anew where somebody has deleted it."""
    if FOR_THE_README.exists():
        return
    page = widget.page
    box = page.locator("iframe").bounding_box()
    assert box is not None
    x, y, width, height = (round(box[side]) for side in ("x", "y", "width", "height"))
    raw = page.screenshot(clip={"x": 0, "y": 0, "width": 1000, "height": y + height + 8})
    decoded = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    picture = decoded.astype(np.uint8)
    frame = picture[y : y + height, x : x + width].copy()
    # Without the video's compression noise and the last bits it is a third smaller.
    picture = picture & np.uint8(0xFE)
    smooth = cv2.bilateralFilter(frame, 5, 10, 3).astype(np.int16)
    picture[y : y + height, x : x + width] = np.minimum(smooth + 2, 255) & 0xFC
    _, png = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    assert png.size <= MOST_BYTES
    FOR_THE_README.parent.mkdir(parents=True, exist_ok=True)
    FOR_THE_README.write_bytes(png.tobytes())
