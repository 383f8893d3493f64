/* Appeals: uploaders who ask for another look, answered by somebody else than who decided. */

import { html, useState } from "../lib/view.js";
import { post } from "../lib/api.js";
import { useKeys } from "../lib/keys.js";
import { href, setQuery, usePlace } from "../lib/router.js";
import { can } from "../lib/session.js";
import { ago, dated } from "../lib/words.js";
import { Choice, Field } from "../parts/field.js";
import { EmptyState, Loading } from "../parts/empty-state.js";
import { Pager, useList } from "../parts/pager.js";
import { ProblemBox } from "../parts/problem.js";
import { toast } from "../parts/toast.js";

const STATES = [["open", "Open"], ["upheld", "Upheld"], ["overturned", "Overturned"]];

export default function Appeals() {
  const { query } = usePlace();
  const state = query.get("state") ?? "open";
  const list = useList("/v1/appeals", { state, limit: 50 });
  const [at, setAt] = useState(0);
  const move = (step) => {
    const to = Math.min(Math.max(at + step, 0), list.items.length - 1);
    setAt(to);
    document.getElementById(list.items[to]?.id)?.focus();
  };
  useKeys("Appeals", { j: ["next appeal", () => move(1)], k: ["the one before", () => move(-1)] });
  return html`<div class="page">
    <div class="page-head"><div><h1>Appeals</h1><p>Somebody asks for another look. Who decided does not answer; overturning undoes the decision for all of its cluster.</p></div></div>
    <div><${Choice} label="Which appeals" value=${state} options=${STATES} onChange=${(to) => setQuery({ state: to === "open" ? null : to })} /></div>
    ${list.problem && html`<${ProblemBox} problem=${list.problem} onRetry=${list.again} />`}
    ${list.loading && !list.items.length ? html`<${Loading} />` : !list.items.length && !list.problem
      ? html`<div class="panel"><${EmptyState} icon="appeals" title=${state === "open" ? "No appeal waits" : "None yet"} actions=${can("upload") && html`<a class="button" href=${href("/uploads?action=remove")}>Uploads that were removed</a>`}>
          Your platform sends what uploaders say to <code>/v1/appeals</code>; it appears here. By hand, the page of a decided upload takes one.<//></div>`
      : html`<ul class="appeals">${list.items.map((one, i) => html`<${Appeal} key=${one.id} appeal=${one} on=${i === at} onAnswered=${list.again} />`)}</ul><${Pager} list=${list} one="appeal" />`}
  </div>`;
}

function Appeal({ appeal, on, onAnswered }) {
  const [answer, setAnswer] = useState("");
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const say = async (state) => {
    if (busy) return;
    setBusy(true);
    setProblem(null);
    try {
      await post(`/v1/appeals/${appeal.id}/answer`, { state, answer: answer.trim() }, { idempotent: true });
      toast(state === "upheld" ? "Upheld: the decision stands." : "Overturned: the decision is undone.");
      onAnswered();
    } catch (thrown) {
      setProblem(thrown);
    } finally {
      setBusy(false);
    }
  };
  const empty = !answer.trim();
  return html`<li class="panel stack tight ${on ? "on" : ""}" id=${appeal.id} tabindex="-1">
    <div class="row apart"><a href=${href(`/review/${appeal.case_id}`)}>Look at the case</a><span class="note" title=${dated(appeal.at)}>${ago(appeal.at)}</span></div>
    <blockquote>${appeal.reason}</blockquote>
    <p class="note">Against ${appeal.decision_id ? "a decision" : "a removal by a policy alone"}, on upload <code>${appeal.upload_id}</code>.</p>
    ${appeal.state === "open" ? html`
      <${Field} label="Answer" note="In words that the uploader may read." rows=${2} value=${answer} onInput=${setAnswer} maxlength="10000" />
      ${problem && html`<${ProblemBox} problem=${problem} />`}
      <div class="row"><button class="button" type="button" disabled=${empty || busy} onClick=${() => say("upheld")}>Uphold the decision</button>
        <button class="button" type="button" disabled=${empty || busy} onClick=${() => say("overturned")}>Overturn it</button></div>`
      : html`<p><b>${appeal.state === "upheld" ? "Upheld" : "Overturned"}</b> ${dated(appeal.answered_at)}: ${appeal.answer}</p>`}
  </li>`;
}
