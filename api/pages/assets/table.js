// The graph as a table: a click on a heading sorts by it. Loaded when that is done first.

/** @param {HTMLTableCellElement} head */
export function sort(head) {
  const down = head.getAttribute("aria-sort") !== "descending";
  const body = /** @type {HTMLTableElement} */ (head.closest("table")).tBodies[0];
  const value = (/** @type {HTMLTableRowElement} */ row) => row.cells[head.cellIndex].dataset.value ?? "";
  const order = new Intl.Collator(document.documentElement.lang, { numeric: true });
  for (const other of head.parentElement?.children ?? []) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  body.append(...[...body.rows].sort((one, other) => (down ? -1 : 1) * order.compare(value(one), value(other))));
}
