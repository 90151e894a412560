"""What a view of a page costs whoever opens it: requests, bytes as sent, main-thread CPU, and what moves."""

from typing import Any

SHIFTS = """new Promise((done) => {
  const told = (list) => done(list.getEntries().reduce((sum, entry) => sum + entry.value, 0));
  new PerformanceObserver(told).observe({ type: 'layout-shift', buffered: true });
  setTimeout(() => done(0), 300);
})"""


class Costs:
    """Counts from the moment that it is made, before the page has an address.

    asked: address -> kind, such as "Script". sent: address -> bytes of head and body, as sent.
    """

    def __init__(self, page: Any) -> None:
        self._page = page
        self.asked: dict[str, str] = {}
        self.sent: dict[str, int] = {}
        self._address_of: dict[str, str] = {}
        self._tools = page.context.new_cdp_session(page)
        self._tools.on("Network.requestWillBeSent", self._ask)
        self._tools.on("Network.loadingFinished", self._finish)
        self._tools.send("Network.enable")
        self._tools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def _ask(self, told: dict[str, Any]) -> None:
        address = told["request"]["url"]
        self._address_of[told["requestId"]] = address
        self.asked[address] = told.get("type", "")

    def _finish(self, told: dict[str, Any]) -> None:
        address = self._address_of[told["requestId"]]
        self.sent[address] = self.sent.get(address, 0) + int(told["encodedDataLength"])

    def bytes(self, kind: str | None = None) -> int:
        """Sent in all, or of one kind of file."""
        return sum(size for address, size in self.sent.items() if kind in (None, self.asked[address]))

    def cpu_ms(self) -> float:
        """Main-thread CPU so far."""
        told = self._tools.send("Performance.getMetrics")["metrics"]
        return next(1000 * float(metric["value"]) for metric in told if metric["name"] == "TaskDuration")

    def shift(self) -> float:
        """Layout shift so far."""
        return float(self._page.evaluate(SHIFTS))
