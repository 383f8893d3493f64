/* One answer of the interface, loaded when the page is shown: const usage = useLoaded("/v1/usage"). */

import { useEffect, useReducer, useState } from "./view.js";
import { get } from "./api.js";

/** { value, problem, loading, again() }; the last value stays while a new one is loaded. */
export function useLoaded(path, query = {}) {
  const [state, setState] = useState({ value: null, problem: null, loading: true });
  const [turn, again] = useReducer((n) => n + 1, 0);
  useEffect(() => {
    const mine = new AbortController();
    setState((now) => ({ ...now, loading: true, problem: null }));
    get(path, { query, signal: mine.signal }).then(
      (value) => setState({ value, problem: null, loading: false }),
      (problem) => problem.name !== "AbortError" && setState((now) => ({ ...now, problem, loading: false })),
    );
    return () => mine.abort();
  }, [JSON.stringify([path, query]), turn]);
  return { ...state, again };
}
