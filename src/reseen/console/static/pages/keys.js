/* Keys: what programs call with. */

import { html, useState } from "../lib/view.js";
import { post, remove } from "../lib/api.js";
import { ago } from "../lib/words.js";
import { ask, Dialog } from "../parts/dialog.js";
import { EmptyState } from "../parts/empty-state.js";
import { Check, Field } from "../parts/field.js";
import { Icon } from "../parts/icon.js";
import { Pager, useList } from "../parts/pager.js";
import { ProblemBox } from "../parts/problem.js";
import { Secret } from "../parts/secret.js";
import { Table } from "../parts/table.js";
import { Trace } from "../parts/trace.js";
import { toast, toastProblem } from "../parts/toast.js";

const ROLES = [
  ["service", "Service: match, search and submit uploads"], ["reviewer", "Reviewer: decide cases"],
  ["admin", "Admin: everything but keys"], ["owner", "Owner: everything"],
];
const HOUR_S = 3600;

const isOver = (key) => key.revoked_at !== null && new Date(key.revoked_at) <= new Date();

export default function Keys() {
  const list = useList("/v1/keys");
  const [open, setOpen] = useState(null);
  const [all, setAll] = useState(false);
  const shut = () => setOpen(null);
  const show = (made) => {
    setOpen({ made });
    list.again();
  };
  const revoke = async (key) => {
    const name = key.label || key.hint;
    if (!(await ask({ title: `Revoke ${name}?`, text: "Whoever uses it is refused from now on. This cannot be taken back.", yes: "Revoke", danger: true }))) return;
    try {
      await remove(`/v1/keys/${encodeURIComponent(key.id)}`);
      toast(`${name} is refused from now on.`);
      list.again();
    } catch (problem) {
      toastProblem(problem);
    }
  };
  const shown = all ? list.items : list.items.filter((key) => !isOver(key));
  const over = list.items.length - list.items.filter((key) => !isOver(key)).length;
  const add = html`<button class="button main" type="button" onClick=${() => setOpen({ making: true })}><${Icon} name="plus" />New key</button>`;
  return html`<div class="page">
    <div class="page-head"><div><h1>Keys</h1><p>Programs call with a key, people sign in. A key speaks for this project in a role; its secret is shown once.</p></div><div class="actions">${add}</div></div>
    ${list.problem ? html`<${ProblemBox} problem=${list.problem} onRetry=${list.again} />`
      : list.items.length ? html`<div class="stack">
          ${over > 0 && html`<${Check} label=${`Show revoked ones (${over})`} checked=${all} onChange=${setAll} />`}
          <div class="ops-table"><${Table} caption="Keys" rows=${shown} columns=${[
            { title: "Label", cell: (key) => html`<span>${key.label || html`<span class="muted">without a label</span>`}</span>` },
            { title: "Begins", cell: (key) => html`<code class="nowrap">${key.hint}…</code>` },
            { title: "Role", cell: (key) => html`<span class="tag">${key.role}</span>` },
            { title: "Last used", cell: (key) => html`<span class="nowrap">${key.last_used_at ? ago(key.last_used_at) : "never"}</span>` },
            { title: "State", cell: State },
            { title: html`<span class="only-read">Do</span>`, cell: (key) => html`<div class="acts">
              ${!key.revoked_at && html`<button class="button small" type="button" aria-label=${`Replace ${key.label || key.hint}`} onClick=${() => setOpen({ replacing: key })}>Replace</button>`}
              ${!isOver(key) && html`<button class="button small danger" type="button" aria-label=${`Revoke ${key.label || key.hint}`} onClick=${() => revoke(key)}>Revoke</button>`}
              <${Trace} subject=${key.id} /></div>` }]} /></div><${Pager} list=${list} one="key" /></div>`
        : !list.loading && html`<div class="panel flush"><${EmptyState} icon="keys" title="No keys" actions=${add}>A program needs one to call.<//></div>`}
    ${open?.making && html`<${Make} onMade=${show} onClose=${shut} />`}
    ${open?.replacing && html`<${Replace} held=${open.replacing} onMade=${show} onClose=${shut} />`}
    ${open?.made && html`<${Secret} title="The key's secret" label="the secret" text=${open.made.secret} onClose=${shut}>Send it as <code>Authorization: Bearer …</code> or <code>x-rapidapi-key</code>.<//>`}
  </div>`;
}

function State(key) {
  if (isOver(key)) return html`<span class="tag danger">revoked</span>`;
  if (key.revoked_at) return html`<span class="tag warn">works ${ago(key.revoked_at).replace("in ", "for ")} more</span>`;
  return html`<span class="tag good">works</span>`;
}

function Form({ title, yes, path, body, onMade, onClose, children }) {
  const [state, setState] = useState({ busy: false, problem: null });
  const go = async (event) => {
    event.preventDefault();
    setState({ busy: true, problem: null });
    try {
      onMade(await post(path, body));
    } catch (problem) {
      setState({ busy: false, problem });
    }
  };
  return html`<${Dialog} title=${title} onClose=${onClose}><form class="stack" onSubmit=${go}>${children}
    ${state.problem && html`<${ProblemBox} problem=${state.problem} />`}
    <div class="dialog-foot"><button class="button" type="button" onClick=${onClose}>Cancel</button><button class="button main" type="submit" disabled=${state.busy}>${yes}</button></div>
  </form><//>`;
}

function Make({ onMade, onClose }) {
  const [label, setLabel] = useState("");
  const [role, setRole] = useState("service");
  return html`<${Form} title="New key" yes="Make it" path="/v1/keys" body=${{ label: label.trim(), role }} onMade=${onMade} onClose=${onClose}>
    <${Field} label="What it is for" value=${label} onInput=${setLabel} placeholder="upload pipeline" maxlength="200" />
    <${Field} label="What it may do" value=${role} options=${ROLES} onInput=${setRole} /><//>`;
}

function Replace({ held, onMade, onClose }) {
  const [linger, setLinger] = useState(String(HOUR_S));
  return html`<${Form} title=${`Replace ${held.label || held.hint}`} yes="Replace it" path=${`/v1/keys/${encodeURIComponent(held.id)}/rotate`} body=${{ linger_s: Number(linger) }} onMade=${onMade} onClose=${onClose}>
    <p>A new key of the same role takes its place.</p>
    <${Field} label="The old one works on for" value=${linger} onInput=${setLinger} options=${[["0", "no time: it is refused at once"], [String(HOUR_S), "an hour"], [String(24 * HOUR_S), "a day"], [String(168 * HOUR_S), "a week"]]} /><//>`;
}
