/* Addresses below /console and the pages they show. Plain links work: a click on one is taken here
   when it leads to a page. */

import { useLayoutEffect, useReducer, useState } from "./view.js";

const listeners = new Set();
let leaving = () => true;

const tell = () => listeners.forEach((listener) => listener());

/** The present place: `path` without "/console", `query`, `hash` without "#". */
export function place() {
  const { pathname, search, hash } = location;
  return {
    path: pathname.replace(/^\/console\/?/, "/").replace(/(.)\/$/, "$1"),
    query: new URLSearchParams(search),
    hash: decodeURIComponent(hash.slice(1)),
  };
}

/** Go to a page: navigate("/banks"). `replace` leaves no step to go back to. */
export function navigate(path, { replace = false } = {}) {
  if (!leaving()) return;
  const to = href(path);
  if (replace) history.replaceState(null, "", to);
  else if (to !== location.pathname + location.search) history.pushState(null, "", to);
  tell();
}

/** The address of a page, for links. */
export const href = (path) => `/console${path === "/" ? "/" : path}`;

/** Change the query of this page without a step in the history. */
export function setQuery(changes) {
  const { query } = place();
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === "") query.delete(name);
    else query.set(name, value);
  }
  const said = query.toString();
  history.replaceState(null, "", location.pathname + (said ? `?${said}` : ""));
  tell();
}

/** Ask before the page is left: `confirmLeaving(() => confirm("..."))`; call what it returns to stop. */
export function confirmLeaving(ask) {
  leaving = ask;
  return () => {
    leaving = () => true;
  };
}

/** What an address brought after its #, taken out of the address bar: a secret does not stay there. */
export function useFragment() {
  const { hash } = usePlace();
  const [taken, take] = useState(hash);
  useLayoutEffect(() => {
    if (!hash) return;
    take(hash);
    history.replaceState(null, "", location.pathname + location.search);
  }, [hash]);
  return taken;
}

export function usePlace() {
  const [, again] = useReducer((n) => n + 1, 0);
  useLayoutEffect(() => { // not after painting: a change in between would be missed
    listeners.add(again);
    return () => listeners.delete(again);
  }, []);
  return place();
}

addEventListener("popstate", tell);

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest?.("a[href]");
  if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
  const below = link.pathname === "/console" || link.pathname.startsWith("/console/");
  if (!below || /^\/console\/(api|static|samples)\//.test(link.pathname)) return;
  if (link.hash && link.pathname === location.pathname) return;
  event.preventDefault();
  navigate(link.pathname.replace(/^\/console\/?/, "/") + link.search);
});
