"""Views of a merchant's page in a real Chromium, signed in, on the demonstration."""

from typing import Any
from urllib.parse import quote

from api.commands.demo import EXAMPLE_MERCHANTS

LARGE, MIDDLE, SMALL = EXAMPLE_MERCHANTS  # that the demonstration offers


class Views:
    """Opens views, each with cookies of its own, and remembers what went wrong in them.

    faults: errors of scripts and of the console, a breach of the content policy among them. hosts: whom
    they asked.
    """

    def __init__(self, browser: Any) -> None:
        self._browser = browser
        self._opened: list[Any] = []
        self.faults: list[str] = []
        self.hosts: set[str] = set()

    def open(
        self,
        base: str,
        merchant: str | None = LARGE,
        path: str | None = "",
        *,
        width: int = 1280,
        key: str | None = None,
        **more: Any,
    ) -> Any:
        """A page at an address below the merchant's; of None it is still empty.

        Without a merchant nobody is signed in; without a key as one may who tries the demonstration.
        """
        more = {"locale": "en-US", "reduced_motion": "reduce"} | more
        view = self._browser.new_context(viewport={"width": width, "height": 900}, **more)
        self._opened.append(view)
        if merchant is not None:
            entered = view.request.post(
                f"{base}/merchant/session",
                form={"merchant": merchant} if key is None else {"key": key},
                headers={"Origin": base},
                max_redirects=0,
            )
            assert entered.status == 303, entered.text()
        page = view.new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)
        page.on("request", lambda asked: self.hosts.add(asked.url.split("/")[2]))
        page.home = f"{base}/merchant" + ("" if merchant is None else f"/{quote(merchant)}")
        if path is not None:
            page.goto(page.home + path)
        return page

    def close(self) -> None:
        for view in self._opened:
            view.close()
        self._opened.clear()
