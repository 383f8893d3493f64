/* A reference: what is known of it, what is said of it, and whether it may match. */

import { html, useState } from "../lib/view.js";
import { patch, post, remove } from "../lib/api.js";
import { asLocal, forGood, fromLocal, labelsIn, standing, useAnswer, useBanks } from "../lib/holdings.js";
import { href } from "../lib/router.js";
import { can } from "../lib/session.js";
import { ago, clock, dated } from "../lib/words.js";
import { ask } from "./dialog.js";
import { Loading } from "./empty-state.js";
import { Field } from "./field.js";
import { Icon } from "./icon.js";
import { KeptPictures } from "./kept-pictures.js";
import { JobProgress } from "./job-progress.js";
import { ProblemBox } from "./problem.js";
import { toast, toastProblem } from "./toast.js";

const MONTH_S = 30 * 86_400;

export function ReferenceCard({ id, onChanged, onGone }) {
  const { value: one, problem, again, set } = useAnswer(`/v1/references/${id}`);
  if (problem && !one) return html`<${ProblemBox} problem=${problem} onRetry=${again} />`;
  if (!one) return html`<${Loading} />`;
  const now = standing(one);
  const took = (words) => (changed) => { set(changed); onChanged?.(); toast(words); };
  const change = (body, words) => patch(`/v1/references/${id}`, body, { idempotent: true }).then(took(words), toastProblem);
  const gone = async () => {
    if (!(await ask({ title: "Delete this reference?", text: `No search that begins from now on finds ${one.name}. To have it back it must be added again; disabling it can be undone.`, yes: "Delete the reference", danger: true }))) return;
    remove(`/v1/references/${id}`, { idempotent: true }).then(() => { toast("The reference was deleted."); onGone?.(); }, toastProblem);
  };
  return html`<div class="stack reference">
    <p class="row"><strong class="cut wide">${one.name}</strong><span class="tag ${now.tone}">${now.words}${now.until ? ` ${dated(now.until)}` : ""}</span></p>
    <div class="columns two">
      <dl class="facts">
        <dt>Id</dt><dd><code>${one.id}</code></dd>
        <dt>Bank</dt><dd><a href=${href(`/banks/${one.bank_id}`)}>${one.bank}</a></dd>
        <dt>Kind</dt><dd>${one.media_type ?? "hashes alone"}${one.duration ? `, ${clock(one.duration)}` : ""}</dd>
        <dt>Added</dt><dd>${dated(one.created_at)}, ${ago(one.created_at)}</dd>
        ${one.expires_at && html`<dt>Expires</dt><dd>${dated(one.expires_at)}</dd>`}
        ${Object.entries(one.hashes ?? {}).map(([kind, code]) => html`<dt>${kind}</dt><dd><code class="digits">${code}</code></dd>`)}
      </dl>
      <div><h3>Where it comes from</h3><${Provenance} said=${one.provenance} /></div>
    </div>
    ${one.provenance?.cluster_id && can("review") && html`<${KeptPictures} clusterId=${one.provenance.cluster_id} medium=${one.media_type} />`}
    ${can("manage") && html`<${Said} key=${`${one.labels}${one.note}`} one=${one} onSave=${(body) => change(body, "Saved.")} />
      <${Able} one=${one} now=${now} onChange=${change} />
      <${More} one=${one} />
      <div class="dialog-foot"><button class="button danger" type="button" onClick=${gone}><${Icon} name="trash" />Delete</button></div>`}
  </div>`;
}

function Provenance({ said }) {
  const rows = Object.entries(said ?? {});
  if (!rows.length) return html`<p class="note">Nobody said.</p>`;
  const shown = (name, value) => (name === "cluster_id" ? html`<a href=${href(`/clusters/${value}`)}>${value}</a>` : typeof value === "object" ? html`<code>${JSON.stringify(value)}</code>` : String(value));
  return html`<dl class="facts">${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${shown(name, value)}</dd>`)}</dl>`;
}

function Said({ one, onSave }) {
  const [labels, setLabels] = useState(one.labels.join(", "));
  const [note, setNote] = useState(one.note);
  const { value } = useBanks();
  const [bank, setBank] = useState(one.bank_id);
  const body = { labels: labelsIn(labels), note, ...(bank === one.bank_id ? {} : { bank }) };
  const same = labels === one.labels.join(", ") && note === one.note && bank === one.bank_id;
  return html`<form class="stack tight" onSubmit=${(event) => { event.preventDefault(); onSave(body); }}>
    <div class="columns two"><${Field} label="Labels" note="With commas between." value=${labels} onInput=${setLabels} />
      <${Field} label="In the bank" value=${bank} options=${(value?.data ?? [{ id: one.bank_id, name: one.bank }]).map(({ id, name }) => [id, name])} onInput=${setBank} /></div>
    <${Field} label="Note" rows=${2} value=${note} onInput=${setNote} />
    <div class="row"><button class="button" type="submit" disabled=${same}>Save what is said of it</button></div>
  </form>`;
}

function Able({ one, now, onChange }) {
  const [until, setUntil] = useState(asLocal(Date.now() + 86_400_000));
  const late = until && new Date(until) <= new Date();
  const off = now.words.startsWith("disabled");
  return html`<section class="row able" aria-label="Whether it may match">
    ${off
      ? html`<button class="button" type="button" onClick=${() => onChange({ disabled_until: null }, "It may match again, from the next search on.")}>Enable</button>`
      : html`<button class="button" type="button" onClick=${() => onChange({ disabled_until: forGood() }, "Disabled. No search finds it from now on.")}>Disable</button>
        <${Field} label="or until" type="datetime-local" value=${until} wrong=${late && "It lies behind."} onInput=${setUntil} />
        <button class="button" type="button" disabled=${!until || late} onClick=${() => onChange({ disabled_until: fromLocal(until) }, `Disabled until ${dated(until)}.`)}>Disable until then</button>`}
  </section>`;
}

function More({ one }) {
  const [job, setJob] = useState(null);
  const look = () => post("/v1/jobs", { kind: "retroactive_match", reference_id: one.id, window_s: MONTH_S }, { idempotent: true }).then(setJob, toastProblem);
  if (job) return html`<${JobProgress} id=${job.id} />`;
  return html`<div class="row"><button class="button" type="button" onClick=${look}>Hold the kept uploads of 30 days against it</button></div>`;
}
