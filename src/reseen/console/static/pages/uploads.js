/* What came in, what was done with it and why; and a way in for whoever has no platform at hand. */

import { html } from "../lib/view.js";
import { ACTIONS } from "../lib/holdings.js";
import { href, navigate, setQuery, usePlace } from "../lib/router.js";
import { can } from "../lib/session.js";
import { ago, dated } from "../lib/words.js";
import { EmptyState, Loading } from "../parts/empty-state.js";
import { Choice } from "../parts/field.js";
import { Pager, useList } from "../parts/pager.js";
import { ProblemBox } from "../parts/problem.js";
import { Action, Submit, Submitted } from "../parts/submit.js";
import { Table } from "../parts/table.js";

const CHOICES = [["", "All"], ...ACTIONS];

export default function Uploads() {
  const { query } = usePlace();
  const action = query.get("action") ?? "";
  const account = query.get("account") ?? "";
  const list = useList("/v1/uploads", { action, account, limit: 50 });
  const columns = [
    { title: "Upload", cell: (one) => html`<a href=${href(`/uploads/${one.id}`)}><span class="cut wide">${one.content_id}</span></a>` },
    { title: "Account", cell: (one) => html`<a class="nowrap" href=${href(`/uploads?account=${encodeURIComponent(one.account_id)}`)} aria-label=${`Only those of ${one.account_id}`}>${one.account_id}</a>` },
    { title: "Action", cell: (one) => html`<span class="row"><${Action} action=${one.action} />${one.decision_id && html`<span class="tag">decided</span>`}${one.state === "failed" && html`<span class="tag danger">failed</span>`}</span>` },
    { title: "Cluster", cell: (one) => (one.cluster_id ? can("review") ? html`<a class="nowrap" href=${href(`/clusters/${one.cluster_id}`)} aria-label=${`Near-copies of ${one.content_id}`}>near-copies</a>` : html`<code>${one.cluster_id}</code>` : html`<span class="muted">none</span>`) },
    { title: "Came", cell: (one) => html`<span class="nowrap muted" title=${dated(one.received_at)}>${ago(one.received_at)}</span>` },
  ];
  const filtered = action || account;
  return html`<div class="page uploads">
    <div class="page-head"><div><h1>Uploads</h1><p>What came in, what is done with it, and why.</p></div></div>
    ${can("upload") && html`<${Submit} />`}
    <${Submitted} onAnswered=${list.again} />
    <div class="row apart"><${Choice} label="Which uploads" value=${action} options=${CHOICES} onChange=${(to) => setQuery({ action: to || null })} />
      ${account && html`<span class="row"><span class="tag accent">by ${account}</span><button class="button small quiet" type="button" onClick=${() => setQuery({ account: null })}>All accounts</button></span>`}</div>
    ${list.problem ? html`<${ProblemBox} problem=${list.problem} onRetry=${list.again} />`
      : list.items.length ? html`<div><${Table} caption="Uploads" columns=${columns} rows=${list.items} onOpen=${({ id }) => navigate(`/uploads/${id}`)} /><${Pager} list=${list} one="upload" /></div>`
        : list.loading ? html`<${Loading} />` : html`<div class="panel"><${EmptyState} icon="uploads" title=${filtered ? "No upload is like that" : "Nothing was uploaded yet"}
          actions=${filtered && html`<button class="button" type="button" onClick=${() => setQuery({ action: null, account: null })}>Show all</button>`}>
          ${filtered ? "Others may have come in." : "Your platform submits them through the interface; above you can do it by hand."}<//></div>`}
  </div>`;
}
