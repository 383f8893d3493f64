/* One bank: what it holds, what comes in, from which score on it matches. */

import { html, useState } from "../lib/view.js";
import { patch, remove } from "../lib/api.js";
import { asks, ROLE_TONES, roleWords, standing, useAnswer } from "../lib/holdings.js";
import { navigate, href, setQuery, usePlace } from "../lib/router.js";
import { can } from "../lib/session.js";
import { ago, count, dated, duration } from "../lib/words.js";
import { BankForm } from "../parts/bank-form.js";
import { ask, Dialog } from "../parts/dialog.js";
import { EmptyState, Loading } from "../parts/empty-state.js";
import { Choice, Field } from "../parts/field.js";
import { Gather } from "../parts/gather.js";
import { Pager, useList } from "../parts/pager.js";
import { ProblemBox } from "../parts/problem.js";
import { ReferenceCard } from "../parts/reference-card.js";
import { Table } from "../parts/table.js";
import { Thresholds } from "../parts/thresholds.js";
import { toast, toastProblem } from "../parts/toast.js";

export default function BankPage({ id }) {
  const { value: bank, problem, again, set } = useAnswer(`/v1/banks/${encodeURIComponent(id)}`);
  const { query } = usePlace();
  const [editing, setEditing] = useState(false);
  if (problem && !bank) return html`<div class="page"><${ProblemBox} problem=${problem} onRetry=${again} /></div>`;
  if (!bank) return html`<${Loading} />`;
  const tabs = [["references", "References"], can("add") && ["add", "Add"], ["thresholds", "Thresholds"]].filter(Boolean);
  const tab = tabs.some(([name]) => name === query.get("tab")) ? query.get("tab") : "references";
  const gone = async () => {
    const text = `The bank ${bank.name} goes at once and for good, with ${count(bank.references, "reference")}. To stop it from matching and keep what it holds, turn it off instead.`;
    if (!(await ask({ title: `Delete ${bank.name}?`, text, yes: "Delete the bank", danger: true }))) return;
    remove(`/v1/banks/${bank.id}`, { idempotent: true }).then(() => { toast(`The bank ${bank.name} was deleted.`); navigate("/banks"); }, toastProblem);
  };
  const turn = () => patch(`/v1/banks/${bank.id}`, { enabled: !bank.enabled }, { idempotent: true }).then(set, toastProblem);
  return html`<div class="page bank">
    <div class="page-head">
      <div><a class="note back" href=${href("/banks")}>Banks</a><h1>${bank.name}</h1>
        <p class="row"><span class="tag ${ROLE_TONES[bank.role]}">${roleWords(bank.role)}</span>${!bank.enabled && html`<span class="tag warn">off</span>`}<span>${count(bank.references, "reference")}. ${asks(bank)}${bank.retention_s ? ` Kept ${duration(bank.retention_s)}.` : ""}</span></p></div>
      ${can("manage") && html`<div class="actions"><button class="button" type="button" onClick=${() => setEditing(true)}>Edit</button>
        <button class="button" type="button" onClick=${turn}>${bank.enabled ? "Turn off" : "Turn on"}</button>
        <button class="button danger" type="button" onClick=${gone}>Delete</button></div>`}
    </div>
    <${Choice} label="What to look at" value=${tab} options=${tabs} onChange=${(name) => setQuery({ tab: name === "references" ? null : name })} />
    ${tab === "references" && html`<${References} bank=${bank} onChanged=${again} />`}
    ${tab === "add" && html`<${Gather} bank=${bank} onChanged=${again} />`}
    ${tab === "thresholds" && html`<${Thresholds} bank=${bank} onSaved=${set} />`}
    ${editing && html`<${Dialog} title=${`Edit ${bank.name}`} onClose=${() => setEditing(false)}><${BankForm} bank=${bank} onDone=${(now) => { set(now); setEditing(false); toast("Saved. It holds from the next search on."); }} onCancel=${() => setEditing(false)} /><//>`}
  </div>`;
}

const KINDS = { image: "Picture", video: "Film", audio: "Sound" };
const FILTERS = ["name", "label", "kind", "state"];
const KIND_CHOICES = [["", "Any"], ...Object.entries(KINDS), ["hash", "Hashes alone"]];
const STATE_CHOICES = [["", "Any"], ["active", "Active"], ["disabled", "Disabled"], ["expired", "Expired"]];

function References({ bank, onChanged }) {
  const { query } = usePlace();
  const asked = Object.fromEntries(FILTERS.map((one) => [one, query.get(one) ?? ""]));
  const some = FILTERS.some((one) => asked[one]);
  const open = query.get("reference");
  const [typed, setTyped] = useState({ name: asked.name, label: asked.label });
  const list = useList("/v1/references", { bank: bank.id, ...asked, limit: 50 });
  const search = (event) => { event.preventDefault(); setQuery({ name: typed.name.trim(), label: typed.label.trim() }); };
  const choose = (label) => { setTyped({ ...typed, label }); setQuery({ label }); };
  const all = () => { setTyped({ name: "", label: "" }); setQuery(Object.fromEntries(FILTERS.map((one) => [one, null]))); };
  const columns = [
    { title: "Reference", cell: (one) => html`<button class="as-link" type="button" onClick=${() => setQuery({ reference: one.id })}><span class="cut wide">${one.name}</span></button>` },
    { title: "Kind", cell: (one) => html`<span class="nowrap">${KINDS[one.media_type] ?? "Hash"}${one.duration ? html` <span class="muted">${duration(one.duration)}</span>` : ""}</span>` },
    { title: "Labels", cell: (one) => html`<span class="row labels">${one.labels.map((name) => html`<button class="tag" type="button" aria-label=${`Only with the label ${name}`} onClick=${() => choose(name)}>${name}</button>`)}</span>` },
    { title: "Stands", cell: (one) => html`<${Standing} reference=${one} />` },
    { title: "Added", cell: (one) => html`<span class="nowrap muted" title=${dated(one.created_at)}>${ago(one.created_at)}</span>` },
  ];
  const changed = () => { list.again(); onChanged(); };
  return html`<section class="stack" aria-label="References">
    <form class="row filter" onSubmit=${search} role="search">
      <${Field} label="Name" value=${typed.name} onInput=${(name) => setTyped({ ...typed, name })} placeholder="a part of it" />
      <${Field} label="Label" value=${typed.label} onInput=${(label) => setTyped({ ...typed, label })} placeholder="exactly as it was given" />
      <${Field} label="Kind" value=${asked.kind} onInput=${(kind) => setQuery({ kind })} options=${KIND_CHOICES} />
      <${Field} label="State" value=${asked.state} onInput=${(state) => setQuery({ state })} options=${STATE_CHOICES} />
      <button class="button" type="submit">Filter</button>${some && html`<button class="button quiet" type="button" onClick=${all}>Show all</button>`}</form>
    ${list.problem && html`<${ProblemBox} problem=${list.problem} onRetry=${list.again} />`}
    ${list.items.length > 0 && html`<${Table} caption=${`References of ${bank.name}`} columns=${columns} rows=${list.items} onOpen=${({ id }) => setQuery({ reference: id })} />`}
    ${!list.items.length && !list.loading && !list.problem && (some
      ? html`<div class="panel"><${EmptyState} icon="search" title="No reference is like this" actions=${html`<button class="button" type="button" onClick=${all}>Show all</button>`}>A part of the name is enough; labels are compared letter by letter.<//></div>`
      : html`<div class="panel"><${EmptyState} icon="banks" title="This bank is empty" actions=${can("add") && html`<button class="button main" type="button" onClick=${() => setQuery({ tab: "add" })}>Add references</button>`}>Drop files, a folder or a list of hashes; fingerprints are kept, the files are not.<//></div>`)}
    ${(list.items.length > 0 || list.loading) && html`<${Pager} list=${list} one="reference" />`}
    ${open && html`<${Dialog} title="Reference" kind="wide" onClose=${() => setQuery({ reference: null })}><${ReferenceCard} id=${open} onChanged=${changed} onGone=${() => { setQuery({ reference: null }); changed(); }} /><//>`}
  </section>`;
}

export function Standing({ reference }) {
  const { words, tone, until } = standing(reference);
  return html`<span class="tag ${tone}" title=${until ? dated(until) : undefined}>${words}${until ? ` ${ago(until)}` : ""}</span>`;
}
