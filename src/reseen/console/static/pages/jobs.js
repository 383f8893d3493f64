/* Jobs: long work, how far it is and what came of it. */

import { html } from "../lib/view.js";
import { isAny } from "../lib/jobs.js";
import { useEvery } from "../lib/holdings.js";
import { navigate, href, setQuery, usePlace } from "../lib/router.js";
import { ago, dated } from "../lib/words.js";
import { EmptyState } from "../parts/empty-state.js";
import { Choice } from "../parts/field.js";
import { fractionOf, isOver, KIND_WORDS, progressWords, STATE_TONES } from "../parts/job-progress.js";
import { Pager, useList } from "../parts/pager.js";
import { ProblemBox } from "../parts/problem.js";
import { Table } from "../parts/table.js";

const STATES = [["", "All"], ["queued", "Waiting"], ["running", "At work"], ["done", "Done"], ["failed", "Failed"], ["cancelled", "Cancelled"]];
const EVERY_S = 2;

export default function Jobs() {
  const { query } = usePlace();
  const state = query.get("state") ?? "";
  const list = useList("/v1/jobs", { state, limit: 50 });
  useEvery(EVERY_S, list.again, list.items.length <= 50 && list.items.some((job) => !isOver(job)));
  const columns = [
    { title: "Job", cell: (job) => html`<a href=${href(`/jobs/${job.id}`)}>${KIND_WORDS[job.kind] ?? job.kind}</a>` },
    { title: "State", cell: (job) => html`<span class="tag ${STATE_TONES[job.state]}">${job.state}</span>` },
    { title: "How far", cell: (job) => html`<${Far} job=${job} />` },
    { title: "Begun", cell: (job) => html`<span class="nowrap muted" title=${dated(job.created_at)}>${ago(job.created_at)}</span>` },
  ];
  return html`<div class="page">
    <div class="page-head"><div><h1>Jobs</h1><p>Long work goes on when this page is closed, and after a restart.</p></div></div>
    <${Choice} label="Which jobs" value=${state} options=${STATES} onChange=${(name) => setQuery({ state: name || null })} />
    ${list.problem && html`<${ProblemBox} problem=${list.problem} onRetry=${list.again} />`}
    ${list.items.length > 0 && html`<${Table} caption="Jobs" columns=${columns} rows=${list.items} onOpen=${({ id }) => navigate(`/jobs/${id}`)} />`}
    ${isAny(list) === false && html`<div class="panel">${state
      ? html`<${EmptyState} icon="jobs" title="No job is in this state" actions=${html`<button class="button" type="button" onClick=${() => setQuery({ state: null })}>Show all</button>`} />`
      : html`<${EmptyState} icon="jobs" title="No long work yet" actions=${html`<a class="button" href=${href("/banks")}>Go to the banks</a>`}>Lists of addresses or hashes, backtests and matching anew what was kept run as jobs.<//>`}</div>`}
    ${(list.items.length > 0 || list.loading) && html`<${Pager} list=${list} one="job" />`}
  </div>`;
}

function Far({ job }) {
  const fraction = isOver(job) ? null : fractionOf(job);
  return html`<span class="stack tight">${progressWords(job)}${fraction !== null && html`<span class="bar-of" aria-hidden="true"><span style=${{ width: `${100 * fraction}%` }}></span></span>`}</span>`;
}
