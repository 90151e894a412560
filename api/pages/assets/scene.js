// The fan graph: look closer, select, take apart, find. The server draws it; without this script its links
// still work. One scene lives as long as the picture it belongs to.
import { refresh } from "./panel.js";
import { go, group, shape, toggled } from "./url.js";

const FONTS = [36, 20, 10, 5]; // heights of letters at which names were given room, as in graph_labels.py
const LETTERS = 12.5; // their height on the screen, in pixels
const CENTRE = 500, BEND = 0.25, MOST = 12;
const home = /** @type {HTMLElement} */ (document.getElementById("graph"));
/** @type {Scene | null} */
let scene = null;

class Scene {
  constructor() {
    this.root = /** @type {HTMLElement} */ (home.querySelector(".fan-graph"));
    this.root.classList.add("ready");
    this.shape = shape(new URL(this.root.dataset.address ?? "", location.href).search);
    this.svg = /** @type {SVGSVGElement | null} */ (this.root.querySelector(".picture"));
    this.nodes = /** @type {SVGAElement[]} */ ([...this.root.querySelectorAll(".n")]);
    this.links = /** @type {Map<number, number[]>} */ (new Map());
    this.at = { x: 0, y: 0, zoom: 1 };
    this.wanted = this.at;
    this.frame = 0;
    if (this.svg) this.prepare();
    else this.headings();
    this.mark(group());
  }

  /** Read the picture once: places, links, and which text belongs to which node. */
  prepare() {
    this.stage = /** @type {HTMLElement} */ (this.root.querySelector(".stage"));
    this.world = /** @type {SVGGElement} */ (this.root.querySelector(".world"));
    this.labels = /** @type {SVGGElement} */ (this.root.querySelector(".labels"));
    this.overlay = /** @type {SVGPathElement} */ (this.root.querySelector(".chosen-lines"));
    this.tip = /** @type {HTMLElement} */ (this.root.querySelector(".tip"));
    const names = /** @type {NodeListOf<SVGTextElement>} */ (this.labels.querySelectorAll("[data-of]"));
    this.names = [...names].map((text) => ({ of: Number(text.dataset.of), text }));
    this.places = this.nodes.map((node) => {
      const room = node.firstElementChild;
      return { x: Number(room.getAttribute("cx")), y: Number(room.getAttribute("cy")) };
    });
    this.index = new Map(this.nodes.map((node, place) => [node.dataset.id, place]));
    for (const text of this.svg.dataset.links.split(" ")) {
      const [one, others = ""] = text.split(":");
      for (const other of others.split(",").filter(Boolean)) {
        this.join(Number(one), Number(other));
        this.join(Number(other), Number(one));
      }
    }
    this.resized = new ResizeObserver(() => this.letters());
    this.resized.observe(this.stage);
    this.listen();
  }

  /** @param {number} from @param {number} to */
  join(from, to) {
    if (!this.links.has(from)) this.links.set(from, []);
    this.links.get(from).push(to);
  }

  /** Headings of the table that sort it. */
  headings() {
    for (const head of this.root.querySelectorAll(".rows th[data-column]")) {
      const button = Object.assign(document.createElement("button"), { type: "button" });
      button.append(...head.childNodes);
      head.append(button);
    }
  }

  close() {
    this.resized?.disconnect();
    cancelAnimationFrame(this.frame);
  }

  // ---- selection

  /** Show what is selected, without asking the server. @param {string} id */
  mark(id) {
    for (const row of this.root.querySelectorAll(".rows tbody tr")) {
      const link = /** @type {HTMLElement} */ (row.querySelector("[data-select]"));
      row.toggleAttribute("aria-current", Boolean(id) && link.dataset.select === id);
      if (row.hasAttribute("aria-current")) row.setAttribute("aria-current", "true");
    }
    if (!this.svg) return;
    const place = this.index.get(id);
    const chosen = place === undefined || place === 0 ? null : place;
    this.nodes.forEach((node, other) => {
      if (other === chosen) node.setAttribute("aria-current", "true");
      else node.removeAttribute("aria-current");
      node.setAttribute("tabindex", other === (this.focused ?? chosen ?? 0) ? "0" : "-1");
    });
    this.light(chosen);
  }

