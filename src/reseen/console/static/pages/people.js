/* Who works here. */

import { html, useState } from "../lib/view.js";
import { patch, post } from "../lib/api.js";
import { session } from "../lib/session.js";
import { useLoaded } from "../lib/loaded.js";
import { ago, dated } from "../lib/words.js";
import { ask, Dialog } from "../parts/dialog.js";
import { EmptyState, Loading } from "../parts/empty-state.js";
import { Field } from "../parts/field.js";
import { Icon } from "../parts/icon.js";
import { ProblemBox } from "../parts/problem.js";
import { Secret } from "../parts/secret.js";
import { Table } from "../parts/table.js";
import { trace } from "../parts/trace.js";
import { toast, toastProblem } from "../parts/toast.js";

const ROLES = [["reviewer", "Reviewer: decides cases"], ["admin", "Admin: everything but keys and owners"], ["owner", "Owner: everything"]];
const STATES = { active: ["good", "active"], invited: ["warn", "invited"], locked_out: ["danger", "locked out"], disabled: ["danger", "disabled"] };

export default function People() {
  if (session.me.key)
    return html`<div class="page"><div class="page-head"><div><h1>People</h1><p>Who works here, and as what.</p></div></div>
      <div class="panel flush"><${EmptyState} icon="people" title="Sign in as a person for this">People are invited by people, so that the audit can name who did. You use a key now. On a server without people, its setup link makes the first owner.<//></div></div>`;
  return html`<${Staff} />`;
}

function Staff() {
  const { value, problem, again } = useLoaded("/console/api/people");
  const [open, setOpen] = useState(null);
  const { me } = session;
  const roles = me.role === "owner" ? ROLES : ROLES.filter(([role]) => role !== "owner");
  const mayTouch = (one) => me.role === "owner" || one.role !== "owner";
  const shown = (told) => {
    setOpen({ told });
    again();
  };
  const change = async (one, body, words) => {
    try {
      await patch(`/console/api/people/${encodeURIComponent(one.id)}`, body);
      toast(words);
    } catch (thrown) {
      toastProblem(thrown);
    }
    again();
  };
  const disable = async (one) => {
    if (one.state !== "disabled" && !(await ask({ title: `Disable ${one.name}?`, text: "They are signed out everywhere and cannot come in, until you enable them again. What they did stays in the audit.", yes: "Disable", danger: true }))) return;
    await change(one, { disabled: one.state !== "disabled" }, one.state === "disabled" ? `${one.name} may come in again.` : `${one.name} is signed out and cannot come in.`);
  };
  const invite = async (one) => {
    if (one.state === "active" && !(await ask({ title: `A new link for ${one.name}?`, text: "For somebody who is locked out: their sessions end, their password is forgotten, and the link lets them choose a new one.", yes: "Make a link", danger: true }))) return;
    try {
      shown(await post(`/console/api/people/${encodeURIComponent(one.id)}/invitation`));
    } catch (thrown) {
      toastProblem(thrown);
    }
  };
  return html`<div class="page">
    <div class="page-head"><div><h1>People</h1><p>Who works here, and as what. An invitation is a link that works once. Who leaves is disabled: names stay, as the audit tells by them who did what.</p></div>
      <div class="actions"><button class="button main" type="button" onClick=${() => setOpen({ inviting: true })}><${Icon} name="plus" />Invite somebody</button></div></div>
    ${problem && html`<${ProblemBox} problem=${problem} onRetry=${again} />`}
    ${!value && !problem && html`<${Loading} />`}
    ${value && html`<div class="ops-table"><${Table} caption="People" rows=${value.data} columns=${[
      { title: "Name", cell: (one) => html`<span>${one.name}${one.id === me.id && html` <span class="tag accent">you</span>`}</span>` },
      { title: "Role", cell: (one) => (one.id === me.id || !mayTouch(one) ? html`<span class="tag">${one.role}</span>`
        : html`<select class="input role" aria-label=${`Role of ${one.name}`} onChange=${(event) => change(one, { role: event.target.value }, `${one.name} is ${event.target.value} from now on.`)}>
            ${roles.map(([role]) => html`<option value=${role} selected=${role === one.role}>${role}</option>`)}</select>`) },
      { title: "State", cell: (one) => html`<span class=${`tag ${STATES[one.state][0]}`}>${STATES[one.state][1]}</span>${one.invited_until && html` <span class="note nowrap">until ${dated(one.invited_until)}</span>`}` },
      { title: "Signs in with", cell: (one) => ways(one) },
      { title: "Last sign-in", cell: (one) => html`<span class="nowrap">${one.signed_in_at ? ago(one.signed_in_at) : "never"}</span>` },
      { title: html`<span class="only-read">Do</span>`, cell: (one) => html`<div class="acts">
        ${one.id !== me.id && mayTouch(one) && html`<button class="button small" type="button" aria-label=${`New link for ${one.name}`} disabled=${one.state === "disabled"} onClick=${() => invite(one)}>New link</button>
          <button class="button small" type="button" aria-label=${`${one.state === "disabled" ? "Enable" : "Disable"} ${one.name}`} onClick=${() => disable(one)}>${one.state === "disabled" ? "Enable" : "Disable"}</button>`}
        <a class="button small quiet" href=${trace({ who: one.id })} aria-label=${`Audit of what ${one.name} did`}>Audit</a></div>` }]} /></div>`}
    ${open?.inviting && html`<${Invite} roles=${roles} onMade=${shown} onClose=${() => setOpen(null)} />`}
    ${open?.told && html`<${Secret} title=${`The link for ${open.told.person.name}`} label="the link" text=${open.told.invitation.link} onClose=${() => setOpen(null)}>
      Send it to ${open.told.person.name} and nobody else: it works once, until ${dated(open.told.invitation.expires_at)}.<//>`}
  </div>`;
}

function ways(one) {
  const all = [one.has_password && "password", one.passkeys > 0 && "passkey", one.oidc && "single sign-on"].filter(Boolean);
  return all.length ? all.join(", ") : html`<span class="muted">nothing yet</span>`;
}

function Invite({ roles, onMade, onClose }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState("reviewer");
  const [state, setState] = useState({ busy: false, problem: null });
  const go = async (event) => {
    event.preventDefault();
    setState({ busy: true, problem: null });
    try {
      onMade(await post("/console/api/people", { name: name.trim(), role }));
    } catch (problem) {
      setState({ busy: false, problem });
    }
  };
  return html`<${Dialog} title="Invite somebody" onClose=${onClose}><form class="stack" onSubmit=${go}>
    <${Field} label="Name" value=${name} onInput=${setName} required maxlength="80" autocomplete="off" note="They sign in by it, and the audit calls them so." />
    <${Field} label="Role" value=${role} options=${roles} onInput=${setRole} />
    ${state.problem && html`<${ProblemBox} problem=${state.problem} />`}
    <div class="dialog-foot"><button class="button" type="button" onClick=${onClose}>Cancel</button><button class="button main" type="submit" disabled=${state.busy}>Make the link</button></div>
  </form><//>`;
}
