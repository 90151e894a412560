"""The picture of the merchant's page in the README: `python -m tests.browser.picture http://127.0.0.1:8000`.

Needs the demonstration being served (`make demo`) and a Chromium. Noise differs from home to home, and so do
the figures in the picture.
"""

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from graph.settings import PROJECT
from tests.api.conftest import CHROMIUM
from tests.browser.views import LARGE, Views

PICTURE = PROJECT / "docs" / "merchant.png"
VIEW = "?lang=en&theme=light"


def take(base: str, to: Path) -> None:
    """Save the page from its top to the end of the graph."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        views = Views(browser)
        page = views.open(base, LARGE, VIEW)
        page.wait_for_selector(".fan-graph.ready")
        end = page.locator(".privacy").bounding_box()
        area = {"x": 0, "y": 0, "width": 1280, "height": end["y"] + end["height"] + 24}
        drawn = page.screenshot(full_page=True, clip=area)
        views.close()
        browser.close()
    to.parent.mkdir(exist_ok=True)
    Image.open(io.BytesIO(drawn)).convert("RGB").quantize(256).save(to, optimize=True)


if __name__ == "__main__":
    take(sys.argv[1].rstrip("/"), PICTURE)
