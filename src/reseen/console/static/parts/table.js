/* A table: `columns` [{ title, cell: (row) => ..., number, sort }] and `rows` with ids.

   With `onOpen` a row opens on click, and its first cell holds the link or button for the keyboard.
   On a phone a row is a card, and each cell has its title beside it.
   `sorted` { by, down } and `onSort(by)` show and ask for an order; the caller does the sorting. */

import { html, classes } from "../lib/view.js";

export function Table({ caption, columns, rows, onOpen, selected, sorted, onSort, idOf = (row) => row.id }) {
  const open = (event, row) => !event.target.closest("a, button, input, label, select") && onOpen(row);
  return html`<div class="table-box" tabindex="0" role="region" aria-label=${caption}>
    <table class="table">
      <caption class="only-read">${caption}</caption>
      <thead><tr>${columns.map((column) => html`<${Head} column=${column} sorted=${sorted} onSort=${onSort} />`)}</tr></thead>
      <tbody>${rows.map((row) => html`<tr key=${idOf(row)} class=${classes(onOpen && "can-open")} aria-selected=${selected === undefined ? undefined : String(selected === idOf(row))}
        onClick=${onOpen ? (event) => open(event, row) : undefined}>
        ${columns.map(({ title, cell, number }) => html`<td class=${classes(number && "number")} data-title=${typeof title === "string" && title ? title : undefined}>${cell(row)}</td>`)}</tr>`)}</tbody>
    </table>
  </div>`;
}

function Head({ column: { title, number, sort }, sorted, onSort }) {
  if (!sort) return html`<th scope="col" class=${classes(number && "number")}>${title}</th>`;
  const now = sorted?.by === sort ? (sorted.down ? "descending" : "ascending") : "none";
  return html`<th scope="col" class=${classes(number && "number")} aria-sort=${now}>
    <button type="button" onClick=${() => onSort(sort)}>${title}<span aria-hidden="true">${now === "none" ? "" : now === "ascending" ? "↑" : "↓"}</span></button></th>`;
}
