/* One sitting at the queue: what was looked at, what was decided, for how long, and when a break is
   due. It lives in the tab, so that a reload goes on with it. Pauses of five minutes are no work. */

import { useEffect, useReducer } from "./view.js";
import { pref } from "./prefs.js";

const KEY = "reseen-shift";
const IDLE_MS = 5 * 60_000;
const TICK_MS = 15_000;
export const SNOOZE_MINUTES = 10;

const listeners = new Set();
const shift = read();
let touched = Date.now();

function read() {
  const none = { looked: [], decided: 0, workedMs: 0, sinceBreakMs: 0, snoozedUntilMs: 0 };
  try {
    return { ...none, ...JSON.parse(sessionStorage.getItem(KEY) ?? "{}") };
  } catch {
    return none;
  }
}

function tell() {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(shift));
  } catch {
    // Refused storage: it lasts until the page is left.
  }
  listeners.forEach((listener) => listener());
}

export function looked(id) {
  if (shift.looked.includes(id)) return;
  shift.looked.push(id);
  tell();
}

export function decided(n = 1) {
  shift.decided = Math.max(0, shift.decided + n);
  tell();
}

export function rested() {
  Object.assign(shift, { sinceBreakMs: 0, snoozedUntilMs: 0 });
  tell();
}

export function snooze() {
  shift.snoozedUntilMs = shift.sinceBreakMs + SNOOZE_MINUTES * 60_000;
  tell();
}

export const isBreakDue = () => {
  const minutes = pref("break_after_minutes");
  return Boolean(minutes) && shift.sinceBreakMs >= minutes * 60_000 && shift.sinceBreakMs >= shift.snoozedUntilMs;
};

/** Work that was done while nobody counted, as the clock of a laptop that slept. */
export function worked(ms) {
  shift.workedMs += ms;
  shift.sinceBreakMs += ms;
  tell();
}

/** The sitting, counted for as long as a page of review is shown. */
export function useShift() {
  const [, again] = useReducer((n) => n + 1, 0);
  useEffect(() => {
    let last = Date.now();
    const touch = () => { touched = Date.now(); };
    const timer = setInterval(() => {
      const now = Date.now();
      if (document.visibilityState === "visible" && now - touched < IDLE_MS) worked(Math.min(now - last, 2 * TICK_MS));
      last = now;
    }, TICK_MS);
    listeners.add(again);
    for (const kind of ["keydown", "pointermove", "pointerdown"]) addEventListener(kind, touch, { passive: true });
    return () => {
      clearInterval(timer);
      listeners.delete(again);
      for (const kind of ["keydown", "pointermove", "pointerdown"]) removeEventListener(kind, touch);
    };
  }, []);
  return shift;
}
