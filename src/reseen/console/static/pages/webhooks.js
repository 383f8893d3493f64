/* Who is told of what happens. */

import { html, useState } from "../lib/view.js";
import { post } from "../lib/api.js";
import { href, navigate } from "../lib/router.js";
import { ago, count } from "../lib/words.js";
import { EmptyState } from "../parts/empty-state.js";
import { HookForm } from "../parts/hook-form.js";
import { Icon } from "../parts/icon.js";
import { Pager, useList } from "../parts/pager.js";
import { ProblemBox } from "../parts/problem.js";
import { Secret } from "../parts/secret.js";
import { Table } from "../parts/table.js";

export default function Webhooks() {
  const list = useList("/v1/webhooks");
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState(null);
  const make = async (body) => {
    setMade(await post("/v1/webhooks", body, { idempotent: true }));
    setMaking(false);
    list.again();
  };
  const add = html`<button class="button main" type="button" onClick=${() => setMaking(true)}><${Icon} name="plus" />New webhook</button>`;
  const row = (one) => href(`/webhooks/${encodeURIComponent(one.id)}`);
  return html`<div class="page">
    <div class="page-head"><div><h1>Webhooks</h1><p>Your platform is told as things happen: signed, tried again for days, and replayed when you ask.</p></div><div class="actions">${add}</div></div>
    ${list.problem ? html`<${ProblemBox} problem=${list.problem} onRetry=${list.again} />`
      : list.items.length ? html`<div class="ops-table"><${Table} caption="Webhooks" rows=${list.items} onOpen=${(one) => navigate(`/webhooks/${encodeURIComponent(one.id)}`)} columns=${[
          { title: "Address", cell: (one) => html`<a class="mono" href=${row(one)}>${one.url}</a>` },
          { title: "Events", cell: (one) => (one.types.length ? html`<span title=${one.types.join(", ")}>${count(one.types.length, "type")}</span>` : "all") },
          { title: "State", cell: (one) => html`<span class=${one.enabled ? "tag good" : "tag warn"}>${one.enabled ? "on" : "paused"}</span>` },
          { title: "Made", cell: (one) => html`<span class="nowrap">${ago(one.created_at)}</span>` }]} /><${Pager} list=${list} one="webhook" /></div>`
        : !list.loading && html`<div class="panel flush"><${EmptyState} icon="webhooks" title="Nobody is told yet" actions=${add}>A webhook posts events to an address of yours: answers to uploads, decisions, appeals, bursts.<//></div>`}
    ${making && html`<${HookForm} title="New webhook" yes="Make it" onSave=${make} onClose=${() => setMaking(false)} />`}
    ${made && html`<${Secret} title="The webhook's secret" label="the secret" text=${made.secret} onClose=${() => navigate(`/webhooks/${encodeURIComponent(made.id)}`)}>
      What is posted to <code>${made.url}</code> is signed with it. Check the signature before you believe an event.<//>`}
  </div>`;
}
