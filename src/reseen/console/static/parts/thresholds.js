/* From which scores on a bank matches, on the scores of past searches: moving a cut shows at once how
   many of them would match. The backtest, a job of the server, tells the same by day with examples. */

import { html, useState } from "../lib/view.js";
import { patch, post } from "../lib/api.js";
import { CONFIDENCES, REGIMES, regimeWords, useAnswer } from "../lib/holdings.js";
import { setQuery } from "../lib/router.js";
import { can } from "../lib/session.js";
import { count, dated, percent, whole } from "../lib/words.js";
import { BacktestResult } from "./backtest-result.js";
import { EmptyState, Loading } from "./empty-state.js";
import { Choice, Field } from "./field.js";
import { JobProgress } from "./job-progress.js";
import { Plot } from "./plot.js";
import { ProblemBox } from "./problem.js";
import { toast, toastProblem } from "./toast.js";

const DAYS = [["7", "7 days"], ["30", "30 days"], ["90", "90 days"]];
const LEAST = 0.01;
const SCALE = Array.from({ length: 101 }, (_, i) => i / 100);

export function Thresholds({ bank, onSaved }) {
  const [days, setDays] = useState("30");
  const { value: past, problem, again } = useAnswer(`/v1/banks/${bank.id}/scores`, { days });
  const [regime, setRegime] = useState(null);
  const [moved, setMoved] = useState({});
  if (problem && !past) return html`<${ProblemBox} problem=${problem} onRetry=${again} />`;
  if (!past) return html`<${Loading} />`;
  const total = (name) => past.regimes[name].counts.reduce((a, b) => a + b, 0);
  const at = regime ?? REGIMES.map(([name]) => name).reduce((a, b) => (total(b) > total(a) ? b : a));
  const held = past.regimes[at].thresholds;
  const cuts = moved[at] ?? held;
  const set = (name, value) => setMoved((now) => ({ ...now, [at]: pushed(cuts, name, value) }));
  const save = (thresholds, words) => patch(`/v1/banks/${bank.id}`, { thresholds }, { idempotent: true }).then((now) => { onSaved(now); setMoved({}); again(); toast(words); }, toastProblem);
  const changed = Object.fromEntries(Object.entries(moved).filter(([name, one]) => CONFIDENCES.some((c) => one[c] !== past.regimes[name].thresholds[c])));
  const dirty = Object.keys(changed).length > 0;
  return html`<section class="stack thresholds" aria-label="Thresholds">
    <div class="row apart"><${Choice} label="What is compared" value=${at} options=${REGIMES.map(([name, words]) => [name, `${words}${total(name) ? ` (${whole(total(name))})` : ""}`])} onChange=${setRegime} />
      <${Choice} label="How far back" value=${days} options=${DAYS} onChange=${setDays} /></div>
    <div class="panel stack">
      <${Figures} counts=${past.regimes[at].counts} cuts=${cuts} held=${held} />
      ${total(at)
        ? html`<${Spread} counts=${past.regimes[at].counts} cuts=${cuts} regime=${at} />`
        : html`<${EmptyState} icon="usage" title="No past score to try this on">No search of ${DAYS.find(([name]) => name === days)[1]} came close to a reference of this bank in this regime. Cuts can be set all the same.<//>`}
      <div class="cuts">${CONFIDENCES.map((name) => html`<${Cut} key=${name} name=${name} value=${cuts[name]} held=${held[name]} onMove=${(value) => set(name, value)} disabled=${!can("manage")} />`)}</div>
      <p class="note">A match is medium or high. Below low nothing is told. ${past.regimes[at].usual ? "These are the usual cuts." : "This bank has cuts of its own here."} ${past.first_at ? `Scores since ${dated(past.first_at)}, of ${count(past.queries, "upload or search", "uploads and searches")}.` : ""}</p>
      ${can("manage") && html`<div class="row">
        <button class="button main" type="button" disabled=${!dirty} onClick=${() => save(changed, "Saved. They hold from the next search on.")}>Save the cuts</button>
        <button class="button" type="button" disabled=${!dirty} onClick=${() => setMoved({})}>Undo</button>
        ${!past.regimes[at].usual && html`<button class="button quiet" type="button" onClick=${() => save({ [at]: null }, "The usual cuts hold again.")}>Back to the usual cuts</button>`}</div>`}
    </div>
    ${can("manage") && html`<${ByDay} bank=${bank} days=${Number(days)} regime=${at} cuts=${cuts} />`}
  </section>`;
}

/** A cut pushes the others before it: they always rise. */
function pushed(cuts, name, value) {
  const now = { ...cuts, [name]: value };
  if (name === "low") now.medium = Math.max(now.medium, value);
  if (name === "high") now.medium = Math.min(now.medium, value);
  now.low = Math.min(now.low, now.medium);
  now.high = Math.max(now.high, now.medium);
  return now;
}

/** The step that a score counts from: what lies exactly on a hundredth belongs to it. */
const stepOf = (cut) => Math.ceil(Number((100 * cut).toFixed(6)));
const from = (counts, cut) => counts.slice(stepOf(cut)).reduce((a, b) => a + b, 0);

function Figures({ counts, cuts, held }) {
  const all = from(counts, 0);
  const [then, now] = [from(counts, cuts.medium), from(counts, held.medium)];
  const said = then === now ? "as now" : `${then > now ? "+" : "−"}${whole(Math.abs(then - now))} against now`;
  const high = from(counts, cuts.high);
  const low = from(counts, cuts.low) - then;
  return html`<div role="status" aria-live="polite"><dl class="row figures">
    <div class="figure"><dt>Would match</dt><dd><span class="would">${whole(then)}</span> <small>of ${whole(all)} · ${all ? percent(then / all) : "none"} · ${said}</small></dd></div>
    <div class="figure"><dt>high</dt><dd>${whole(high)}</dd></div>
    <div class="figure"><dt>medium</dt><dd>${whole(then - high)}</dd></div>
    <div class="figure"><dt>low, no match</dt><dd>${whole(low)}</dd></div>
  </dl></div>`;
}

function Spread({ counts, cuts, regime }) {
  const [low, medium, high] = [cuts.low, cuts.medium, cuts.high].map(stepOf);
  const between = (start, end) => counts.map((n, i) => (i >= start && i < end ? n : null));
  const series = [
    { label: "none", values: between(0, low), colour: "--line-strong" },
    { label: "low", values: between(low, medium), colour: "--muted" },
    { label: "medium", values: between(medium, high), colour: "--target" },
    { label: "high", values: between(high, 101), colour: "--accent" },
  ];
  return html`<${Plot} title=${`Past scores, ${regimeWords(regime).toLowerCase()}`} x=${SCALE} time=${false} kind="bars" height=${180} series=${series} format=${(n) => (Number.isInteger(n) ? whole(n) : "")} formatX=${(x) => x.toFixed(2)} />`;
}

function Cut({ name, value, held, onMove, disabled }) {
  const take = (text) => {
    const given = Number(text);
    if (text !== "" && given >= LEAST && given <= 1) onMove(Math.round(given * 1000) / 1000);
  };
  return html`<div class="cut-row of-${name}">
    <label for=${`cut-${name}`}>${name} from</label>
    <input id=${`cut-${name}`} type="range" min=${LEAST} max="1" step="0.01" value=${value} disabled=${disabled} onInput=${(e) => take(e.target.value)} />
    <input class="input" type="number" aria-label=${`${name} from, as a number`} min=${LEAST} max="1" step="0.01" value=${value} disabled=${disabled} onChange=${(e) => take(e.target.value)} />
    <span class="note">${value === held ? "" : `now ${held}`}</span>
  </div>`;
}

function ByDay({ bank, days, regime, cuts }) {
  const [job, setJob] = useState(null);
  const [done, setDone] = useState(null);
  const begin = async () => {
    setDone(null);
    const since = new Date(Date.now() - days * 86_400_000).toISOString();
    const { low, medium, high } = cuts;
    try {
      setJob(await post("/v1/jobs", { kind: "backtest", bank: bank.id, thresholds: { [regime]: { low, medium, high } }, since }, { idempotent: true }));
    } catch (problem) {
      toastProblem(problem);
    }
  };
  return html`<section class="panel stack" aria-labelledby="by-day">
    <div class="row apart"><div><h2 id="by-day">Day by day, with examples</h2><p class="note">A backtest of these cuts, in all regimes together: which uploads would be gained and which lost.</p></div>
      <button class="button" type="button" onClick=${begin}>Run the backtest</button></div>
    ${job && !done && html`<${JobProgress} key=${job.id} id=${job.id} onOver=${setDone} />`}
    ${done && html`<${BacktestResult} job=${done} onReference=${(id) => setQuery({ tab: null, reference: id })} />`}
  </section>`;
}
