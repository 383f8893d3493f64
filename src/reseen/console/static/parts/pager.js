/* Lists that come by cursor, as every list of the interface does.

   const list = useList("/v1/banks", { state: "open" });
   html`... list.items ... <${Pager} list=${list} />` */

import { html, useEffect, useReducer, useRef, useState } from "../lib/view.js";
import { get } from "../lib/api.js";
import { count } from "../lib/words.js";

/** The items so far, and how to get more: { items, more, loading, problem, next(), again() }. The field
    of the answer that holds the items is `data` unless told. */
export function useList(path, query = {}, { field = "data" } = {}) {
  const [state, setState] = useState({ items: [], cursor: null, loading: true, problem: null });
  const [turn, again] = useReducer((n) => n + 1, 0);
  const running = useRef(null);
  const asked = JSON.stringify([path, query]);
  const load = async (cursor, before) => {
    running.current?.abort();
    const mine = new AbortController();
    running.current = mine;
    setState((now) => ({ ...now, loading: true, problem: null }));
    try {
      const answer = await get(path, { query: { ...query, cursor }, signal: mine.signal });
      setState({ items: [...before, ...answer[field]], cursor: answer.next_cursor ?? null, loading: false, problem: null });
    } catch (problem) {
      if (problem.name !== "AbortError") setState((now) => ({ ...now, loading: false, problem }));
    }
  };
  useEffect(() => {
    load(null, []);
    return () => running.current?.abort();
  }, [asked, turn]);
  return { ...state, more: state.cursor !== null, next: () => load(state.cursor, state.items), again };
}

export const Pager = ({ list, one = "item", many }) => html`
  <div class="pager">
    <span class="note" role="status">${list.loading ? "Loading…" : `${count(list.items.length, one, many)}${list.more ? " so far" : ""}`}</span>
    ${list.more && html`<button class="button small" type="button" disabled=${list.loading} onClick=${list.next}>Show more</button>`}
  </div>`;