  /** Nodes of a ring, where the address selects a closeness. @param {string} id */
  ring(id) {
    const wanted = ["near", "mid", "far"].includes(id) ? `s-${id}` : "none";
    return this.nodes.flatMap((node, place) => (node.classList.contains(wanted) ? [place] : []));
  }

  /** Bring out a node and its neighbours, or the ring that is selected. @param {number | null} place */
  light(place) {
    const links = place === null ? [] : this.links.get(place) ?? [];
    const near = new Set(place === null ? this.ring(group()) : [place, ...links]);
    this.world.classList.toggle("choice", near.size > 0);
    this.nodes.forEach((node, other) => node.classList.toggle("on", near.has(other)));
    this.names.forEach(({ of, text }) => text.classList.toggle("on", near.has(of)));
    this.overlay.setAttribute("d", links.map((other) => this.line(place, other)).join(""));
  }

  /** As `_line` in graph_view.py draws it. @param {number} one @param {number} other */
  line(one, other) {
    const a = this.places[one], b = this.places[other];
    if (one === 0 || other === 0) return `M${a.x} ${a.y}L${b.x} ${b.y}`;
    const x = (a.x + b.x) / 2, y = (a.y + b.y) / 2;
    const kept = 1 - BEND * Math.min(1, Math.hypot(a.x - b.x, a.y - b.y) / (Math.hypot(x - CENTRE, y - CENTRE) || 1));
    return `M${a.x} ${a.y}Q${CENTRE + kept * (x - CENTRE)} ${CENTRE + kept * (y - CENTRE)} ${b.x} ${b.y}`;
  }

  /** @param {string} id */
  spoken(id) {
    const node = this.nodes[this.index?.get(id) ?? -1];
    const links = /** @type {NodeListOf<HTMLElement>} */ (this.root.querySelectorAll("[data-select]"));
    const row = [...links].find((link) => link.dataset.select === id)?.closest("tr");
    const ring = /** @type {HTMLElement | null} */ (this.root.querySelector(`[data-hide="${CSS.escape(id)}"]`));
    const cells = [...(row?.cells ?? [])].map((cell) => cell.textContent.trim());
    return node?.getAttribute("aria-label") ?? (cells.length ? cells.join(", ") : ring?.innerText ?? "");
  }

  /** @param {string} text */
  say(text) {
    this.root.querySelector("[data-said]").textContent = text;
  }

  // ---- looking closer

  /** Height of one pixel in units of the picture. */
  unit() {
    return 1 / (this.svg.getScreenCTM()?.a || 1);
  }

  /** Move to a view, in the next frame. @param {{x: number, y: number, zoom: number}} view */
  look(view) {
    const zoom = Math.min(MOST, Math.max(1, view.zoom));
    const reach = CENTRE * 1.24 * (zoom - 1), clamp = (/** @type {number} */ v) => Math.min(reach, Math.max(-reach, v));
    this.wanted = { zoom, x: clamp(view.x), y: clamp(view.y) };
    if (!this.frame) this.frame = requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.frame = 0;
    this.at = this.wanted;
    const { x, y, zoom } = this.at;
    // The middle of the picture stays where it is: x and y say how far the world is moved from there.
    this.world.setAttribute("transform", `translate(${x + CENTRE * (1 - zoom)} ${y + CENTRE * (1 - zoom)}) scale(${zoom})`);
    this.stage.classList.toggle("zoomed", zoom > 1);
    this.tip.hidden = true;
    this.letters();
  }

  /** Names keep their height on the screen; more of them show when there is room. */
  letters() {
    const height = (LETTERS * this.unit()) / this.at.zoom;
    const fits = FONTS.filter((font) => height <= font * 1.1).length - 1;
    this.labels.style.fontSize = `${height.toFixed(2)}px`;
    this.labels.dataset.level = String(Math.max(0, fits));
  }

