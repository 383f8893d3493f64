/* What a backtest of thresholds told: days now and as proposed, and which uploads change sides. */

import { html, useState } from "../lib/view.js";
import { regimeWords } from "../lib/holdings.js";
import { count, dated, whole } from "../lib/words.js";
import { EmptyState } from "./empty-state.js";
import { Plot } from "./plot.js";
import { Table } from "./table.js";

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const AT_FIRST = 5;
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
    <${Plot} title="Matches a day" x=${x} series=${series} height=${160} kind=${days.length > 2 ? "line" : "bars"} format=${(n) => (Number.isInteger(n) ? whole(n) : "")} formatX=${(at) => DAY.format(new Date(1000 * at))} />
    ${[["Gained", more], ["Lost", fewer]].map(([title, rows]) => rows.length > 0 && html`<${Examples} title=${title} rows=${rows} onReference=${onReference} />`)}
  </div>`;
}

function Examples({ title, rows, onReference }) {
  const [all, setAll] = useState(false);
  const columns = [
    { title: "Score", number: true, cell: ({ score }) => score.toFixed(2) },
    { title: "Compared", cell: ({ regime }) => html`<span class="nowrap">${regimeWords(regime)}</span>` },
    { title: "Reference", cell: ({ reference_id: id }) => (onReference ? html`<button class="as-link" type="button" onClick=${() => onReference(id)}>${id}</button>` : html`<code>${id}</code>`) },
    { title: "Upload, SHA-256", cell: ({ query_sha256: sha }) => html`<code class="cut" title=${sha}>${sha.slice(0, 16)}…</code>` },
    { title: "At", cell: ({ at }) => html`<span class="nowrap">${dated(at)}</span>` },
  ];
  return html`<div class="stack tight"><h3>${title}, the surest first</h3><${Table} caption=${title} columns=${columns} rows=${all ? rows : rows.slice(0, AT_FIRST)} idOf=${(row) => `${row.query_sha256}${row.at}`} />
    ${rows.length > AT_FIRST && !all && html`<div><button class="button small" type="button" onClick=${() => setAll(true)}>Show all ${rows.length}<span class="only-read"> ${title.toLowerCase()}</span></button></div>`}</div>`;
}
