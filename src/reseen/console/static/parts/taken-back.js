/* What became of a decision that was taken back. */

import { html } from "../lib/view.js";
import { href } from "../lib/router.js";
import { became } from "../lib/taking-back.js";
import { can } from "../lib/session.js";
import { Dialog } from "./dialog.js";
import { Icon } from "./icon.js";
import { trace } from "./trace.js";

export function TakenBack({ decision, onClose }) {
  const rows = became(decision.consequences);
  return html`<${Dialog} title="The decision is taken back" onClose=${onClose}>
    <p>The case waits again, as if nobody had decided. The audit keeps both: that it was decided, and that it was undone.</p>
    <ul class="became">${rows.map(({ words, all, reversed, stayed }) => html`
      <li><${Icon} name=${stayed.length ? "alert" : "check"} /><div><b>${reversed} of ${all}</b> ${words} reversed.
        ${[...new Set(stayed)].map((note) => html`<p class="note">Not reversed: ${note}</p>`)}</div></li>`)}
      ${!rows.length && html`<li><${Icon} name="check" /><div>Nothing had followed from it.</div></li>`}
    </ul>
    <div class="dialog-foot">
      ${can("audit") && html`<a class="button quiet" href=${trace({ subject: decision.id })} onClick=${onClose}>Find it in the audit</a>`}
      <button class="button" type="button" onClick=${onClose}>Go on</button>
      <a class="button main" href=${href(`/review/${decision.case_id}`)} onClick=${onClose}>Look at the case again</a>
    </div>
  <//>`;
}