  /** Zoom about a point of the screen. @param {number} times @param {number} [clientX] @param {number} [clientY] */
  zoom(times, clientX, clientY) {
    const from = this.wanted, to = Math.min(MOST, Math.max(1, from.zoom * times));
    const box = this.svg.getBoundingClientRect(), unit = this.unit();
    const dx = clientX === undefined ? 0 : (clientX - box.left - box.width / 2) * unit;
    const dy = clientY === undefined ? 0 : (clientY - box.top - box.height / 2) * unit;
    this.look({ zoom: to, x: dx - ((dx - from.x) * to) / from.zoom, y: dy - ((dy - from.y) * to) / from.zoom });
  }

  /** Bring a node into the view, when it is not. @param {number} place */
  reveal(place) {
    const { x, y } = this.places[place], { zoom } = this.wanted;
    const half = CENTRE * 0.95, seen = (/** @type {number} */ v, /** @type {number} */ moved) => Math.abs((v - CENTRE) * zoom + moved) < half;
    if (zoom > 1 && !(seen(x, this.wanted.x) && seen(y, this.wanted.y))) {
      this.look({ zoom, x: (CENTRE - x) * zoom, y: (CENTRE - y) * zoom });
    }
  }

  // ---- pointer

  listen() {
    const stage = this.stage, fingers = new Map();
    let dragged = false;
    stage.addEventListener("wheel", (event) => {
      if (!(event.ctrlKey || event.metaKey || stage.contains(document.activeElement))) return;
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.002)), event.clientX, event.clientY);
    }, { passive: false });
    stage.addEventListener("pointerdown", (event) => {
      fingers.set(event.pointerId, event);
      dragged = false;
    });
    stage.addEventListener("pointermove", (event) => {
      const before = fingers.get(event.pointerId);
      if (!before) return;
      const others = [...fingers.values()].filter((finger) => finger.pointerId !== event.pointerId);
      if (others.length) {
        const gap = (/** @type {PointerEvent} */ one) => Math.hypot(one.clientX - others[0].clientX, one.clientY - others[0].clientY);
        this.zoom(gap(event) / (gap(before) || 1), (event.clientX + others[0].clientX) / 2, (event.clientY + others[0].clientY) / 2);
        dragged = true;
      } else if (this.wanted.zoom > 1 && (dragged || Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY) > 4)) {
        if (!dragged) stage.setPointerCapture(event.pointerId);
        dragged = true;
        stage.classList.add("moving");
        const unit = this.unit(), { x, y, zoom } = this.wanted;
        this.look({ zoom, x: x + (event.clientX - before.clientX) * unit, y: y + (event.clientY - before.clientY) * unit });
      } else return;
      fingers.set(event.pointerId, event);
    });
    for (const name of ["pointerup", "pointercancel", "pointerleave"]) {
      stage.addEventListener(name, (event) => {
        fingers.delete(/** @type {PointerEvent} */ (event).pointerId);
        stage.classList.remove("moving");
      });
    }
    stage.addEventListener("click", (event) => {
      if (dragged) event.stopPropagation(), event.preventDefault();
      dragged = false;
    }, true);
    stage.addEventListener("dragstart", (event) => event.preventDefault());
    stage.addEventListener("pointerover", (event) => this.hover(this.placeOf(event.target)));
    stage.addEventListener("pointerleave", () => this.hover(null));
    stage.addEventListener("focusin", (event) => {
      const place = this.placeOf(event.target);
      if (place === null) return;
      this.focused = place;
      this.nodes.forEach((node, other) => node.setAttribute("tabindex", other === place ? "0" : "-1"));
      this.reveal(place);
      this.name(place);
    });
    stage.addEventListener("focusout", () => { this.tip.hidden = true; });
  }

  /** @param {EventTarget | null} target @returns {number | null} */
  placeOf(target) {
    const node = target instanceof Element ? target.closest(".n") : null;
    return node ? this.index.get(/** @type {SVGAElement} */ (node).dataset.id) ?? null : null;
  }

  /** @param {number | null} place */
  hover(place) {
    if (place === this.hovered) return;
    this.hovered = place;
    if (place === null) this.tip.hidden = true;
    else this.name(place);
    const chosen = this.index.get(group());
    this.light(place && place > 0 ? place : chosen || null);
  }

  /** Say beside a node what it is. @param {number} place */
  name(place) {
    const node = this.nodes[place], box = node.getBoundingClientRect(), stage = this.stage.getBoundingClientRect();
    this.tip.textContent = node.getAttribute("aria-label");
    this.tip.hidden = false;
    const left = box.left - stage.left + box.width / 2 - this.tip.offsetWidth / 2;
    const above = box.top - stage.top - this.tip.offsetHeight - 6;
    const x = Math.min(stage.width - this.tip.offsetWidth - 4, Math.max(4, left));
    this.tip.style.transform = `translate(${x}px, ${above < 4 ? box.bottom - stage.top + 6 : above}px)`;
  }

  // ---- keys

  /** The node that an arrow leads to. @param {string} key @param {number} from */
  neighbour(key, from) {
    const ring = (/** @type {number} */ place) => this.nodes[place].classList[1];
    const rings = [...new Set(this.nodes.map((_, place) => ring(place)))];
    const same = this.nodes.map((_, place) => place).filter((place) => ring(place) === ring(from));
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (step) return same[(same.indexOf(from) + step + same.length) % same.length];
    const wanted = rings[rings.indexOf(ring(from)) + (key === "ArrowUp" ? 1 : -1)];
    const turn = (/** @type {number} */ place) => Math.atan2(this.places[place].y - CENTRE, this.places[place].x - CENTRE);
    const gap = (/** @type {number} */ place) => Math.abs(((turn(place) - turn(from) + 3 * Math.PI) % (2 * Math.PI)) - Math.PI);
    const next = this.nodes.map((_, place) => place).filter((place) => ring(place) === wanted);
    return next.sort((one, other) => gap(one) - gap(other) || one - other)[0] ?? from;
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether the key meant something */
  key(event) {
    const place = this.svg ? this.placeOf(event.target) : null;
    if (this.svg && (event.key === "+" || event.key === "=")) this.zoom(1.4);
    else if (this.svg && event.key === "-") this.zoom(1 / 1.4);
    else if (this.svg && event.key === "0") this.look({ x: 0, y: 0, zoom: 1 });
    else if (place !== null && event.key.startsWith("Arrow")) this.nodes[this.neighbour(event.key, place)].focus();
    else if (place !== null && event.key === "Home") this.nodes[0].focus();
    else if (place !== null && (event.key === "Enter" || event.key === " ")) {
      const { id, open } = this.nodes[place].dataset;
      if (event.key === "Enter" && open && id === group()) expand(id);
      else select(place ? id : "");
    } else return false;
    return true;
  }
}

