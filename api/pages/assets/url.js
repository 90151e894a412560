// The address is the state of the page: what it says is what is seen, and Back works.

/** Names in the address that decide which nodes the graph has and how they are shown. */
const SHAPE = ["expand", "hide", "view", "lang"];

/** @returns {URLSearchParams} */
export const query = () => new URLSearchParams(location.search);

/** @returns {string} the selected node; empty where none is */
export const group = () => query().get("group") ?? "";

/** What a graph that was loaded for an address depends on. @param {string} search @returns {string} */
export const shape = (search) => {
  const asked = new URLSearchParams(search);
  return JSON.stringify(SHAPE.map((name) => asked.getAll(name).sort()));
};

/**
 * Put a state into the address.
 * @param {Record<string, string | string[] | null>} changes null takes a name out
 */
export function go(changes) {
  const asked = query();
  for (const [name, value] of Object.entries(changes)) {
    asked.delete(name);
    for (const each of [value ?? []].flat().sort()) if (each) asked.append(name, each);
  }
  asked.sort();
  const text = asked.toString();
  if (text !== query().toString()) history.pushState(null, "", text ? `?${text}` : location.pathname);
}

/** A value put into a name that may stand several times, or taken out. @param {string} name @param {string} value */
export function toggled(name, value) {
  const now = query().getAll(name);
  return now.includes(value) ? now.filter((each) => each !== value) : [...now, value];
}

/** Address of a part of this page in its present state. @param {string} part */
export const address = (part) => `${location.pathname.replace(/\/$/, "")}/${part}${location.search}`;
