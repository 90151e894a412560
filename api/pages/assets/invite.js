// Sections that change step by step. Their forms and links work without this; with it, only the section changes.
// A section is `[data-live]`; `data-poll` names where its answer will be, `data-lost` what to say when nobody answers.
// A link to the address of a section, wherever it stands, changes that section; `data-away` leads to its own page.

import { go, query } from "./url.js";

const POLL_MS = [1200, 2000, 3000];

/** @param {string} name @returns {HTMLElement | null} */
const section = (name) => document.querySelector(`[data-live="${CSS.escape(name)}"]`);

/** Whether the page is of this section alone, so that its address is the section's. @param {HTMLElement} part */
const isAlone = (part) => new URL(part.dataset.address ?? "", location.href).pathname === location.pathname;

/** The circle that the whole page shows the health of. */
let circle = query().get("circle");

/**
 * Ask for a section and put the answer in its place.
 * @param {HTMLElement} part
 * @param {string} url
 * @param {RequestInit} [asked]
 */
async function show(part, url, asked = {}) {
  const name = part.dataset.live ?? "";
  part.setAttribute("aria-busy", "true");
  const fresh = await fetched(name, url, asked);
  if (!part.isConnected) return null;  // another answer came first
  if (!fresh) return void lost(part);
  part.replaceWith(fresh);
  begin(fresh);
  if (fresh.dataset.at) remember(fresh, new URL(fresh.dataset.at));
  return fresh;
}

/**
 * Put what is shown into the address: all of it on a page of its own, else the circle whose health was asked for.
 * @param {HTMLElement} part
 * @param {URL} at
 */
function remember(part, at) {
  if (!isAlone(part)) {
    if (part.dataset.live !== "circle-health") return;
    circle = at.searchParams.get("circle");
    go({ circle });
  } else if (at.href !== location.href) history.pushState(null, "", at);
}

/**
 * @param {string} name
 * @param {string} url
 * @param {RequestInit} asked
 * @returns {Promise<HTMLElement | null>}
 */
async function fetched(name, url, asked) {
  try {
    const answer = await fetch(url, { ...asked, headers: { "X-Fragment": name, Accept: "text/html" } });
    if (answer.status === 401) location.reload();  // signed out meanwhile: the page asks to sign in, and comes back
    const text = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = text.querySelector(`[data-live="${CSS.escape(name)}"]`);
    if (fresh && (answer.redirected || !asked.method)) fresh.dataset.at = answer.url;  // it can be asked for again
    return fresh;
  } catch {
    return null;
  }
}

/** @param {HTMLElement} part */
function lost(part) {
  part.removeAttribute("aria-busy");
  for (const button of part.querySelectorAll("button")) button.disabled = button.dataset.was === "off";
  part.querySelector(".lost")?.remove();
  const said = document.createElement("p");
  said.className = "notice lost";
  said.setAttribute("role", "alert");
  said.textContent = part.dataset.lost ?? "";
  part.prepend(said);
}

/** @param {HTMLElement} part */
function focus(part) {
  const steps = part.querySelectorAll(".step");
  const goal = part.querySelector('[role="alert"][data-focus]') ?? part.querySelector("[data-focus]") ?? steps[steps.length - 1];
  if (goal instanceof HTMLElement) goal.focus();
}

/**
 * While an answer is worked out only its time runs on, so that nothing is read aloud again and again.
 * @param {HTMLElement} part
 * @param {number} turn
 */
function poll(part, turn = 0) {
  setTimeout(async () => {
    if (!part.isConnected) return;
    const fresh = await fetched(part.dataset.live ?? "", part.dataset.poll ?? "", {});
    if (!part.isConnected) return;
    if (!fresh || fresh.dataset.poll) {
      const [now, then] = [part.querySelector(".waited"), fresh?.querySelector(".waited")];
      if (now && then) now.textContent = then.textContent;
      return poll(part, turn + 1);
    }
    const reads = part.contains(document.activeElement);
    part.replaceWith(fresh);
    begin(fresh);
    if (reads) focus(fresh);
  }, POLL_MS[Math.min(turn, POLL_MS.length - 1)]);
}

/** @param {HTMLElement} part */
function begin(part) {
  if (part.dataset.poll) poll(part);
  for (const slider of part.querySelectorAll("input[data-mirrors]")) {
    const number = part.querySelector(`#${slider.dataset.mirrors}`);
    slider.hidden = false;
    slider.addEventListener("input", () => { number.value = slider.value; });
    number.addEventListener("input", () => { slider.value = number.value; });
  }
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const part = form.closest("[data-live]");
  if (!part) return;
  event.preventDefault();
  const body = new FormData(form, event.submitter);
  for (const button of part.querySelectorAll("button")) {
    button.dataset.was = button.disabled ? "off" : "on";
    button.disabled = true;
  }
  const sent = new URLSearchParams(body);
  const asked = form.method === "get" ? await show(part, `${form.action.split("#")[0]}?${sent}`) : await show(part, form.action, { method: "POST", body: sent });
  if (!asked) return;
  focus(asked);
  if (body.getAll("step").at(-1) !== "circle") return;
  const other = section("circle-health");  // a new circle stands in its list too
  if (other) show(other, other.dataset.address ?? "");
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[href]");
  if (!link || "away" in link.dataset || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const parts = [...document.querySelectorAll("[data-live]")];
  const part = parts.find((one) => new URL(one.dataset.address, location.href).pathname === link.pathname);
  if (!part || event.defaultPrevented) return;
  event.preventDefault();
  const fresh = await show(part, link.href);
  if (fresh) focus(fresh);
});

addEventListener("popstate", () => {
  const part = [...document.querySelectorAll("[data-live]")].find(isAlone);
  if (part) return void show(part, location.href);
  const health = section("circle-health"), wanted = query().get("circle");
  if (!health || wanted === circle) return;
  const at = new URL(health.dataset.address ?? "", location.href);
  if (wanted) at.searchParams.set("circle", wanted);
  show(health, at.href);
});

for (const part of document.querySelectorAll("[data-live]")) begin(part);