// ---- what the address says

/** Select a node; empty for all fans. @param {string} id */
function select(id) {
  if (id === group()) return;
  go({ group: id || null });
  arrive();
}

/** Select what was found, and go there. @param {string} id */
function choose(id) {
  select(scene.index?.get(id) === 0 ? "" : id);
  scene.nodes[scene.index?.get(id) ?? -1]?.focus();
}

/** @param {string} id */
function expand(id) {
  go({ expand: toggled("expand", id), group: id });
  arrive();
}

let panelOf = group();

/** Make the page what the address says. */
async function arrive() {
  const id = group(), failed = scene.root.dataset.failed ?? "";
  if (shape(location.search) !== scene.shape) await redraw(failed);
  scene.mark(id);
  if (id === panelOf) return;
  panelOf = id;
  scene.say(id ? scene.spoken(id) : scene.root.dataset.cleared);
  await refresh("panel", ["panel", "portrait-body"], failed);
}

/** @param {string} failed */
async function redraw(failed) {
  const before = document.activeElement;
  const focused = before?.closest(".n")?.getAttribute("data-id") ?? before?.getAttribute("data-select");
  const pressed = ["data-view", "data-hide"].map((name) => [name, before?.getAttribute(name)]).find(([, value]) => value);
  await refresh("graph", ["graph"], failed);
  scene.close();
  if (!home.querySelector(".fan-graph")) {
    scene.shape = ""; // what is shown now is of no address: the next one is asked for in any case
    return;
  }
  scene = new Scene();
  // Whoever goes from the picture to the table by key, or back, stays at the same group.
  const row = () => (focused ? home.querySelector(`[data-select="${CSS.escape(focused)}"]`) ?? home.querySelector("[data-view][aria-current]") : null);
  const again = /** @type {HTMLElement | SVGElement | null} */ (pressed ? home.querySelector(`[${pressed[0]}="${pressed[1]}"]`) : scene.nodes[scene.index?.get(focused) ?? -1] ?? row());
  again?.focus({ preventScroll: true });
}

