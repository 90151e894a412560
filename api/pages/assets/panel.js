// Parts of the page that the server draws again: the panel beside the graph, and the graph itself.
import { address } from "./url.js";

/** @type {Map<string, AbortController>} */
const asked = new Map();

/**
 * Ask for a part of the page. A later question about the same part ends this one.
 * @param {string} part last part of its address
 * @returns {Promise<Document | null>} null where a later question took over
 * @throws where the server does not answer with a page
 */
export async function ask(part) {
  asked.get(part)?.abort();
  const mine = new AbortController();
  asked.set(part, mine);
  try {
    const answer = await fetch(address(part), { signal: mine.signal, headers: { Accept: "text/html" } });
    if (answer.status === 401) location.reload(); // signed out meanwhile: the page says so
    if (!answer.ok) throw new Error(`${part}: ${answer.status}`);
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch (error) {
    if (mine.signal.aborted) return null;
    throw error;
  }
}

/**
 * Put the elements of an answer into those of the same id.
 * @param {string} part
 * @param {string[]} ids elements that are busy meanwhile
 * @param {string} failed what to say where it cannot be loaded
 */
export async function refresh(part, ids, failed) {
  const busy = (/** @type {boolean} */ is) => ids.forEach((id) => {
    document.getElementById(id)?.setAttribute("aria-busy", String(is));
  });
  busy(true);
  try {
    const found = await ask(part);
    if (!found) return;
    for (const element of [...found.querySelectorAll("body > [id]")]) {
      document.getElementById(element.id)?.replaceChildren(...element.childNodes);
    }
  } catch {
    const said = Object.assign(document.createElement("p"), { className: "failed" });
    said.setAttribute("role", "alert");
    said.append(Object.assign(document.createElement("a"), { href: location.href, textContent: failed }));
    document.getElementById(ids[0])?.replaceChildren(said);
  }
  busy(false);
}
