/* Something that is shown once: a secret or a link, with what to do with it. */

import { html } from "../lib/view.js";
import { Copy } from "./copy.js";
import { Dialog } from "./dialog.js";

export const Secret = ({ title, label, text, onClose, children }) => html`<${Dialog} title=${title} onClose=${onClose}>
  <p>${children}</p>
  <${Copy} text=${text} label=${label} />
  <p class="note">It is shown this once, and kept nowhere.</p>
  <div class="dialog-foot"><button class="button main" type="button" onClick=${onClose}>I have kept it</button></div>
<//>`;
