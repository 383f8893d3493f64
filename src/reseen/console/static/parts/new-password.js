/* A password that somebody makes up: long is what counts, and seeing it helps. */

import { html, useState } from "../lib/view.js";
import { Problem } from "../lib/api.js";
import { Check, Field } from "./field.js";

export const SHORTEST = 12;

/** Throws the problem that the form shows. */
export function longEnough(password) {
  if (password.length < SHORTEST)
    throw new Problem({ code: "invalid_value", title: "The password is too short", detail: `It has ${password.length} characters and needs at least ${SHORTEST}.` }, 422);
}

export function NewPassword({ label = "Password", value, onInput }) {
  const [seen, setSeen] = useState(false);
  return html`<div class="stack tight">
    <${Field} label=${label} type=${seen ? "text" : "password"} value=${value} onInput=${onInput} autocomplete="new-password" required
      note="At least ${SHORTEST} characters. A few words in a row are easy to remember and hard to guess." />
    <${Check} label="Show it" checked=${seen} onChange=${setSeen} />
  </div>`;
}
