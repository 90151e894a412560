// The search box above the graph: what the page itself has first, then what the server knows. Loaded when
// the box is used.
import { address, query } from "./url.js";

const WAIT = 180; // ms after the last letter
let number = 0;

/**
 * Make a box find.
 * @param {HTMLInputElement} input
 * @param {(id: string) => void} choose what to do with a node that was chosen
 */
export function begin(input, choose) {
  const form = /** @type {HTMLFormElement} */ (input.form);
  const list = /** @type {HTMLElement} */ (form.querySelector(".found"));
  const root = /** @type {HTMLElement} */ (form.closest(".fan-graph"));
  list.id = `found-${++number}`;
  for (const [name, value] of [["role", "combobox"], ["aria-expanded", "false"], ["aria-autocomplete", "list"], ["aria-controls", list.id]]) {
    input.setAttribute(name, value);
  }
  let timer = 0;

  const close = () => {
    clearTimeout(timer);
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };

  const point = (/** @type {Element | undefined} */ wanted) => {
    for (const option of list.children) option.setAttribute("aria-selected", String(option === wanted));
    if (wanted) input.setAttribute("aria-activedescendant", wanted.id);
    else input.removeAttribute("aria-activedescendant");
    wanted?.scrollIntoView({ block: "nearest" });
  };

  const pointed = () => /** @type {HTMLElement | null} */ (list.querySelector('[aria-selected="true"]'));

  const step = (/** @type {number} */ by) => {
    const options = [...list.children];
    point(options[(options.indexOf(/** @type {Element} */ (pointed())) + by + options.length) % options.length]);
  };

  const show = (/** @type {HTMLElement[]} */ options) => {
    options.forEach((option, place) => { option.id = `${list.id}-${place}`; });
    list.replaceChildren(...options);
    list.hidden = !options.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    point(options[0]);
  };

  const take = () => {
    const option = pointed();
    if (!option || option.hasAttribute("aria-disabled")) return;
    close();
    if (option.dataset.href) return location.assign(option.dataset.href);
    input.value = "";
    choose(option.dataset.node ?? "");
  };

  /** @param {{id: string, name: string}[]} here */
  const more = async (here) => {
    const asked = query(), text = input.value.trim();
    asked.set("q", text);
    try {
      const answer = await fetch(`${address("search").split("?")[0]}?${asked}`, { headers: { Accept: "application/json" } });
      if (!answer.ok || text !== input.value.trim()) return;
      const known = new Set(here.map((node) => node.id));
      const found = (await answer.json()).items.filter((/** @type {any} */ item) => !known.has(item.node));
      const options = [...here.map((node) => option(node.name, { node: node.id })), ...found.map((/** @type {any} */ item) => option(item.name, item.node ? { node: item.node } : { href: item.href }, item.kind))];
      show(options.length ? options : [none()]);
    } catch { /* what the page has is shown already */ }
  };

  const none = () => {
    const said = option(root.dataset.nothing ?? "", {});
    said.setAttribute("aria-disabled", "true");
    return said;
  };

  const typed = () => {
    clearTimeout(timer);
    const text = input.value.trim().toLocaleLowerCase();
    if (!text) return close();
    const here = nodes(root).filter((node) => node.name.toLocaleLowerCase().includes(text)).slice(0, 8);
    show(here.map((node) => option(node.name, { node: node.id })));
    timer = window.setTimeout(more, WAIT, here);
  };

  input.addEventListener("input", typed);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") step(1);
    else if (event.key === "ArrowUp") step(-1);
    else if (event.key === "Escape") input.value = "", close();
    else return;
    event.preventDefault();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    take();
  });
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault(); // else the box loses the focus, and the list goes, before the click
    point(/** @type {Element} */ (event.target).closest("[role=option]") ?? undefined);
  });
  list.addEventListener("click", take);
  input.addEventListener("blur", close);
  if (input.value) typed();
}

/** Names of what the page shows, as a screen reader would hear them. @param {HTMLElement} root */
function nodes(root) {
  const drawn = /** @type {NodeListOf<HTMLElement | SVGElement>} */ (root.querySelectorAll(".n, .rows [data-select]"));
  return [...drawn]
    .map((node) => ({ id: node.dataset.id ?? node.dataset.select ?? "", name: node.getAttribute("aria-label") ?? told(node) }))
    .filter((node) => node.id);
}

/** @param {Element} link */
const told = (link) => [...(/** @type {HTMLTableRowElement} */ (link.closest("tr")).cells)].slice(0, 3).map((cell) => cell.textContent?.trim()).join(", ");

/** @param {string} name @param {Record<string, string>} data @param {string} [kind] */
function option(name, data, kind) {
  const made = document.createElement("li");
  made.setAttribute("role", "option");
  made.append(name);
  if (kind) made.append(Object.assign(document.createElement("small"), { textContent: kind }));
  Object.assign(made.dataset, data);
  return made;
}
