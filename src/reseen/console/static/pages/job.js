/* One job: how far it is, what was asked for, what became of each item. */

import { html, useState } from "../lib/view.js";
import { get, post } from "../lib/api.js";
import { facts } from "../lib/jobs.js";
import { href } from "../lib/router.js";
import { csv, save } from "../lib/saving.js";
import { can } from "../lib/session.js";
import { ago, count, dated } from "../lib/words.js";
import { EmptyState, Loading } from "../parts/empty-state.js";
import { Choice } from "../parts/field.js";
import { Failures, fractionOf, isOver, KIND_WORDS, nameOf, progressWords, STATE_TONES, useJob } from "../parts/job-progress.js";
import { Pager, useList } from "../parts/pager.js";
import { ProblemBox } from "../parts/problem.js";
import { Progress } from "../parts/progress.js";
import { Table } from "../parts/table.js";
import { toastProblem } from "../parts/toast.js";

export default function JobPage({ id }) {
  const { job, problem, set } = useJob(id);
  if (problem && !job) return html`<div class="page"><${ProblemBox} problem=${problem} /></div>`;
  if (!job) return html`<${Loading} />`;
  const over = isOver(job);
  const cancel = () => post(`/v1/jobs/${id}/cancel`, undefined, { idempotent: true }).then(set, toastProblem);
  return html`<div class="page">
    <div class="page-head">
      <div><a class="note back" href=${href("/jobs")}>Jobs</a><h1>${KIND_WORDS[job.kind] ?? job.kind}</h1>
        <p class="row"><span class="tag ${STATE_TONES[job.state]}">${job.state}</span><span title=${dated(job.created_at)}>begun ${ago(job.created_at)}</span>${over && html`<span title=${dated(job.updated_at)}>ended ${ago(job.updated_at)}</span>`}</p></div>
      ${!over && can("manage") && html`<div class="actions"><button class="button danger" type="button" onClick=${cancel}>Cancel the job</button></div>`}
    </div>
    <section class="panel stack tight" aria-label="Progress"><h2>Progress</h2>
      <${Progress} words=${progressWords(job)} fraction=${over ? 1 : fractionOf(job)} />
      ${job.error && html`<p class="wrong">${job.error}</p>`}
      ${over && job.progress.failed > 0 && html`<${Failures} id=${id} />`}
    </section>
    <div class="columns two">
      <${Facts} title="Asked for" said=${job.request} />
      ${job.result && html`<${Facts} title="What came of it" said=${job.result} whole />`}
    </div>
    ${job.progress.total > 0 && html`<${Items} id=${id} over=${over} />`}
  </div>`;
}

function Facts({ title, said, whole = false }) {
  const rows = facts(said);
  return html`<section class="panel stack tight" aria-label=${title}><h2>${title}</h2>
    ${rows.length ? html`<dl class="facts">${rows.map(([name, value]) => html`<dt>${name}</dt><dd class="cut" title=${value}>${value}</dd>`)}</dl>` : html`<p class="muted">Nothing more.</p>`}
    ${whole && html`<details><summary class="note">All of it, as the interface gives it</summary><pre tabindex="0">${JSON.stringify(said, null, 2)}</pre></details>`}
  </section>`;
}

const STATES = [["", "All"], ["failed", "Failed"]];
const TONES = { waiting: "", done: "good", known: "accent", failed: "danger" };
const PAGE = 500;

function Items({ id, over }) {
  const [state, setState] = useState("");
  const [saving, setSaving] = useState(false);
  const list = useList(`/v1/jobs/${id}/items`, { state, limit: 50 });
  const columns = [
    { title: "Item", cell: (item) => html`<span class="cut wide">${nameOf(item)}</span>` },
    { title: "State", cell: (item) => html`<span class="tag ${TONES[item.state]}">${item.state === "known" ? "held already" : item.state}</span>` },
    { title: "What came of it", cell: (item) => (item.error ? html`<span>${item.error.detail}</span>` : html`<code>${item.reference_id ?? ""}</code>`) },
  ];
  const keep = async () => {
    setSaving(true);
    try {
      save(`job-${id}.csv`, csv(["what", "state", "reference", "code", "why"], (await every(id)).map((item) => [nameOf(item), item.state, item.reference_id ?? "", item.error?.code ?? "", item.error?.detail ?? ""])), "text/csv");
    } catch (problem) {
      toastProblem(problem);
    }
    setSaving(false);
  };
  return html`<section class="stack" aria-label="Items">
    <div class="row apart"><h2>Items</h2><div class="row"><button class="button small" type="button" disabled=${saving} onClick=${keep}>${saving ? "Gathering…" : "Save all as CSV"}</button>
      ${!over && html`<button class="button small" type="button" onClick=${list.again}>Look again</button>`}</div></div>
    <${Choice} label="Which items" value=${state} options=${STATES} onChange=${setState} />
    ${list.problem && html`<${ProblemBox} problem=${list.problem} onRetry=${list.again} />`}
    ${list.items.length > 0 && html`<${Table} caption="Items of the job" columns=${columns} rows=${list.items} idOf=${(item) => item.number} />`}
    ${!list.items.length && !list.loading && !list.problem && html`<div class="panel"><${EmptyState} icon="jobs" title=${state ? "No item failed" : "It has no items"} /></div>`}
    ${(list.items.length > 0 || list.loading) && html`<${Pager} list=${list} one="item" />`}
  </section>`;
}

async function every(id) {
  const found = [];
  let cursor = null;
  do {
    const answer = await get(`/v1/jobs/${id}/items`, { query: { limit: PAGE, cursor } });
    found.push(...answer.data);
    cursor = answer.next_cursor ?? null;
  } while (cursor);
  return found;
}
