/* A job as it goes on: how far it is, what failed and what to do about it, and how to stop it.

   html`<${JobProgress} id=${job.id} onOver=${(job) => ...} />` asks every second until it is over. */

import { html, useEffect, useLatest, useState } from "../lib/view.js";
import { get, post, Problem } from "../lib/api.js";
import { save, csv } from "../lib/saving.js";
import { href } from "../lib/router.js";
import { can } from "../lib/session.js";
import { count } from "../lib/words.js";
import { ProblemBox } from "./problem.js";
import { Progress } from "./progress.js";
import { toastProblem } from "./toast.js";

const EVERY_MS = 1000;
export const isOver = ({ state }) => !["queued", "running"].includes(state);

/** The job, asked for again until it is over: { job, problem, set }. */
export function useJob(id, onOver) {
  const [state, setState] = useState({ job: null, problem: null });
  const latest = useLatest(onOver);
  useEffect(() => {
    if (!id) return undefined;
    const ending = new AbortController();
    let timer;
    const ask = async () => {
      try {
        const job = await get(`/v1/jobs/${id}`, { signal: ending.signal });
        setState({ job, problem: null });
        if (isOver(job)) return latest.current?.(job);
      } catch (problem) {
        if (problem.name === "AbortError") return undefined;
        setState((now) => ({ ...now, problem }));
        if (problem.status === 404) return undefined;
      }
      timer = setTimeout(ask, EVERY_MS);
      return undefined;
    };
    setState({ job: null, problem: null });
    ask();
    return () => { ending.abort(); clearTimeout(timer); };
  }, [id]);
  return { ...state, set: (job) => setState({ job, problem: null }) };
}

export const KIND_WORDS = {
  ingest: "Ingest", reingest: "Fingerprints anew", retroactive_match: "Kept uploads against references",
  backtest: "Backtest of thresholds", upload: "Upload", policy_backtest: "Backtest of a policy",
};
export const STATE_TONES = { queued: "", running: "accent", done: "good", cancelled: "warn", failed: "danger" };

/** Its progress in words: what most people want to know in one line. */
export function progressWords({ kind, state, progress }) {
  const { total, done, known, failed, waiting } = progress;
  if (!total) return state === "queued" ? "Waits for its turn" : state === "running" ? "At work" : state;
  const parts = [kind === "ingest" ? `${done} added` : `${done} done`, known && `${known} held already`, failed && `${failed} failed`, waiting && `${waiting} to go`];
  return `${count(total, "item")}: ${parts.filter(Boolean).join(", ")}`;
}

export const fractionOf = ({ state, progress: { total, waiting } }) => (!total ? (state === "done" ? 1 : null) : (total - waiting) / total);

export function JobProgress({ id, onOver, link = true }) {
  const { job, problem, set } = useJob(id, onOver);
  const cancel = () => post(`/v1/jobs/${id}/cancel`, undefined, { idempotent: true }).then(set, toastProblem);
  if (problem && !job) return html`<${ProblemBox} problem=${problem} />`;
  if (!job) return html`<${Progress} words="Asking how far it is…" />`;
  const over = isOver(job);
  return html`<div class="stack tight job">
    <${Progress} words=${over && job.state !== "done" ? `${job.state}. ${progressWords(job)}` : progressWords(job)} fraction=${over ? 1 : fractionOf(job)}>
      <span class="row">${link && html`<a class="note" href=${href(`/jobs/${id}`)}>Open the job</a>`}
      ${!over && can("manage") && html`<button class="button small" type="button" onClick=${cancel}>Cancel</button>`}</span><//>
    ${job.error && html`<p class="wrong">${job.error}</p>`}
    ${job.progress.failed > 0 && over && html`<${Failures} id=${id} />`}
  </div>`;
}

/** What failed, why, and how to mend it. */
export function Failures({ id }) {
  const [items, setItems] = useState(null);
  useEffect(() => {
    let gone = false;
    get(`/v1/jobs/${id}/items`, { query: { state: "failed", limit: 200 } }).then(({ data }) => gone || setItems(data), () => {});
    return () => { gone = true; };
  }, [id]);
  if (!items) return null;
  const rows = items.map((item) => ({ name: nameOf(item), problem: new Problem(item.error ?? {}, 0) }));
  return html`<${Mending} rows=${rows} name=${`job-${id}-failed.csv`} />`;
}

/** How an item was given. */
export const nameOf = ({ given, number }) => given.name || given.url || given.path || Object.entries(given.hashes ?? {}).map(([kind, code]) => `${kind}:${code}`)[0] || `item ${number}`;

/** Rows [{ name, problem }], with what to do; and as a file, for whoever mends many. */
export function Mending({ rows, name }) {
  const keep = () => save(name, csv(["what", "code", "why", "how to mend it"], rows.map(({ name: what, problem }) => [what, problem.code, problem.message, problem.advice])), "text/csv");
  return html`<div class="mending" role="group" aria-label="What failed">
    <div class="row apart"><h3>${count(rows.length, "item")} failed</h3><button class="button small" type="button" onClick=${keep}>Save as CSV</button></div>
    <ul class="failures">${rows.slice(0, 200).map(({ name: what, problem }) => html`<li><strong class="cut">${what}</strong><span>${problem.message}</span><span class="note">${problem.advice}</span></li>`)}</ul>
  </div>`;
}
