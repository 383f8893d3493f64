/* Every bank: what it holds, what a match with it means, and what such a match does. */

import { html, useState } from "../lib/view.js";
import { asks, ROLE_TONES, roleWords, useBanks } from "../lib/holdings.js";
import { useKeys } from "../lib/keys.js";
import { href, navigate } from "../lib/router.js";
import { can } from "../lib/session.js";
import { ago, count, dated, whole } from "../lib/words.js";
import { BankForm } from "../parts/bank-form.js";
import { Dialog } from "../parts/dialog.js";
import { EmptyState, Loading } from "../parts/empty-state.js";
import { Icon } from "../parts/icon.js";
import { ProblemBox } from "../parts/problem.js";
import { Table } from "../parts/table.js";
import { toast } from "../parts/toast.js";

export default function Banks() {
  const { value, problem, again } = useBanks();
  const [making, setMaking] = useState(false);
  const [sorted, setSorted] = useState({ by: "name", down: false });
  const manages = can("manage");
  useKeys("Banks", manages ? { n: ["new bank", () => setMaking(true)] } : {});
  const made = (bank) => {
    toast(`The bank ${bank.name} is there.`);
    navigate(`/banks/${bank.id}?tab=add`);
  };
  const banks = [...(value?.data ?? [])].sort((a, b) => {
    const [one, other] = [a[sorted.by], b[sorted.by]];
    return (typeof one === "number" ? one - other : String(one).localeCompare(other)) * (sorted.down ? -1 : 1);
  });
  const sort = (by) => setSorted((now) => ({ by, down: now.by === by ? !now.down : by === "references" }));
  const columns = [
    { title: "Name", sort: "name", cell: (bank) => html`<a class="bank-name" href=${href(`/banks/${bank.id}`)}>${bank.name}</a>` },
    { title: "A match means", sort: "role", cell: ({ role, enabled }) => html`<span class="row"><span class="tag ${ROLE_TONES[role]}">${roleWords(role)}</span>${!enabled && html`<span class="tag warn">off</span>`}</span>` },
    { title: "A match does", cell: asks },
    { title: "References", sort: "references", number: true, cell: ({ references }) => whole(references) },
    { title: "Made", sort: "created_at", cell: ({ created_at: at }) => html`<span class="nowrap muted" title=${dated(at)}>${ago(at)}</span>` },
  ];
  const held = banks.reduce((sum, { references }) => sum + references, 0);
  return html`<div class="page banks">
    <div class="page-head">
      <div><h1>Banks</h1><p>Sets of references that every upload is held against. What a bank is for decides what a match with it means.</p></div>
      ${manages && html`<div class="actions"><button class="button main" type="button" onClick=${() => setMaking(true)}><${Icon} name="plus" />New bank</button></div>`}
    </div>
    ${problem && html`<${ProblemBox} problem=${problem} onRetry=${again} />`}
    ${!value && !problem && html`<${Loading} />`}
    ${value && !banks.length && html`<div class="panel"><${EmptyState} icon="banks" title="No bank yet" actions=${manages && html`<button class="button main" type="button" onClick=${() => setMaking(true)}>Make the first bank</button>`}>
      A bank holds the fingerprints of what you want to find again, such as everything your policy forbids. Make one, then drop a folder into it.<//></div>`}
    ${banks.length > 0 && html`<div class="stack tight"><${Table} caption="Banks" columns=${columns} rows=${banks} sorted=${sorted} onSort=${sort} onOpen=${({ id }) => navigate(`/banks/${id}`)} />
      <p class="note">${count(banks.length, "bank")} with ${count(held, "reference")}</p></div>`}
    ${making && html`<${Dialog} title="New bank" onClose=${() => setMaking(false)}><${BankForm} onDone=${made} onCancel=${() => setMaking(false)} /><//>`}
  </div>`;
}
