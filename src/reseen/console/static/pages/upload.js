/* One upload: what is done with it and why, and the way on to its near-copies, case and audit. */

import { html, useState } from "../lib/view.js";
import { post } from "../lib/api.js";
import { useAnswer, useBanks } from "../lib/holdings.js";
import { href } from "../lib/router.js";
import { can } from "../lib/session.js";
import { sorted } from "../lib/case-words.js";
import { ago, count, dated, percent } from "../lib/words.js";
import { Covered } from "../parts/covered.js";
import { Dialog } from "../parts/dialog.js";
import { EmptyState, Loading } from "../parts/empty-state.js";
import { Field } from "../parts/field.js";
import { ProblemBox } from "../parts/problem.js";
import { Action } from "../parts/submit.js";
import { Trace } from "../parts/trace.js";
import { toast } from "../parts/toast.js";

export default function UploadPage({ id }) {
  const { value: upload, problem, again } = useAnswer(`/v1/uploads/${encodeURIComponent(id)}`);
  const { value: cluster } = useAnswer(upload?.cluster_id && can("review") ? `/v1/clusters/${upload.cluster_id}` : null);
  const { value: brief } = useAnswer(cluster?.case_id ? `/v1/briefs/${cluster.case_id}` : null);
  const { value: banks } = useBanks();
  const [asking, setAsking] = useState(null);
  if (problem) return html`<div class="page"><${ProblemBox} problem=${problem} onRetry=${again} /></div>`;
  if (!upload) return html`<${Loading} />`;
  const { asking: telling, before } = sorted(upload.reasons);
  const nameOf = (bank) => banks?.data.find((one) => one.id === bank)?.name ?? bank;
  const done = (words) => () => { setAsking(null); toast(words); again(); };
  return html`<div class="page upload">
    <div class="page-head"><div><a class="note back" href=${href("/uploads")}>Uploads</a><h1>${upload.content_id}</h1>
      <p class="row"><${Action} action=${upload.action} />${upload.decision_id && html`<span class="tag">decided</span>`}<span>by ${upload.account_id}, <span title=${dated(upload.received_at)}>${ago(upload.received_at)}</span></span></p></div>
      <div class="actions">${cluster?.case_id && html`<a class="button main" href=${href(`/review/${cluster.case_id}`)}>Open its case</a>`}
        ${cluster && html`<a class="button" href=${href(`/clusters/${cluster.id}`)}>Its near-copies</a>`}
        ${can("upload") && upload.state === "done" && !upload.decision_id && html`<button class="button" type="button" onClick=${() => setAsking("report")}>Report</button>`}
        ${can("upload") && upload.decision_id && html`<button class="button" type="button" onClick=${() => setAsking("appeal")}>Appeal</button>`}
        <${Trace} subject=${upload.id} /></div></div>
    <div class="columns two">
      <section class="panel stack tight" aria-labelledby="why"><h2 id="why">Why</h2>
        ${upload.error && html`<p class="wrong">${upload.error.detail}</p>`}
        ${before > 0 && html`<p>It resembles ${count(before, "earlier upload")}, which by itself means nothing.</p>`}
        ${telling.length ? html`<ul class="stack">${telling.map((one) => html`<li class="stack tight"><p>Matches <a href=${href(`/banks/${one.bank_id}?reference=${one.reference_id}`)}>a reference</a> of <a href=${href(`/banks/${one.bank_id}`)}>${nameOf(one.bank_id)}</a>, ${percent(one.similarity_score)}, ${one.confidence} confidence.</p><p class="note">${one.rule}</p></li>`)}</ul>`
          : upload.state === "pending" ? html`<p>It is not answered yet.</p>` : html`<p>It matches nothing that a bank asks about.${upload.action === "review" ? " Somebody asked for a look." : ""}</p>`}
        ${upload.decision_id && html`<p>A decision on its near-copies covers it.</p>`}
        <dl class="facts"><dt>On arrival</dt><dd>${upload.ruled ? html`<${Action} action=${upload.ruled} />` : "pending"}</dd><dt>Upload</dt><dd><code>${upload.id}</code></dd>${upload.decision_id && html`<dt>Decision</dt><dd><code>${upload.decision_id}</code> <${Trace} subject=${upload.decision_id} /></dd>`}</dl>
        ${Object.keys(upload.metadata).length > 0 && html`<pre tabindex="0">${JSON.stringify(upload.metadata, null, 2)}</pre>`}
      </section>
      <section class="panel stack tight" aria-labelledby="medium"><h2 id="medium">What it shows</h2>
        ${upload.media_kept && can("review") ? (brief || cluster?.case_id === null) && html`<${Covered} uploadId=${upload.id} kept name=${`upload ${upload.content_id}`} medium=${brief?.medium} />` : html`<${EmptyState} icon="eye" title="No media are kept">Only a fingerprint is: media are kept of what waits for a reviewer.<//>`}</section>
    </div>
    ${asking && html`<${Asking} key=${asking} kind=${asking} upload=${upload} onDone=${done(asking === "report" ? "Reported. Its cluster waits in review." : "The appeal waits for somebody who did not decide.")} onClose=${() => setAsking(null)} />`}
  </div>`;
}

const KINDS = {
  report: { title: "Report this upload", words: "Its cluster gets a case, and somebody looks at it.", label: "Why somebody should look at it", yes: "Report it" },
  appeal: { title: "Appeal the decision", words: "On behalf of whoever uploaded it. Somebody who did not decide answers it.", label: "Why it was wrong", yes: "Appeal" },
};

function Asking({ kind, upload, onDone, onClose }) {
  const { title, words, label, yes } = KINDS[kind];
  const [reason, setReason] = useState("");
  const [state, setState] = useState({ busy: false, problem: null });
  const go = async (event) => {
    event.preventDefault();
    setState({ busy: true, problem: null });
    try {
      await (kind === "report" ? post(`/v1/uploads/${upload.id}/reports`, { reason: reason.trim() }, { idempotent: true }) : post("/v1/appeals", { upload_id: upload.id, reason: reason.trim() }, { idempotent: true }));
      onDone();
    } catch (problem) {
      setState({ busy: false, problem });
    }
  };
  return html`<${Dialog} title=${title} onClose=${onClose}><form class="stack" onSubmit=${go}>
    <p>${words}</p>
    <${Field} label=${label} rows="3" value=${reason} onInput=${setReason} required />
    ${state.problem && html`<${ProblemBox} problem=${state.problem} />`}
    <div class="dialog-foot"><button class="button" type="button" onClick=${onClose}>Cancel</button><button class="button main" type="submit" disabled=${state.busy || !reason.trim()}>${yes}</button></div>
  </form><//>`;
}
