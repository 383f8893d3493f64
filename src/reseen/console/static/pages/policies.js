/* What is done about a match, bank by bank: what acts, what runs dry, and every version before. */

import { html } from "../lib/view.js";
import { asks, useBanks } from "../lib/holdings.js";
import { useKeys } from "../lib/keys.js";
import { nameOf, standingOf, summary, takesPolicies } from "../lib/policies.js";
import { href, navigate } from "../lib/router.js";
import { can } from "../lib/session.js";
import { ago, count, dated } from "../lib/words.js";
import { EmptyState, Loading } from "../parts/empty-state.js";
import { Icon } from "../parts/icon.js";
import { Pager, useList } from "../parts/pager.js";
import { State } from "../parts/policy-words.js";
import { ProblemBox } from "../parts/problem.js";
import { Table } from "../parts/table.js";

export const versionColumns = [
  { title: "Version", cell: (one) => html`<a class="nowrap" href=${href(`/policies/${one.id}`)}>Version ${one.number}</a>` },
  { title: "State", cell: (one) => html`<${State} policy=${one} />` },
  { title: "Says", cell: (one) => html`<span class="says">${summary(one)}${one.note && html`<span class="note">${one.note}</span>`}</span>` },
  { title: "Written", cell: (one) => html`<span class="nowrap muted" title=${dated(one.created_at)}><span class="at-small">written </span>${ago(one.created_at)}</span>` },
  { title: "Went live", cell: (one) => (one.live_at ? html`<span class="nowrap muted" title=${dated(one.live_at)}><span class="at-small">live </span>${ago(one.live_at)}</span>` : html`<span class="muted">never<span class="at-small"> live</span></span>`) },
];

export default function Policies() {
  const list = useList("/v1/policies", { limit: 1000 });
  const banks = useBanks();
  const manages = can("manage");
  const write = (bank) => `/policies/new${bank ? `?bank=${encodeURIComponent(bank)}` : ""}`;
  useKeys("Policies", manages ? { n: ["new policy", () => navigate(write())] } : {});
  const groups = new Map();
  for (const one of list.items) groups.set(one.bank_id, [...(groups.get(one.bank_id) ?? []), one]);
  const known = banks.value?.data ?? [];
  const without = known.filter((bank) => takesPolicies(bank) && !groups.has(bank.id));
  const order = [...groups].sort(([a], [b]) => (a === null ? -1 : b === null ? 1 : nameOf(known, a).localeCompare(nameOf(known, b))));
  const problem = list.problem ?? banks.problem;
  const ready = banks.value && (!list.loading || list.items.length);
  return html`<div class="page policies">
    <div class="page-head">
      <div><h1>Policies</h1><p>From which scores, with how much overlap, of which uploads something is done. Versions never change: write a draft, try it on the past, bring it into force, and roll back if need be.</p></div>
      ${manages && html`<div class="actions"><a class="button main" href=${href(write())}><${Icon} name="plus" />New policy</a></div>`}
    </div>
    ${problem && html`<${ProblemBox} problem=${problem} onRetry=${() => { list.again(); banks.again(); }} />`}
    ${!ready && !problem && html`<${Loading} />`}
    ${ready && !groups.size && !problem && html`<div class="panel flush"><${EmptyState} icon="policies" title="No policy yet" actions=${manages && html`<a class="button main" href=${href(write())}>Write the first policy</a>`}>
      Each bank does what it says of each confidence. A policy says more: scores, overlap, a share of the uploads, a second person.<//></div>`}
    ${ready && order.map(([bankId, versions]) => html`<${Group} key=${bankId ?? "project"} title=${nameOf(known, bankId)} bank=${known.find(({ id }) => id === bankId)} versions=${versions} write=${manages && write(bankId)} />`)}
    ${ready && without.length > 0 && html`<section class="panel stack tight" aria-labelledby="without"><h2 id="without">${groups.has(null) ? "Under the policy of the project" : "Without a policy: the bank's own actions hold"}</h2>
      <ul class="without">${without.map((bank) => html`<li key=${bank.id}><a href=${href(`/banks/${bank.id}`)}>${bank.name}</a><span class="muted grow">${groups.has(null) ? "" : asks(bank)}</span>
        ${manages && html`<a class="button small" href=${href(write(bank.id))} aria-label=${`Write a policy for ${bank.name}`}>Write a policy</a>`}</li>`)}</ul></section>`}
    ${list.more && html`<${Pager} list=${list} one="version" />`}
  </div>`;
}

function Group({ title, bank, versions, write }) {
  const { acting, dry } = standingOf(versions);
  const drafts = versions.filter(({ state }) => state === "draft").length;
  return html`<section class="panel stack policy-group" aria-label=${title}>
    <div class="row apart"><h2>${bank ? html`<a href=${href(`/banks/${bank.id}`)}>${title}</a>` : title}</h2>
      ${write && html`<a class="button small" href=${href(acting ? `/policies/new?from=${acting.id}` : write)} aria-label=${`New version for ${title}`}>New version</a>`}</div>
    <dl class="facts">
      <dt>Acts</dt><dd>${acting ? html`<${Live} policy=${acting} />` : html`<span class="muted">No version: ${bank ? "the policy of the project, or the bank's own actions" : "the banks' own actions"}</span>`}</dd>
      ${dry && html`<dt>Runs dry</dt><dd><${Live} policy=${dry} /></dd>`}
      ${drafts > 0 && html`<dt>Waits</dt><dd>${count(drafts, "draft")}</dd>`}
    </dl>
    <details open=${drafts > 0 && !acting}><summary>${count(versions.length, "version")}</summary>
      <div class="versions"><${Table} caption=${`Versions: ${title}`} columns=${versionColumns} rows=${versions} onOpen=${({ id }) => navigate(`/policies/${id}`)} /></div></details>
  </section>`;
}

const Live = ({ policy }) => html`<a href=${href(`/policies/${policy.id}`)}>Version ${policy.number}</a> <span class="muted">since ${dated(policy.live_at)}</span><span class="block">${summary(policy)}</span>`;
