/* Dialogs on the browser's own <dialog>: it traps the focus, closes on Escape and gives the focus back.

   As a component: html`<${Dialog} title="..." onClose=${f}>...<//>` while it is shown.
   As a question: if (await ask({ title, text, yes: "Delete", danger: true })) ...
   Where the answer is written down with a reason: const reason = await askWhy({ title, text, yes }), null for no. */

import { html, render, useEffect, useId, useRef, useState, classes } from "../lib/view.js";
import { register } from "../lib/keys.js";
import { Field } from "./field.js";
import { Icon } from "./icon.js";

export function Dialog({ title, kind, onClose, children }) {
  const ref = useRef();
  const id = useId("dialog");
  useEffect(() => {
    const back = document.activeElement;
    ref.current.showModal();
    const dialog = ref.current;
    const off = register({ title, bindings: {}, get modal() { return dialog.open; } }); // closed before it is gone
    return () => {
      off();
      if (back?.isConnected) back.focus();
    };
  }, []);
  const closed = (event) => event.target === ref.current && onClose();
  return html`<dialog ref=${ref} class=${classes(kind)} aria-labelledby=${id} onClose=${closed} onClick=${(e) => e.target === ref.current && kind === "drawer" && onClose()}>
    ${kind === "drawer"
      ? html`<h2 id=${id} class="only-read">${title}</h2>${children}`
      : html`<div class="dialog-head">
            <h2 id=${id}>${title}</h2>
            <button class="button quiet only-icon" type="button" aria-label="Close" onClick=${onClose}><${Icon} name="close" /></button>
          </div>
          <div class="dialog-body">${children}</div>`}
  </dialog>`;
}

/** Resolves to true or false. `yes` is the verb on the button. */
export const ask = ({ title, text, yes, no = "Cancel", danger = false }) =>
  asked((answer) => html`<${Dialog} title=${title} onClose=${() => answer(false)}>
    <p>${text}</p>
    <div class="dialog-foot">
      <button class="button" type="button" onClick=${() => answer(false)}>${no}</button>
      <button class=${classes("button main", danger && "danger")} type="button" onClick=${() => answer(true)}>${yes}</button>
    </div>
  <//>`);

/** Resolves to the reason, which may be empty, or to null. */
export const askWhy = (said) => asked((answer) => html`<${Why} ...${said} onAnswer=${answer} />`);

const LONGEST_REASON = 1000;

function Why({ title, text, yes, onAnswer }) {
  const [reason, setReason] = useState("");
  const send = (event) => { event.preventDefault(); onAnswer(reason.trim()); };
  return html`<${Dialog} title=${title} onClose=${() => onAnswer(null)}>
    <p>${text}</p>
    <form class="stack tight" onSubmit=${send}>
      <${Field} label="Why" note="Kept in the audit. May be left empty." value=${reason} onInput=${setReason} maxlength=${LONGEST_REASON} autofocus />
      <div class="dialog-foot">
        <button class="button" type="button" onClick=${() => onAnswer(null)}>Cancel</button>
        <button class="button main" type="submit">${yes}</button>
      </div>
    </form>
  <//>`;
}

function asked(question) {
  return new Promise((resolve) => {
    const root = document.body.appendChild(document.createElement("div"));
    const answer = (value) => {
      render(null, root);
      root.remove();
      resolve(value);
    };
    render(question(answer), root);
  });
}
