/* How it stands: what waits, what was found, what it spared. */

import { html } from "../lib/view.js";
import { can } from "../lib/session.js";
import { href, setQuery, usePlace } from "../lib/router.js";
import { useLoaded } from "../lib/loaded.js";
import { count, duration, whole } from "../lib/words.js";
import { Loading } from "../parts/empty-state.js";
import { Choice } from "../parts/field.js";
import { between, dayOf, PERIODS, periodOf, said, seconds, since, Tile } from "../parts/figures.js";
import { Plot } from "../parts/plot.js";
import { ProblemBox } from "../parts/problem.js";

export default function Overview() {
  const days = periodOf(usePlace().query);
  const { value, problem, again } = useLoaded("/v1/usage/review", { since: since(Number(days)) });
  return html`<div class="page overview">
    <div class="page-head"><div><h1>Overview</h1><p>What waits, what was found, and what reviewing copies together spared.</p></div>
      <${Choice} label="Period" value=${days} options=${PERIODS} onChange=${(chosen) => setQuery({ days: chosen })} /></div>
    ${problem && html`<${ProblemBox} problem=${problem} onRetry=${again} />`}
    ${value ? html`<${Figures} told=${value} />` : !problem && html`<${Loading} />`}
  </div>`;
}

function Figures({ told }) {
  const { queue, saved, precision, match_rate: rate } = told;
  const isNew = !rate.of && !queue.cases && !saved.decisions;
  return html`
    ${isNew && html`<${Begin} />`}
    <div class="tiles">
      <${Tile} what="Cases waiting" value=${whole(queue.cases)}>${queue.cases ? `The oldest for ${duration(queue.oldest_s)}, half of them for more than ${duration(queue.median_s)}. ` : "Nothing waits. "}
        ${queue.cases > 0 && html`<a href=${href("/review")}>Review</a>`}<//>
      <${Tile} what="Match rate" value=${said(rate)}>${rate.of ? `${whole(rate.hits)} of ${count(rate.of, "pair, query or upload", "pairs, queries and uploads")} matched.` : "Nothing was looked at in this period."}<//>
      <${Tile} what="Precision from decisions" value=${said(precision)}>${precision.of ? `${whole(precision.hits)} of ${count(precision.of, "match", "matches")} that people reviewed ${precision.of === 1 ? "was" : "were"} harmful; ${between(precision)}.` : "No match was reviewed in this period."}<//>
      <${Tile} what="Looks spared by clustering" value=${whole(saved.spared)}>${saved.decisions ? `${count(saved.decisions, "decision")} covered ${count(saved.copies, "copy", "copies")}. ` : "Nothing was decided in this period. "}
        ${saved.seconds !== null ? `At ${duration(saved.look_s)} a look, that is ${duration(saved.seconds)}.` : saved.decisions > 0 ? "How long a look takes is not measured yet: that needs five decisions in a row." : ""}<//>
    </div>
    ${!isNew && html`<${Plots} told=${told} />`}`;
}

const Plots = ({ told }) => html`
    <div class="columns two">
      <section class="panel" aria-labelledby="decided"><h2 id="decided">Decided</h2>
        <${Plot} title="Decided a day" kind="bars" x=${seconds(told.days)} formatX=${dayOf} format=${whole} series=${[
          { label: "copies", values: told.days.map((one) => one.copies), colour: "--source" },
          { label: "decisions", values: told.days.map((one) => one.decisions), colour: "--target" }]} /></section>
      <section class="panel" aria-labelledby="waited"><h2 id="waited">From case to decision</h2>
        <${Plot} title="Median time from a case to its decision" kind="bars" x=${seconds(told.days)} formatX=${dayOf} format=${(s) => (s ? duration(s) : "0")} series=${[{ label: "median wait", values: told.days.map((one) => one.wait_s) }]} /></section>
    </div>
    <section class="panel" aria-labelledby="ages"><h2 id="ages">Age of the queue, now</h2><${Ages} queue=${told.queue} /></section>`;

function Ages({ queue }) {
  const most = Math.max(1, ...queue.ages.map((one) => one.cases));
  const words = (limit, i) => (limit === null ? `over ${duration(queue.ages[i - 1].up_to_s)}` : `up to ${duration(limit)}`);
  return html`<ul class="ages">${queue.ages.map((one, i) => html`<li><span class="muted">${words(one.up_to_s, i)}</span>
    <span class="line" aria-hidden="true"><div style=${{ width: `${(100 * one.cases) / most}%` }}></div></span><span class="number">${whole(one.cases)}</span></li>`)}</ul>`;
}

const Begin = () => html`<section class="panel stack" aria-labelledby="begin"><div><h2 id="begin">Nothing has come through here yet</h2>
    <p class="note">Where to begin, in any order.</p></div>
  <ul class="begin">
    <li><h3>See it match</h3><p class="muted">Drop two files, or take one of the bundled pairs.</p><a class="button main" href=${href("/playground")}>Open the playground</a></li>
    <li><h3>Say what harm looks like</h3><p class="muted">Make a bank and drop a folder of media, or a hash list.</p><a class="button" href=${href("/banks")}>Make a bank</a></li>
    ${can("upload") && html`<li><h3>Review a burst</h3><p class="muted">Submit uploads by hand, or a sample burst; one decision settles all copies.</p><a class="button" href=${href("/uploads")}>Submit uploads</a></li>`}
    ${can("keys") && html`<li><h3>Connect your platform</h3><p class="muted">Make a key that submits uploads; what they need then waits in review.</p><a class="button" href=${href("/keys")}>Make a key</a></li>`}
  </ul></section>`;
