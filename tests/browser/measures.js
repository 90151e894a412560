// What can be measured of a page as it stands; each function gives the faults, as texts. For tests alone.
(() => {
  // For screen readers alone.
  const isAside = (element) => {
    for (let at = element; at; at = at.parentElement) if (getComputedStyle(at).clipPath !== "none") return true;
    return false;
  };
  const seen = (element) => element.checkVisibility({ opacityProperty: false, visibilityProperty: true })
    && element.getBoundingClientRect().width > 0 && !element.closest(".unseen, .skip") && !isAside(element);
  const named = (element) => `${element.tagName.toLowerCase()}.${element.getAttribute("class") ?? ""} `
    + `${(element.getAttribute("aria-label") ?? element.textContent).trim().replace(/\s+/g, " ").slice(0, 40)}`;

  // ---- sizes

  // A link inside a sentence may be as low as its line.
  const isInSentence = (element) => getComputedStyle(element).display === "inline"
    && [...element.parentElement.childNodes].some((node) => node.nodeType === 3 && node.data.trim().length > 3);

  const reach = (element) => {
    const part = element.matches("input[type=checkbox], input[type=radio]") ? element.closest("label") ?? element : element;
    return part.getBoundingClientRect();
  };

  const smallTargets = (least) => [...document.querySelectorAll(
    "a[href]:not(.n), button, input:not([type=hidden]), select, textarea, summary, [role=checkbox], [role=option]")]
    .filter((element) => seen(element) && !isInSentence(element))
    .map((element) => [element, reach(element)])
    .filter(([, box]) => Math.min(box.width, box.height) < least - 0.5)
    .map(([element, box]) => `${named(element)}: ${box.width.toFixed(0)} x ${box.height.toFixed(0)}`);

  const smallNodes = (least) => [...document.querySelectorAll(".n > .room")]
    .map((room) => [room.parentElement, room.getBoundingClientRect()])
    .filter(([, box]) => Math.min(box.width, box.height) < least - 0.5)
    .map(([node, box]) => `${named(node)}: ${box.width.toFixed(0)}`);

  const SCROLLS = ".wide, .rows, .found";  // on purpose, and reachable by keyboard
  const hasWords = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const clipped = () => {
    const boxes = [...document.querySelectorAll("body *")].filter((element) => seen(element) && !element.closest(SCROLLS)
      && hasWords(element) && element.clientWidth > 0 && !element.matches("svg *, select"));
    const wide = boxes.filter((element) => element.scrollWidth > element.clientWidth + 1);
    const outside = boxes.filter((element) => element.getBoundingClientRect().right > innerWidth + 1);
    const drawn = [...document.querySelectorAll("svg text")].filter((text) => seen(text) && getComputedStyle(text).display !== "none"
      && !text.closest(".zoomed")).filter((text) => {
      const own = text.getBoundingClientRect(), box = text.ownerSVGElement.getBoundingClientRect();
      return own.left < box.left - 1 || own.right > box.right + 1 || own.top < box.top - 1 || own.bottom > box.bottom + 1;
    });
    return [...new Set([...wide, ...outside, ...drawn])].map(named);
  };

  // ---- colours

  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], [r2, g2, b2]) => [r * a + r2 * (1 - a), g * a + g2 * (1 - a), b * a + b2 * (1 - a), 1];
  const light = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((part) => part / 255).map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] === 1) return colour;
    }
    return [255, 255, 255, 1];
  };
  // The fan graph stands on rings; what lies on the ground is judged against both.
  const grounds = (element) => {
    const paper = ground(element.ownerSVGElement ?? element);
    const ring = element.closest(".picture") ? getComputedStyle(document.documentElement).getPropertyValue("--ring").trim() : "";
    return ring ? [paper, rgba(ring)] : [paper];
  };
  const faintness = (element) => {
    let opacity = 1;
    for (let at = element; at instanceof SVGElement; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity);
    return opacity;
  };
  const paint = (element, name) => {
    const style = getComputedStyle(element), value = style[name];
    if (value === "none" || (name === "stroke" && style.strokeWidth === "0px")) return null;
    const [r, g, b, a] = rgba(value);
    const own = Number(style[`${name}Opacity`]) * a * faintness(element);
    return own ? [r, g, b, own] : null;
  };

  // A mark is seen by its filling or by its outline, whichever stands out more.
  const weakest = (selector, names = ["fill", "stroke"]) => {
    const found = [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility());
    return found.map((element) => Math.min(...grounds(element).map((under) =>
      Math.max(1, ...names.map((name) => paint(element, name)).filter(Boolean).map((colour) => contrast(over(colour, under), under))))));
  };

  const weakMarks = (selectors, least) => selectors
    .map((selector) => [selector, Math.min(...weakest(selector))])
    .filter(([, worst]) => worst < least)
    .map(([selector, worst]) => `${selector}: ${worst.toFixed(2)}`);

  const weakWords = (least) => [...document.querySelectorAll("svg text")]
    .filter((text) => text.checkVisibility() && getComputedStyle(text).display !== "none" && faintness(text) === 1)
    .map((text) => [text, Math.min(...grounds(text).map((under) => contrast(paint(text, "fill"), under)))])
    .filter(([, worst]) => worst < least)
    .map(([text, worst]) => `${named(text)}: ${worst.toFixed(2)}`);

  // ---- the picture

  const nodes = () => [...document.querySelectorAll(".n")].map((node) => {
    const box = node.children[1].getBoundingClientRect(), from = node.ownerSVGElement.getBoundingClientRect();
    return [node.dataset.id, node.getAttribute("aria-current") ?? "", ...[box.x - from.x, box.y - from.y, box.width].map((value) => Math.round(10 * value) / 10)];
  });

  window.measures = { smallTargets, smallNodes, clipped, weakMarks, weakWords, nodes };
})();
