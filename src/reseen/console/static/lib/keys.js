/* What the keyboard does, in one register, which the `?` overlay shows.

   A page says: useKeys("Review", { "j": ["next case", next], "g r": ["go to review", go] }).
   Names are those of KeyboardEvent.key, "shift+", "ctrl+" and "alt+" before them where held; ctrl is
   the command key of a Mac as well. Two with a space between are pressed one after the other. A third
   entry { typing: true } works in text fields, { hold: up } calls `up` on release, { hidden: true }
   is not shown. The latest register wins, and one that is `modal` keeps keys from those before: a dialog does. */

import { useLayoutEffect, useLatest } from "./view.js";

const registers = [];
let before = "";
let forget = 0;
const held = new Map();

export function register(group) {
  registers.push(group);
  return () => registers.splice(registers.indexOf(group), 1);
}

/** Keys for as long as the component is shown. `active` false turns them off. */
export function useKeys(title, bindings, active = true) {
  const latest = useLatest(bindings);
  useLayoutEffect(() => (active ? register({ title, get bindings() { return latest.current; } }) : undefined), [title, active]);
}

/** Everything that works now, for the overlay: [{ title, rows: [{ keys, words }] }]. */
export function known() {
  return registers
    .map((group) => ({
      title: group.title,
      rows: Object.entries(group.bindings)
        .filter(([, [, , options]]) => !options?.hidden)
        .map(([keys, [words]]) => ({ keys, words })),
    }))
    .filter((group) => group.rows.length)
    .reverse();
}

const isText = (element) =>
  element?.isContentEditable || /^(TEXTAREA|SELECT)$/.test(element?.tagName) ||
  (element?.tagName === "INPUT" && !/^(button|checkbox|radio|range|submit|reset|file|color)$/.test(element.type));

/** Keys that an element under the focus uses itself. */
const isTaken = (element, key) => {
  if (key === "Enter" || key === " ") return Boolean(element?.closest?.("button, a[href], summary, label, input, select, [role=button]"));
  if (key.startsWith("Arrow") || key === "Home" || key === "End")
    return Boolean(element?.closest?.("input[type=range], input[type=radio], select, [role=slider], [role=tablist], audio, video"));
  return false;
};

function nameOf(event) {
  const key = event.key.length === 1 ? event.key : event.key;
  const shifted = event.shiftKey && (key.length > 1 || /[a-z]/i.test(key)) ? "shift+" : "";
  const plain = key.length === 1 ? key.toLowerCase() : key;
  return `${event.ctrlKey || event.metaKey ? "ctrl+" : ""}${event.altKey ? "alt+" : ""}${shifted}${plain}`;
}

function find(name) {
  for (const group of [...registers].reverse()) {
    if (group.bindings[name]) return group.bindings[name];
    if (group.modal) return null;
  }
  return null;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.key === "Shift") return;
  const name = nameOf(event);
  const sequence = before && `${before} ${name}`;
  const binding = (sequence && find(sequence)) || find(name);
  clearTimeout(forget);
  before = "";
  if (isText(event.target) && !binding?.[2]?.typing) return;
  if (!binding) {
    before = name.length === 1 ? name : "";
    forget = setTimeout(() => { before = ""; }, 1200);
    return;
  }
  if (isTaken(event.target, event.key) && !binding[2]?.typing) return;
  event.preventDefault();
  if (binding[2]?.hold) {
    if (held.has(event.key)) return;
    held.set(event.key, binding[2].hold);
  } else if (event.repeat && binding[2]?.once) return;
  binding[1](event);
});

function release(key) {
  const up = held.get(key);
  held.delete(key);
  up?.();
}

document.addEventListener("keyup", (event) => release(event.key));
addEventListener("blur", () => [...held.keys()].forEach(release));
