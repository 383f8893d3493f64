/* Short messages at the corner: toast("Saved."), toast("Removed.", { action: "Undo", onAction }).
   They are read out, wait while pointed at or focused, and errors stay until closed. */

import { html, useEffect, useLayoutEffect, useReducer, useRef, classes } from "../lib/view.js";
import { Problem } from "../lib/api.js";

const SHOWN_MS = 6000;
let shown = [];
let told = () => {};
let made = 0;

/** Show it; returns a function that takes it away. */
export function toast(text, { action, onAction, danger = false, stay = danger, ms = SHOWN_MS } = {}) {
  const one = { id: ++made, text, action, onAction, danger, stay, ms };
  shown = [...shown.slice(-3), one];
  told();
  return () => close(one.id);
}

/** Say what went wrong, with what to do next. */
export function toastProblem(problem) {
  if (problem.name === "AbortError") return;
  toast(problem instanceof Problem ? `${problem.message} ${problem.advice}` : String(problem.message ?? problem), { danger: true });
}

function close(id) {
  shown = shown.filter((one) => one.id !== id);
  told();
}

function Toast({ id, text, action, onAction, danger, stay, ms }) {
  const timer = useRef(0);
  const wait = () => !stay && (timer.current = setTimeout(() => close(id), ms));
  const hold = () => clearTimeout(timer.current);
  useEffect(() => {
    wait();
    return hold;
  }, []);
  const act = () => {
    close(id);
    onAction();
  };
  return html`<div class=${classes("toast", danger && "danger")} onMouseEnter=${hold} onMouseLeave=${wait} onFocusIn=${hold}>
    <span class="grow">${text}</span>
    ${action && html`<button type="button" onClick=${act}>${action}</button>`}
    <button type="button" aria-label="Close this message" onClick=${() => close(id)}>✕</button>
  </div>`;
}

/** Once, in the shell. */
export function Toasts() {
  const [, again] = useReducer((n) => n + 1, 0);
  useLayoutEffect(() => {
    told = again;
    return () => { told = () => {}; };
  }, []);
  return html`<div class="toasts" role="status" aria-live="polite">${shown.map((one) => html`<${Toast} key=${one.id} ...${one} />`)}</div>`;
}
