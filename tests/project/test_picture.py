"""The README's picture of the merchant's page: `python -m tests.browser.picture` makes it again."""

import re
import struct

from graph.settings import PROJECT


def test_the_readme_shows_one_picture_that_is_there_and_light():
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    (path,) = re.findall(r"!\[[^\]]{20,}\]\((docs/[^)]+\.png)\)", readme)
    image = (PROJECT / path).read_bytes()
    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">I", image[16:20]) == (1280,)
    assert len(image) <= 200_000
