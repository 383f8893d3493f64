/* Banks and what they hold, in words; and the lists that several pages need. */

import { useEffect, useReducer, useState } from "./view.js";
import { get } from "./api.js";

export const ROLES = [
  ["known", "Known harm", "What matches is harmful."],
  ["recent", "Recent", "What matches was actioned lately."],
  ["allowed", "Allowed", "What matches is cleared, whatever else it matches."],
  ["seen", "Seen", "What matches was uploaded before. It means no harm."],
];
export const REGIMES = [
  ["still", "Picture and picture"],
  ["still_in_sequence", "Picture and film"],
  ["sequence", "Film and film"],
  ["sound", "Sound"],
  ["hash", "Hashes alone"],
];
export const ACTIONS = [["remove", "Remove"], ["review", "Review"], ["pass", "Let pass"]];
export const CONFIDENCES = ["high", "medium", "low"];

const of = (list) => (name) => list.find(([one]) => one === name)?.[1] ?? name;
export const roleWords = of(ROLES);
export const regimeWords = of(REGIMES);
export const actionWords = of(ACTIONS);
export const ROLE_TONES = { known: "danger", recent: "warn", allowed: "good", seen: "" };
export const ACTION_TONES = { remove: "danger", review: "warn", pass: "" };

/** What a bank asks for, in a few words. */
export function asks({ role, policy, enabled }) {
  if (!enabled) return "Nothing: it is off.";
  if (role === "allowed") return "Clears the upload.";
  if (role === "seen") return "Joins what was uploaded before.";
  const said = CONFIDENCES.map((name) => `${name}: ${actionWords(policy[name]).toLowerCase()}`).join(", ");
  return `${said[0].toUpperCase()}${said.slice(1)}.`;
}

/** For good, as people mean it: an instant that nobody waits for. */
const NEVER = "9000-01-01T00:00:00Z";
export const forGood = () => NEVER;
const isNever = (moment) => new Date(moment).getUTCFullYear() >= 9000;

/** How a reference stands: { words, tone, off }. `until` where it ends by itself. */
export function standing({ disabled_until: off, expires_at: end, searchable }, now = Date.now()) {
  if (end && new Date(end) <= now) return { words: "expired", tone: "", off: true };
  if (off && new Date(off) > now) return isNever(off) ? { words: "disabled", tone: "warn", off: true } : { words: "disabled until", until: off, tone: "warn", off: true };
  if (searchable === false) return { words: "being indexed", tone: "accent", off: false };
  return end ? { words: "expires", until: end, tone: "good", off: false } : { words: "active", tone: "good", off: false };
}

/** "a, b" as labels. */
export const labelsIn = (text) => [...new Set(text.split(",").map((one) => one.trim()).filter(Boolean))];

/** An answer that is read whole: { value, problem, loading, again() }. It stays while it is read anew. */
export function useAnswer(path, query) {
  const [state, setState] = useState({ value: null, problem: null, loading: true });
  const [turn, again] = useReducer((n) => n + 1, 0);
  const asked = JSON.stringify([path, query]);
  useEffect(() => {
    if (!path) return undefined;
    const ending = new AbortController();
    setState((now) => ({ value: now.asked === asked ? now.value : null, problem: null, loading: true, asked }));
    get(path, { query, signal: ending.signal }).then(
      (value) => setState({ value, problem: null, loading: false, asked }),
      (problem) => problem.name === "AbortError" || setState((now) => ({ ...now, problem, loading: false })),
    );
    return () => ending.abort();
  }, [asked, turn]);
  return { ...state, again, set: (value) => setState((now) => ({ ...now, value })) };
}

/** Every bank of the project. */
export const useBanks = () => useAnswer("/v1/banks", { limit: 1000 });

/** Run now and every so many seconds, for as long as `active`. */
export function useEvery(seconds, work, active = true) {
  useEffect(() => {
    if (!active) return undefined;
    const timer = setInterval(() => document.hidden || work(), 1000 * seconds);
    return () => clearInterval(timer);
  });
}

/** The present, or a later time, as <input type=datetime-local> has it, and back. */
export const asLocal = (moment) => {
  const at = new Date(moment);
  return new Date(at - 60000 * at.getTimezoneOffset()).toISOString().slice(0, 16);
};
export const fromLocal = (text) => new Date(text).toISOString();
