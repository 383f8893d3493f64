/* What keys and people spent, and what is left. */

import { html } from "../lib/view.js";
import { href, setQuery, usePlace } from "../lib/router.js";
import { useLoaded } from "../lib/loaded.js";
import { dated, duration, percent, whole } from "../lib/words.js";
import { EmptyState, Loading } from "../parts/empty-state.js";
import { Choice } from "../parts/field.js";
import { dayOf, PERIODS, periodOf, seconds, since, Tile } from "../parts/figures.js";
import { Plot } from "../parts/plot.js";
import { ProblemBox } from "../parts/problem.js";
import { Table } from "../parts/table.js";
import { trace } from "../parts/trace.js";

export default function Usage() {
  const days = periodOf(usePlace().query);
  const { value, problem, again } = useLoaded("/v1/usage", { since: since(Number(days)) });
  return html`<div class="page">
    <div class="page-head"><div><h1>Usage</h1><p>Every call of your project, by whom it came from. Days are those of UTC.</p></div>
      <${Choice} label="Period" value=${days} options=${PERIODS} onChange=${(chosen) => setQuery({ days: chosen })} /></div>
    ${problem && html`<${ProblemBox} problem=${problem} onRetry=${again} />`}
    ${value ? html`<${Spent} told=${value} />` : !problem && html`<${Loading} />`}
  </div>`;
}

const rate = (one) => (one.looked ? percent(one.matched / one.looked) : "–");

function Spent({ told }) {
  const { total, stored } = told;
  const x = seconds(told.days);
  const line = (name) => told.days.map((one) => one[name]);
  return html`
    <div class="tiles">
      <${Tile} what="Calls" value=${whole(total.calls)}>${total.failed ? `${whole(total.failed)} of them were answered with an error.` : "None was answered with an error."}<//>
      <${Tile} what="Media looked at" value=${total.media_seconds ? duration(total.media_seconds) : "0 s"}>Films and sounds of pairs, queries and uploads; stills have no length. Media of bulk ingests are not in it.<//>
      <${Tile} what="Matched" value=${rate(total)}>${total.looked ? `${whole(total.matched)} of ${whole(total.looked)} that were looked at.` : "Nothing was looked at."}<//>
      <${Tile} what="Stored references" value=${whole(stored.references)}>In ${whole(stored.banks)} banks, kept uploads included. <a href=${href("/banks")}>Banks</a><//>
    </div>
    <div class="columns two">
      <section class="panel" aria-labelledby="calls"><h2 id="calls">Calls</h2>
        <${Plot} title="Calls a day" kind="bars" x=${x} formatX=${dayOf} format=${whole} series=${[{ label: "calls", values: line("calls") }, { label: "errors", values: line("failed"), colour: "--danger" }]} /></section>
      <section class="panel" aria-labelledby="found"><h2 id="found">Looked at and matched</h2>
        <${Plot} title="Looked at and matched a day" kind="area" x=${x} formatX=${dayOf} format=${whole} series=${[{ label: "looked at", values: line("looked") }, { label: "matched", values: line("matched"), colour: "--target" }]} /></section>
      <section class="panel" aria-labelledby="seen"><h2 id="seen">Media</h2>
        <${Plot} title="Media a day" kind="area" x=${x} formatX=${dayOf} format=${(s) => (s ? duration(s) : "0")} series=${[{ label: "media", values: line("media_seconds") }]} /></section>
      <section class="stack tight" aria-labelledby="uses"><h2 id="uses">By use</h2>
        <${Table} caption="Calls by use" rows=${told.uses} idOf=${(one) => one.use} columns=${[
          { title: "Use", cell: (one) => one.use }, { title: "Calls", number: true, cell: (one) => whole(one.calls) },
          { title: "Errors", number: true, cell: (one) => whole(one.failed) }, { title: "Matched", number: true, cell: rate }]} /></section>
    </div>
    <section class="stack tight" aria-labelledby="callers"><h2 id="callers">By key and person</h2>
      ${told.callers.length ? html`<${Table} caption="Calls by key and person" rows=${told.callers} columns=${[
        { title: "Who", cell: (one) => html`<a href=${trace({ who: one.id })}>${one.name ?? one.id}</a> <span class="tag">${one.kind}</span>` },
        { title: "Role", cell: (one) => one.role ?? "gone" },
        { title: "Calls", number: true, cell: (one) => whole(one.calls) }, { title: "Errors", number: true, cell: (one) => whole(one.failed) },
        { title: "Looked at", number: true, cell: (one) => whole(one.looked) }, { title: "Matched", number: true, cell: rate },
        { title: "Media", number: true, cell: (one) => (one.media_seconds ? duration(one.media_seconds) : "–") },
        { title: "Last day", cell: (one) => dated(one.last_day).split(",")[0] }]} />`
        : html`<div class="panel flush"><${EmptyState} icon="usage" title="Nobody called yet">Calls show up here as they come.<//></div>`}</section>
    <section class="stack tight" aria-labelledby="quotas"><h2 id="quotas">Quotas</h2>
      <${Table} caption="Quotas of this project" rows=${told.quotas} idOf=${(one) => one.name} columns=${[
        { title: "Of", cell: (one) => `${one.name.replaceAll("_", " ")}, each ${one.of}` },
        { title: "Limit", number: true, cell: (one) => (one.limit === null ? "none" : whole(one.limit)) },
        { title: "Used", number: true, cell: (one) => (one.used === null ? "–" : whole(one.used)) },
        { title: "Left", number: true, cell: (one) => (one.left === null ? "–" : whole(one.left)) },
        { title: "Note", cell: (one) => html`<span class="note">${one.note}</span>` }]} /></section>`;
}