// ---- everything that is clicked or pressed, on the page as it is then

/** @type {[string, (element: HTMLElement, event: Event) => void][]} */
const CLICKS = [
  [".n", (node) => select(scene.placeOf(node) ? node.dataset.id : "")],
  ["[data-select]", (link) => select(link.dataset.select)],
  ["[data-expand]", (link) => expand(link.dataset.expand)],
  ["[data-hide]", (link) => { go({ hide: toggled("hide", link.dataset.hide) }); arrive(); }],
  ["[data-view]", (link) => { go({ view: link.dataset.view === "table" ? "table" : null }); arrive(); }],
  [".rows [data-column]", async (head) => (await import("./table.js")).sort(head)],
  ["[data-zoom]", (button) => ({ in: () => scene.zoom(1.4), out: () => scene.zoom(1 / 1.4), reset: () => scene.look({ x: 0, y: 0, zoom: 1 }) })[button.dataset.zoom]()],
  ["[data-picture]", async (button) => {
    button.closest("details").open = false;
    scene.say(scene.root.dataset.drawing);
    (await import("./export.js")).save(scene.svg, button.dataset.picture === "svg" ? "svg" : "png");
  }],
  ["[data-copy]", copy],
  ["[data-help]", () => scene.root.querySelector("dialog").showModal()],
];

/** Copy the address, and say so for a moment. @param {HTMLElement} button */
async function copy(button) {
  const done = scene.root.dataset.copied, before = button.textContent;
  if (before === done) return;
  // Browsers offer their clipboard to safe addresses alone; elsewhere the text is shown to be copied by hand.
  if (!navigator.clipboard) return window.prompt(before, location.href);
  await navigator.clipboard.writeText(location.href);
  scene.say(done);
  button.textContent = done;
  setTimeout(() => { button.textContent = before; }, 1600);
}

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const menu = /** @type {HTMLDetailsElement | null} */ (home.querySelector(".menu[open]"));
  if (menu && !menu.contains(target)) menu.open = false;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented || !scene) return;
  for (const [selector, act] of CLICKS) {
    const found = /** @type {HTMLElement | null} */ (target.closest?.(selector));
    if (!found) continue;
    event.preventDefault();
    return act(found, event);
  }
});
home.addEventListener("dblclick", (event) => {
  const node = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-open]"));
  if (node) expand(node.dataset.id);
});
home.addEventListener("focusin", async (event) => {
  const input = /** @type {HTMLInputElement} */ (event.target);
  if (input.matches(".find input") && !input.hasAttribute("role")) (await import("./find.js")).begin(input, choose);
});

document.addEventListener("keydown", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const part = (/** @type {string} */ selector) => /** @type {HTMLElement | null} */ (home.querySelector(selector));
  if (event.ctrlKey || event.metaKey || event.altKey || !scene || document.querySelector("dialog[open]")) return;
  if (target.matches("input, textarea, select, [contenteditable]")) return;
  if (event.key === "/") part(".find input")?.focus();
  else if (event.key === "t") part("[data-view]:not([aria-current])")?.click();
  else if (event.key === "?") scene.root.querySelector("dialog").showModal();
  else if (event.key === "Escape") select("");
  else if (event.key === " " && target.matches("[role=checkbox]")) target.click();
  else if (!scene.key(event)) return;
  event.preventDefault();
});

addEventListener("popstate", () => { if (scene) arrive(); });
if (home?.querySelector(".fan-graph")) scene = new Scene();
