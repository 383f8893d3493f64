/* Statements of reasons, for the Transparency Database and for whoever asks. */

import { html, useState } from "../lib/view.js";
import { save } from "../lib/download.js";
import { Choice, Field } from "../parts/field.js";
import { ProblemBox } from "../parts/problem.js";

const moment = (day) => (day ? `${day}T00:00:00Z` : "");

export default function Statements() {
  const [since, setSince] = useState("");
  const [until, setUntil] = useState("");
  const [format, setFormat] = useState("csv");
  const [problem, setProblem] = useState(null);
  const go = async (event) => {
    event.preventDefault();
    setProblem(null);
    try {
      await save("/v1/statements", { since: moment(since), until: moment(until), format }, `statements.${format}`);
    } catch (thrown) {
      setProblem(thrown);
    }
  };
  return html`<div class="page">
    <div class="page-head"><div><h1>Statements of reasons</h1><p>One for each removal of each upload, as Article 17 of the Digital Services Act asks for, in the words of the Transparency Database.</p></div></div>
    <section class="panel stack" aria-labelledby="export"><h2 id="export">Export</h2>
      <form class="stack" onSubmit=${go}><div class="ops-form">
        <${Field} label="Removed or shown again from" type="date" value=${since} onInput=${setSince} note="The day begins at midnight UTC. Empty: from the first." />
        <${Field} label="And before" type="date" value=${until} onInput=${setUntil} note="Empty: to the last." /></div>
        <div class="row"><${Choice} label="Format" value=${format} onChange=${setFormat} options=${[["csv", "CSV"], ["jsonl", "JSON lines"]]} /></div>
        ${problem && html`<${ProblemBox} problem=${problem} />`}
        <div><button class="button main" type="submit">Export the statements</button></div></form></section>
    <section class="panel prose" aria-labelledby="in"><h2 id="in">What is in it</h2>
      <p>Grounds, facts, category and how far the removal was automated; whether it came from a notice; the upload, the account and the decision. A statement whose ground fell away, as its decision was undone, says when and why it was withdrawn.</p>
      <p class="muted">Which policies name a law, the territory and the words about redress are settings of the server.</p></section>
  </div>`;
}
