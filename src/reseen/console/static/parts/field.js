/* Labelled inputs. html`<${Field} label="Name" value=${name} onInput=${setName} />` hands the text on;
   `wrong` is what is wrong with it. A select takes `options` [[value, words]], a textarea `rows`. */

import { html, useId } from "../lib/view.js";

export function Field({ label, note, wrong, value, onInput, options, rows, type = "text", ...more }) {
  const id = useId("field");
  const described = [note && `${id}-note`, wrong && `${id}-wrong`].filter(Boolean).join(" ") || undefined;
  const given = {
    id, class: "input", value, ...more,
    "aria-describedby": described, "aria-invalid": wrong ? "true" : undefined,
    [options ? "onChange" : "onInput"]: (event) => onInput(event.target.value),
  };
  return html`<div class="field">
    <label for=${id}>${label}</label>
    ${options
      ? html`<select ...${given}>${options.map(([name, words]) => html`<option value=${name} selected=${name === value}>${words}</option>`)}</select>`
      : rows
        ? html`<textarea rows=${rows} ...${given} />`
        : html`<input type=${type} ...${given} />`}
    ${note && html`<p class="note" id="${id}-note">${note}</p>`}
    ${wrong && html`<p class="wrong" id="${id}-wrong" role="alert">${wrong}</p>`}
  </div>`;
}

export const Check = ({ label, note, checked, onChange, ...more }) => html`
  <label class="check"><input type="checkbox" checked=${checked} onChange=${(e) => onChange(e.target.checked)} ...${more} />
    <span>${label}${note && html`<span class="note">${note}</span>`}</span></label>`;

/** One of a few, side by side: `options` [[value, words]]. Arrow keys move. */
export function Choice({ label, value, options, onChange, disabled }) {
  const move = (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const now = options.findIndex(([name]) => name === value);
    const next = (now + step + options.length) % options.length;
    onChange(options[next][0]);
    event.currentTarget.children[next].focus();
  };
  return html`<div class="choice" role="radiogroup" aria-label=${label} onKeyDown=${move}>
    ${options.map(([name, words]) => html`<button type="button" role="radio" aria-checked=${String(name === value)} disabled=${disabled}
      tabindex=${name === value ? 0 : -1} onClick=${() => onChange(name)}>${words}</button>`)}
  </div>`;
}
