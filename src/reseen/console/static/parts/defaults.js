/* What the console does for everybody of the project until they say otherwise, and what they cannot
   loosen. For owners and admins. */

import { html, useState } from "../lib/view.js";
import { put } from "../lib/api.js";
import { defaultOf } from "../lib/prefs.js";
import { revise } from "../lib/session.js";
import { Check, Field } from "./field.js";
import { Trace } from "./trace.js";
import { toast, toastProblem } from "./toast.js";

const FLAGS = [["blur", "Blur media"], ["greyscale", "Without colour"], ["muted", "Without sound"], ["hold_to_reveal", "Reveal while held"]];
const THEMES = [["system", "As the system"], ["light", "Light"], ["dark", "Dark"]];

export function Defaults({ me, breaks }) {
  const [busy, setBusy] = useState(false);
  const save = async (name, change) => {
    if (busy) return;
    setBusy(true);
    const { value, enforced } = { ...defaultOf(name), ...change };
    const wanted = name === "theme" ? { value } : { value, enforced: enforced && Boolean(value) };
    try {
      revise({ defaults: await put("/console/api/defaults", { [name]: wanted }) });
      toast("Saved for everybody of the project.");
    } catch (problem) {
      revise({ defaults: { ...me.defaults } });
      toastProblem(problem);
    }
    setBusy(false);
  };
  const required = (name, label) => {
    const { value, enforced } = defaultOf(name);
    return html`<${Check} label="Required" aria-label=${`Require: ${label}`} checked=${enforced} disabled=${busy || !value} onChange=${(on) => save(name, { enforced: on })} />`;
  };
  const now = String(defaultOf("break_after_minutes").value);
  const options = breaks.some(([value]) => value === now) ? breaks : [...breaks, [now, `${now} minutes`]];
  return html`<section class="panel stack" aria-labelledby="defaults"><div><h2 id="defaults">For everybody of the project</h2>
      <p class="note">What holds for those who chose nothing of their own. What is required, nobody can loosen; stricter is always fine.</p></div>
    <ul class="plain">${FLAGS.map(([name, label]) => html`<li class="row apart">
      <${Check} label=${label} aria-label=${`By default: ${label}`} checked=${defaultOf(name).value} disabled=${busy} onChange=${(value) => save(name, { value })} />${required(name, label)}</li>`)}
      <li class="row apart ends"><div class="short"><${Field} label="By default, remind of a break after" value=${now} options=${options} disabled=${busy} onInput=${(value) => save("break_after_minutes", { value: Number(value) })} /></div>${required("break_after_minutes", "Breaks")}</li>
      <li><div class="short"><${Field} label="Theme by default" value=${defaultOf("theme").value} options=${THEMES} disabled=${busy} onInput=${(value) => save("theme", { value })} /></div></li></ul>
    <div class="row"><${Trace} subject=${me.project} words="Who changed this" /></div>
  </section>`;
}
