/* A version tried on the past: a job of the server, and what came of it as numbers and as a plot. */

import { html, useState } from "../lib/view.js";
import { post } from "../lib/api.js";
import { ACTION_TONES, ACTIONS, actionWords, useAnswer } from "../lib/holdings.js";
import { can } from "../lib/session.js";
import { count, dated, whole } from "../lib/words.js";
import { EmptyState } from "./empty-state.js";
import { Explain } from "./explain.js";
import { Choice } from "./field.js";
import { JobProgress } from "./job-progress.js";
import { Plot } from "./plot.js";
import { Table } from "./table.js";
import { toastProblem } from "./toast.js";

const DAYS = [["7", "7 days"], ["30", "30 days"], ["90", "90 days"], ["366", "A year"]];
const AGAINST = [
  ["live", "What was live", "before", "What going live changes: each upload ruled on by what was live when it was tried, and by this version."],
  ["answered", "Answered", "answered", "What the uploads were answered when they came."],
  ["decided", "Decided", "decided", "What people decided, of the uploads that a decision covers. What they let pass and this would remove would be a mistake."],
];

export function PolicyTrial({ policy, onTried }) {
  const [days, setDays] = useState("30");
  const [job, setJob] = useState(null);
  const { value: last } = useAnswer(policy.backtest_id && `/v1/jobs/${policy.backtest_id}`);
  const [done, setDone] = useState(null);
  const begin = async () => {
    setDone(null);
    try {
      setJob(await post(`/v1/policies/${policy.id}/backtest`, { since_days: Number(days) }, { idempotent: true }));
    } catch (problem) {
      toastProblem(problem);
    }
  };
  const over = (one) => { setDone(one); setJob(null); onTried(); };
  const shown = done ?? last;
  return html`<section class="panel stack" aria-labelledby="trial">
    <div class="row apart"><div><h2 id="trial">Tried on the past</h2><p class="note">Every upload of these days is ruled on again, as if this version were live${policy.dry_run ? " and acted" : ""}. Nothing is done.</p></div>
      ${can("manage") && html`<div class="row"><${Choice} label="How far back" value=${days} options=${DAYS} onChange=${setDays} disabled=${Boolean(job)} /><button class="button" type="button" disabled=${Boolean(job)} onClick=${begin}>Run the backtest</button></div>`}</div>
    ${job ? html`<${JobProgress} key=${job.id} id=${job.id} onOver=${over} />` : shown ? html`<${Outcome} key=${shown.id} job=${shown} />`
      : html`<p class="muted">${policy.backtest_id ? "Its last backtest is not kept any more." : "Not tried yet. It has to be before it goes live, unless you say why not."}</p>`}
  </section>`;
}

function Outcome({ job }) {
  const [against, setAgainst] = useState("live");
  if (!job.result) return html`<p class="wrong">${job.error ?? `The job is ${job.state}.`}</p>`;
  const { uploads, searches, since } = job.result;
  if (!uploads.total && !sum(searches.before)) return html`<${EmptyState} icon="usage" title="Nothing to try it on">Nothing was uploaded since ${dated(since)}. Try it further back.<//>`;
  const [, , words, note] = AGAINST.find(([name]) => name === against);
  return html`<div class="stack outcome">
    <p class="note">${count(uploads.total, "upload")} since ${dated(since)}${uploads.not_replayed ? `, ${whole(uploads.not_replayed)} of them not tried: they matched a bank that is gone` : ""}.</p>
    <${Choice} label="Held against" value=${against} options=${AGAINST.map(([name, title]) => [name, title])} onChange=${setAgainst} />
    <p class="note">${note}</p>
    <${Comparison} key=${against} said=${uploads[against]} words=${words} policy=${job.result.policy} />
    ${sum(searches.before) > 0 && html`<details><summary>Of searches, by their scores alone: ${searches.changes.length ? searches.changes.map(changeWords).join(", ") : "nothing changes"}</summary><p class="note">An estimate of ${count(sum(searches.before), "search", "searches")}: overlap, rollout and allowed banks are not looked at.</p></details>`}
  </div>`;
}

const sum = (counts) => Object.values(counts ?? {}).reduce((a, b) => a + b, 0);
const changeWords = ({ before, after, count: n }) => `${whole(n)} from ${before} to ${after}`;

function Comparison({ said, words, policy }) {
  const [explained, setExplained] = useState(null);
  if (!sum(said.before)) return html`<p class="muted">No upload of this time ${words === "decided" ? "was decided" : "can be compared"}.</p>`;
  const moved = said.changes.reduce((n, one) => n + one.count, 0);
  const shown = ["remove", "review"];
  const x = [0, 1, 2, 3];
  const [before, after] = [said.before, said.after];
  const series = [
    { label: words, values: [before.remove, null, before.review, null], colour: "--muted" },
    { label: "with this version", values: [null, after.remove, null, after.review], colour: "--accent" },
  ];
  return html`<div class="stack">
    <dl class="row figures">${ACTIONS.map(([action]) => html`<div class="figure" key=${action}><dt>${actionWords(action)}</dt><dd>${whole(after[action])} <small>${differs(after[action] - before[action])}${words} ${whole(before[action])}</small></dd></div>`)}</dl>
    ${shown.some((action) => before[action] || after[action]) && html`<${Plot} title="Removed and reviewed" x=${x} time=${false} kind="bars" height=${200} series=${series} format=${(n) => (Number.isInteger(n) ? whole(n) : "")} formatX=${(at) => ["remove\nbefore", "remove\nafter", "review\nbefore", "review\nafter"][at] ?? ""} />`}
    ${moved ? html`<div class="stack tight versions"><h3>${count(moved, "upload")} would be answered otherwise</h3><${Table} caption="What changes" rows=${said.changes} idOf=${(row) => `${row.before}-${row.after}`} columns=${[
        { title: "Change", cell: (row) => html`<span class="row"><span class="tag ${ACTION_TONES[row.before]}">${row.before}</span><span aria-hidden="true">→</span><span class="only-read">to</span><span class="tag ${ACTION_TONES[row.after]}">${row.after}</span></span>` },
        { title: "Uploads", number: true, cell: (row) => html`${whole(row.count)}<span class="at-small"> ${row.count === 1 ? "upload" : "uploads"}</span>` },
        { title: "Such as", cell: (row) => html`<span class="examples">${row.examples.slice(0, 5).map((id) => html`<button class="as-link mono" type="button" onClick=${() => setExplained(id)}>${id}</button>`)}</span>` }]} /></div>`
      : html`<p><strong>No upload would be answered otherwise.</strong></p>`}
    ${explained && html`<${Explain} policy=${policy} upload=${explained} onClose=${() => setExplained(null)} />`}
  </div>`;
}

const differs = (n) => (n ? `${n > 0 ? "+" : "−"}${whole(Math.abs(n))} · ` : "");
