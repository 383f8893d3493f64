/* The card of pages before sign-in, and a form on it: fields, one button, what went wrong. */

import { html, useEffect, useRef, useState } from "../lib/view.js";
import { Mark } from "./icon.js";
import { ProblemBox } from "./problem.js";

export function Door({ title, lead, children }) {
  const heading = useRef();
  useEffect(() => {
    if (!document.activeElement || document.activeElement === document.body) heading.current.focus();
  }, []);
  return html`<main class="door-card" id="main">
    <div class="brand"><${Mark} /><span>reseen</span></div>
    <div><h1 tabindex="-1" ref=${heading}>${title}</h1>${lead && html`<p class="muted">${lead}</p>`}</div>
    ${children}
  </main>`;
}

/** `onSubmit` may throw a problem, which is shown; `words` is the verb of the button. */
export function DoorForm({ words, onSubmit, children }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await onSubmit();
    } catch (thrown) {
      if (thrown.name !== "AbortError") setProblem(thrown);
      setBusy(false);
    }
  };
  return html`<form class="stack" onSubmit=${submit}>
    ${children}
    ${problem && html`<${ProblemBox} problem=${problem} />`}
    <button class="button main" type="submit" disabled=${busy}>${busy && html`<span class="spinner" aria-hidden="true"></span>`}${words}</button>
  </form>`;
}
