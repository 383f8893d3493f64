/* What a backtest of thresholds told: days now and as proposed, and which uploads change sides. */

import { html } from "../lib/view.js";
import { regimeWords } from "../lib/holdings.js";
import { count, dated, whole } from "../lib/words.js";
import { EmptyState } from "./empty-state.js";
import { Plot } from "./plot.js";
import { Table } from "./table.js";

const matching = (counts) => (counts.high ?? 0) + (counts.medium ?? 0);

export function BacktestResult({ job, onReference }) {
  if (!job.result) return html`<p class="wrong">${job.error ?? `The job was ${job.state}.`}</p>`;
  const { days, gained, lost, gained_examples: more, lost_examples: fewer } = job.result;
  if (!days.length) return html`<${EmptyState} icon="usage" title="Nothing to tell">No past search of this time has a score in this bank.<//>`;
  const x = days.map(({ date }) => Date.parse(`${date}T00:00:00Z`) / 1000);
  const series = [
    { label: "now", values: days.map(({ present }) => matching(present)), colour: "--muted" },
    { label: "as proposed", values: days.map(({ proposed }) => matching(proposed)), colour: "--accent" },
  ];
  const now = series[0].values.reduce((a, b) => a + b, 0);
  return html`<div class="stack backtest">
    <p><strong>${whole(gained)} gained, ${whole(lost)} lost</strong>, where ${count(now, "match", "matches")} ${now === 1 ? "was" : "were"} found.</p>
    <${Plot} title="Matches a day" x=${x} series=${series} height=${160} kind=${days.length > 2 ? "line" : "bars"} format=${(n) => (Number.isInteger(n) ? whole(n) : "")} formatX=${(at) => new Date(1000 * at).toISOString().slice(0, 10)} />
    ${[["Gained", more], ["Lost", fewer]].map(([title, rows]) => rows.length > 0 && html`<${Examples} title=${title} rows=${rows} onReference=${onReference} />`)}
  </div>`;
}

function Examples({ title, rows, onReference }) {
  const columns = [
    { title: "Score", number: true, cell: ({ score }) => score.toFixed(2) },
    { title: "Compared", cell: ({ regime }) => regimeWords(regime) },
    { title: "Reference", cell: ({ reference_id: id }) => (onReference ? html`<button class="as-link" type="button" onClick=${() => onReference(id)}>${id}</button>` : html`<code>${id}</code>`) },
    { title: "Upload, SHA-256", cell: ({ query_sha256: sha }) => html`<code class="cut" title=${sha}>${sha.slice(0, 16)}…</code>` },
    { title: "At", cell: ({ at }) => html`<span class="nowrap">${dated(at)}</span>` },
  ];
  return html`<section class="stack tight" aria-label=${title}><h3>${title}: the surest ${rows.length}</h3><${Table} caption=${title} columns=${columns} rows=${rows} idOf=${(row) => `${row.query_sha256}${row.at}`} /></section>`;
}
