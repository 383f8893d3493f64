/* Code with a button that copies it. */

import { html, useState } from "../lib/view.js";
import { Icon } from "./icon.js";

export function Copy({ text, label }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await write(text);
    setDone(true);
    setTimeout(() => setDone(false), 2000);
  };
  return html`<div class="copy">
    <pre tabindex="0" role="region" aria-label=${label}>${text}</pre>
    <button class="button small" type="button" aria-label=${`Copy ${label}`} onClick=${copy}><${Icon} name=${done ? "check" : "copy"} />${done ? "Copied" : "Copy"}</button>
    <span class="only-read" role="status">${done ? "Copied" : ""}</span>
  </div>`;
}

/** The clipboard; on plain http from another machine browsers offer the old way only. */
async function write(text) {
  if (navigator.clipboard) {
    try {
      return await navigator.clipboard.writeText(text);
    } catch {
      // Not allowed: the old way may be.
    }
  }
  const area = document.body.appendChild(document.createElement("textarea"));
  area.value = text;
  area.select();
  document.execCommand("copy");
  return area.remove();
}
