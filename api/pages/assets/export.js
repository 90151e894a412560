// The picture of the graph as a file, as it is seen: with its title, its window and what protects people in it.
// Loaded when it is asked for.

const KEPT = [
  "fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin", "opacity", "display",
  "font-family", "font-size", "font-weight", "letter-spacing", "text-anchor", "dominant-baseline", "paint-order",
];
const WIDTH = 1240, HEIGHT = 1048, HEAD = 96, FOOT = 84, SCALE = 2;
const SVG = "http://www.w3.org/2000/svg";

/**
 * Save the picture.
 * @param {SVGSVGElement} picture
 * @param {"svg" | "png"} format
 */
export async function save(picture, format) {
  const drawn = new Blob([new XMLSerializer().serializeToString(framed(picture))], { type: "image/svg+xml" });
  const name = `circles-${(document.title.split(" · ")[0] || "graph").replace(/[^\p{L}\p{N}-]+/gu, "-")}`;
  give(format === "png" ? await painted(drawn) : drawn, `${name}.${format}`);
}

/** A picture that stands alone: styles on each element, ground, title and footing. @param {SVGSVGElement} picture */
function framed(picture) {
  const copy = /** @type {SVGSVGElement} */ (picture.cloneNode(true));
  const links = /** @type {NodeListOf<SVGAElement>} */ (copy.querySelectorAll(".n"));
  const from = [...picture.querySelectorAll("*")];
  [...copy.querySelectorAll("*")].forEach((element, place) => inline(element, getComputedStyle(from[place])));
  links.forEach((link) => link.firstElementChild?.remove()); // its area for clicks
  for (const link of links) link.replaceWith(...named(link));
  const page = getComputedStyle(document.body);
  const whole = make("svg", { xmlns: SVG, viewBox: `-120 ${-24 - HEAD} ${WIDTH} ${HEIGHT + HEAD + FOOT}`, width: WIDTH, height: HEIGHT + HEAD + FOOT });
  whole.append(make("rect", { x: -120, y: -24 - HEAD, width: WIDTH, height: HEIGHT + HEAD + FOOT, fill: page.backgroundColor }));
  whole.append(...copy.childNodes);
  const quiet = getComputedStyle(document.documentElement).getPropertyValue("--quiet").trim();
  const text = (/** @type {string | undefined} */ words, /** @type {number} */ y, /** @type {number} */ size, /** @type {string} */ fill) => {
    lines(words ?? "", 1180 / (size * 0.52)).forEach((line, number) => {
      const put = make("text", { x: -96, y: y + number * size * 1.4, fill, "font-size": size, "font-family": page.fontFamily, "font-weight": size > 25 ? 600 : 400 });
      put.textContent = line;
      whole.append(put);
    });
  };
  text(document.querySelector("h1")?.textContent ?? document.title, -72, 30, page.color);
  text(document.querySelector(".opening .quiet")?.textContent, -40, 19, quiet);
  text(document.querySelector(".privacy")?.firstChild?.textContent?.trim(), HEIGHT + 4, 16, quiet);
  return whole;
}

/** The shapes of a node, with its words as a title. @param {SVGAElement} link */
function named(link) {
  const group = make("g", { opacity: link.getAttribute("opacity") ?? 1 });
  const title = make("title", {});
  title.textContent = link.getAttribute("aria-label");
  group.append(title, ...link.childNodes);
  return [group];
}

/** @param {Element} element @param {CSSStyleDeclaration} style */
function inline(element, style) {
  for (const name of KEPT) {
    const value = style.getPropertyValue(name);
    if (value) element.setAttribute(name, value);
  }
  for (const name of ["class", "style", "tabindex", "data-level"]) element.removeAttribute(name);
  if (style.display === "none") element.replaceChildren();
}

/** @param {string} words @param {number} most letters of a line */
function lines(words, most) {
  const wide = (/** @type {string} */ text) => [...text].reduce((sum, letter) => sum + (letter > "\u2e80" ? 1.9 : 1), 0);
  const parts = words.match(/[\u2e80-\uffff]|[^\s\u2e80-\uffff]+\s*|\s+/g) ?? [];
  /** @type {string[]} */
  const found = [""];
  for (const part of parts) {
    if (wide(found[found.length - 1] + part) > most) found.push("");
    found[found.length - 1] += part;
  }
  return found;
}

/** @param {Blob} drawn @returns {Promise<Blob>} */
async function painted(drawn) {
  const image = new Image();
  const address = URL.createObjectURL(drawn);
  image.src = address;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth * SCALE;
  canvas.height = image.naturalHeight * SCALE;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(address);
  return new Promise((done) => canvas.toBlob((blob) => done(/** @type {Blob} */ (blob)), "image/png"));
}

/** @param {Blob} blob @param {string} name */
function give(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** @param {string} name @param {Record<string, string | number>} attributes */
function make(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}
