"""What a view of a page costs whoever opens it: requests, bytes as sent, main-thread CPU, and what moves."""

from typing import Any

# 300 circles with a word each and 900 lines, drawn three times by the shortest script that does it:
# what machines are measured by.
PLAIN = """<!doctype html><meta charset=utf-8><svg width=1200 height=800></svg><script>
const of = (name, values, inner) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(values)) made.setAttribute(key, value);
  if (inner) made.textContent = inner; return made; };
const at = (i) => ({ x: (i * 97) % 1200, y: (i * 61) % 800 });
let left = 3;
const draw = () => {
  const svg = document.querySelector("svg"); svg.replaceChildren();
  for (let i = 0; i < 900; i++) { const a = at(i % 300), b = at((i * 7 + 1) % 300);
    svg.append(of("line", { x1: a.x, y1: a.y, x2: b.x, y2: b.y, stroke: "#888" })); }
  for (let i = 0; i < 300; i++) { const a = at(i), group = of("g", { transform: `translate(${a.x},${a.y})` });
    group.append(of("circle", { r: 9, fill: "#c63" }), of("text", { y: 20 }, `Circle ${i}`));
    svg.append(group); }
  svg.getBBox();
  if (--left) requestAnimationFrame(draw); else document.title = "drawn";
};
draw();
</script>"""
PLAIN_MS = 90.0  # main-thread CPU of it on the quiet machine for which budgets in milliseconds were set

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

    @classmethod
    def of_plain(cls, browser: Any) -> float:
        """Main-thread CPU, in ms, of drawing `PLAIN` now: a busy or a slower machine needs more."""
        view = browser.new_context(viewport={"width": 1280, "height": 900})
        page = view.new_page()
        costs = cls(page)
        page.route("**/*", lambda route: route.fulfill(body=PLAIN, content_type="text/html"))
        page.goto("http://plain.example/")
        page.wait_for_function("document.title === 'drawn'")
        page.wait_for_timeout(300)
        spent = costs.cpu_ms()
        view.close()
        return spent

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
