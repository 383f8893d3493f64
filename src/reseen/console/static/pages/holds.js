/* Legal holds: what must be kept, whatever is over. */

import { html, useState } from "../lib/view.js";
import { post } from "../lib/api.js";
import { pageOf } from "../lib/deeds.js";
import { href } from "../lib/router.js";
import { ago } from "../lib/words.js";
import { ask, Dialog } from "../parts/dialog.js";
import { EmptyState } from "../parts/empty-state.js";
import { Choice, Field } from "../parts/field.js";
import { Icon } from "../parts/icon.js";
import { Pager, useList } from "../parts/pager.js";
import { ProblemBox } from "../parts/problem.js";
import { Table } from "../parts/table.js";
import { Trace } from "../parts/trace.js";
import { toast, toastProblem } from "../parts/toast.js";

export default function Holds() {
  const list = useList("/v1/holds");
  const [placing, setPlacing] = useState(false);
  const release = async (hold) => {
    if (!(await ask({ title: "Release this hold?", text: "What no other hold keeps is deleted when its retention is over.", yes: "Release", danger: true }))) return;
    try {
      await post(`/v1/holds/${encodeURIComponent(hold.id)}/release`, undefined, { idempotent: true });
      toast("Released.");
      list.again();
    } catch (problem) {
      toastProblem(problem);
    }
  };
  const placed = () => {
    setPlacing(false);
    toast("Held from now on.");
    list.again();
  };
  const add = html`<button class="button main" type="button" onClick=${() => setPlacing(true)}><${Icon} name="plus" />Place a hold</button>`;
  return html`<div class="page">
    <div class="page-head"><div><h1>Legal holds</h1><p>Neither media nor uploads of what is held are deleted, whatever their retention, until somebody releases it.</p></div><div class="actions">${add}</div></div>
    ${list.problem ? html`<${ProblemBox} problem=${list.problem} onRetry=${list.again} />`
      : list.items.length ? html`<div class="ops-table"><${Table} caption="Legal holds" rows=${list.items} columns=${[
          { title: "Held", cell: Held }, { title: "Why", cell: (hold) => hold.reason },
          { title: "Since", cell: (hold) => html`<span class="nowrap">${ago(hold.at)}</span>` },
          { title: "State", cell: (hold) => (hold.released_at ? html`<span class="tag nowrap">released ${ago(hold.released_at)}</span>` : html`<span class="tag warn">held</span>`) },
          { title: html`<span class="only-read">Do</span>`, cell: (hold) => html`<div class="acts">${!hold.released_at && html`<button class="button small" type="button" aria-label=${`Release the hold on ${hold.account_id ?? hold.subject}`} onClick=${() => release(hold)}>Release</button>`}<${Trace} subject=${hold.id} /></div>` }]} /><${Pager} list=${list} one="hold" /></div>`
        : !list.loading && html`<div class="panel flush"><${EmptyState} icon="holds" title="Nothing is held" actions=${add}>For court orders and investigations: an account, an upload, a cluster or a case.<//></div>`}
    ${placing && html`<${Place} onPlaced=${placed} onClose=${() => setPlacing(false)} />`}
  </div>`;
}

function Held(hold) {
  if (hold.account_id !== null) return html`<span>the account <b>${hold.account_id}</b></span>`;
  const page = pageOf(hold.subject);
  return page ? html`<a class="mono" href=${href(page)}>${hold.subject}</a>` : html`<code>${hold.subject}</code>`;
}

function Place({ onPlaced, onClose }) {
  const [kind, setKind] = useState("account_id");
  const [held, setHeld] = useState("");
  const [reason, setReason] = useState("");
  const [state, setState] = useState({ busy: false, problem: null });
  const go = async (event) => {
    event.preventDefault();
    setState({ busy: true, problem: null });
    try {
      await post("/v1/holds", { [kind]: held.trim(), reason: reason.trim() }, { idempotent: true });
      onPlaced();
    } catch (problem) {
      setState({ busy: false, problem });
    }
  };
  return html`<${Dialog} title="Place a legal hold" onClose=${onClose}><form class="stack" onSubmit=${go}>
    <${Choice} label="What is held" value=${kind} onChange=${setKind} options=${[["account_id", "An account"], ["subject", "An upload, cluster or case"]]} />
    <${Field} label=${kind === "account_id" ? "Your name for the account" : "Its id"} value=${held} onInput=${setHeld} required autocomplete="off" placeholder=${kind === "account_id" ? "user-17" : "upl_…, clu_…, cas_…"} note=${kind === "account_id" ? "All that it uploaded and uploads." : null} />
    <${Field} label="Why" rows="3" value=${reason} onInput=${setReason} required placeholder="Court order 12 AR 7/26" />
    ${state.problem && html`<${ProblemBox} problem=${state.problem} />`}
    <div class="dialog-foot"><button class="button" type="button" onClick=${onClose}>Cancel</button><button class="button main" type="submit" disabled=${state.busy}>Hold it</button></div>
  </form><//>`;
}
