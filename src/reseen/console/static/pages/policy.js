/* One version of a policy: what it says, what came of trying it, into force and back. Or a new one. */

import { html, useState } from "../lib/view.js";
import { useAnswer, useBanks } from "../lib/holdings.js";
import { changes, nameOf, standingOf } from "../lib/policies.js";
import { href, navigate, usePlace } from "../lib/router.js";
import { can } from "../lib/session.js";
import { ago, dated } from "../lib/words.js";
import { Loading } from "../parts/empty-state.js";
import { Enact } from "../parts/enact.js";
import { Field } from "../parts/field.js";
import { PolicyForm } from "../parts/policy-form.js";
import { PolicyTrial } from "../parts/policy-trial.js";
import { Changes, Sayings, State } from "../parts/policy-words.js";
import { ProblemBox } from "../parts/problem.js";
import { Table } from "../parts/table.js";
import { toast } from "../parts/toast.js";
import { Trace } from "../parts/trace.js";
import { versionColumns } from "./policies.js";

export default function PolicyPage({ id }) {
  return id === "new" ? html`<${Writing} />` : html`<${Version} key=${id} id=${id} />`;
}

function Writing() {
  const { query } = usePlace();
  const [from, bank] = [query.get("from"), query.get("bank")];
  const banks = useBanks();
  const source = useAnswer(from && `/v1/policies/${encodeURIComponent(from)}`);
  const problem = banks.problem ?? source.problem;
  if (problem) return html`<div class="page"><h1 class="only-read">New policy</h1><${ProblemBox} problem=${problem} onRetry=${() => { banks.again(); source.again(); }} /></div>`;
  if (!banks.value || (from && !source.value)) return html`<${Loading} />`;
  const done = (made) => { toast(`Version ${made.number} is written, a draft.`); navigate(`/policies/${made.id}`); };
  return html`<div class="page">
    <div class="page-head"><div><a class="note back" href=${href("/policies")}>Policies</a><h1>New policy</h1>
      <p>${source.value ? `From version ${source.value.number} of: ${nameOf(banks.value.data, source.value.bank_id)}.` : "What is done about a match, of one bank or of all without their own."}</p></div></div>
    <${PolicyForm} from=${source.value} bank=${bank} banks=${banks.value.data} onDone=${done} onCancel=${() => navigate(from ? `/policies/${from}` : "/policies")} />
  </div>`;
}

function Version({ id }) {
  const { value: policy, problem, again, set } = useAnswer(`/v1/policies/${encodeURIComponent(id)}`);
  const banks = useBanks();
  const history = useAnswer(policy && "/v1/policies", { limit: 1000, ...(policy?.bank_id ? { bank: policy.bank_id } : {}) });
  const [enacting, setEnacting] = useState(null);
  const [told, setTold] = useState(null);
  if (problem && !policy) return html`<div class="page"><h1 class="only-read">Policy</h1><${ProblemBox} problem=${problem} onRetry=${again} /></div>`;
  if (!policy) return html`<${Loading} />`;
  const versions = (history.value?.data ?? []).filter((one) => one.bank_id === policy.bank_id);
  const { acting, dry } = standingOf(versions);
  const manages = can("manage");
  const whose = nameOf(banks.value?.data, policy.bank_id);
  const done = (answer) => {
    setEnacting(null);
    setTold(answer);
    if (answer.policy.id === policy.id) set(answer.policy);
    else navigate(`/policies/${answer.policy.id}`);
    toast(`Version ${answer.policy.number} is in force.`);
    history.again();
  };
  const replaced = told?.replaced && versions.find((one) => one.id === told.replaced && one.state === "retired" && !one.dry_run);
  const endsDry = policy.state === "live" && !policy.dry_run && dry;
  return html`<div class="page policy">
    <div class="page-head">
      <div><a class="note back" href=${href("/policies")}>Policies</a><h1>Version ${policy.number}</h1>
        <p class="row"><${State} policy=${policy} /><span>${policy.bank_id ? html`Of <a href=${href(`/banks/${policy.bank_id}`)}>${whose}</a>` : whose}. Written ${ago(policy.created_at)}${policy.live_at ? `, went live ${dated(policy.live_at)}` : ""}.</span></p></div>
      <div class="actions"><${Trace} subject=${policy.id} />
        ${manages && html`<a class="button" href=${href(`/policies/new?from=${policy.id}`)}>New version from it</a>`}
        ${manages && policy.state !== "live" && html`<button class="button main" type="button" onClick=${() => setEnacting(policy)}>${policy.state === "retired" ? "Roll back to it" : policy.dry_run ? "Run it dry" : "Bring into force"}</button>`}
        ${manages && endsDry && html`<button class="button" type="button" onClick=${() => setEnacting(policy)}>End the dry run of version ${dry.number}</button>`}</div>
    </div>
    ${told && html`<section class="panel stack tight in-force" aria-label="In force"><h2>In force from the next upload on</h2>
      <ul class="remarks">${told.remarks.map((one) => html`<li>${one}</li>`)}</ul>
      ${replaced && manages && html`<div class="row"><button class="button" type="button" onClick=${() => setEnacting(replaced)}>Roll back to version ${replaced.number}</button></div>`}</section>`}
    <div class="columns two">
      <section class="panel stack tight" aria-labelledby="says"><h2 id="says">What it says</h2><${Sayings} policy=${policy} /></section>
      <${Compared} policy=${policy} versions=${versions} acting=${acting} />
    </div>
    <${PolicyTrial} policy=${policy} onTried=${() => { again(); history.again(); }} />
    ${versions.length > 1 && html`<div class="stack tight"><h2>Every version</h2><div class="versions"><${Table} caption="Every version" columns=${versionColumns} rows=${versions} selected=${policy.id} onOpen=${(one) => navigate(`/policies/${one.id}`)} /></div></div>`}
    ${enacting && html`<${Enact} policy=${enacting} acting=${acting} onDone=${done} onClose=${() => setEnacting(null)} />`}
  </div>`;
}

/** What it says otherwise than what acts now, or than another version. */
function Compared({ policy, versions, acting }) {
  const others = versions.filter(({ id }) => id !== policy.id);
  const [chosen, setChosen] = useState(null);
  const usual = acting && acting.id !== policy.id ? acting : others.find(({ number }) => number < policy.number) ?? others.at(-1);
  const other = others.find(({ id }) => id === chosen) ?? usual;
  return html`<section class="panel stack" aria-labelledby="changes"><h2 id="changes">What changed</h2>
    ${other
      ? html`<${Field} label="Against" value=${other.id} options=${others.map((one) => [one.id, `Version ${one.number}, ${one.state}${one.dry_run ? ", dry run" : ""}`])} onInput=${setChosen} /><${Changes} list=${changes(other, policy)} none=${`Nothing: it says what version ${other.number} says.`} />`
      : html`<p class="muted">It is the only version.</p>`}</section>`;
}
