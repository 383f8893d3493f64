/* What a person prefers: their own settings over the project's defaults. An enforced default cannot be
   loosened, so it wins. The theme also works before sign-in, from the browser's own storage. */

import { useLayoutEffect, useReducer } from "./view.js";
import * as api from "./api.js";
import { session, revise } from "./session.js";

export const BUILT_IN = { blur: true, greyscale: true, muted: true, hold_to_reveal: true, break_after_minutes: 50, theme: "system" };

const listeners = new Set();

/** A project's default: `{ value, enforced }`, however short the server says it. */
export function defaultOf(name) {
  const said = session.me?.defaults?.[name];
  if (said !== null && typeof said === "object" && "value" in said) return { value: said.value, enforced: Boolean(said.enforced) };
  return { value: said ?? BUILT_IN[name], enforced: false };
}

/** What holds: `pref("blur")`. */
export function pref(name) {
  if (name === "theme") return storedTheme();
  const { value, enforced } = defaultOf(name);
  const own = session.me?.settings?.[name];
  return own === null || own === undefined || (enforced && session.me.key) ? value : own; // the server drops what loosens
}

/** Save settings of one's own. Someone who uses a key keeps them for the tab. */
export async function savePrefs(changes) {
  if ("theme" in changes) applyTheme(changes.theme);
  if (!session.me) return;
  const merged = { ...session.me.settings, ...changes };
  const settings = session.me.key ? merged : await api.put("/console/api/settings", changes);
  revise({ settings });
}

function storedTheme() {
  try {
    return localStorage.getItem("reseen-theme") ?? "system";
  } catch {
    return document.documentElement.dataset.theme ?? "system";
  }
}

/** Show a theme now, and remember it in this browser: "system", "light" or "dark". */
export function applyTheme(theme) {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  try {
    if (theme === "system") localStorage.removeItem("reseen-theme");
    else localStorage.setItem("reseen-theme", theme);
  } catch {
    // Refused storage: the choice lasts until the page is left.
  }
  listeners.forEach((listener) => listener());
}

/** Whether the page is dark now; re-renders when that changes, for what is drawn on a canvas. */
export function useDark() {
  const [, again] = useReducer((n) => n + 1, 0);
  useLayoutEffect(() => { // not after painting: a change in between would be missed
    const system = matchMedia("(prefers-color-scheme: dark)");
    listeners.add(again);
    system.addEventListener("change", again);
    return () => {
      listeners.delete(again);
      system.removeEventListener("change", again);
    };
  }, []);
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

export const stillPreferred = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
