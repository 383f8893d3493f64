/* References that match far too much: until then what matches them is reviewed at most. */

import { html, useEffect, useState } from "../lib/view.js";
import { get, post, remove } from "../lib/api.js";
import { doer } from "../lib/deeds.js";
import { asLocal, fromLocal } from "../lib/holdings.js";
import { useKeys } from "../lib/keys.js";
import { href } from "../lib/router.js";
import { can } from "../lib/session.js";
import { ago, dated } from "../lib/words.js";
import { ask, Dialog } from "../parts/dialog.js";
import { EmptyState, Loading } from "../parts/empty-state.js";
import { Field } from "../parts/field.js";
import { Icon } from "../parts/icon.js";
import { Pager, useList } from "../parts/pager.js";
import { ProblemBox } from "../parts/problem.js";
import { Table } from "../parts/table.js";
import { toast, toastProblem } from "../parts/toast.js";
import { Trace } from "../parts/trace.js";

const DAY = 86_400_000;

export default function Quarantines() {
  const list = useList("/v1/quarantines", { limit: 50 });
  const [placing, setPlacing] = useState(false);
  const names = useNames(list.items);
  const doers = useDoers(list.items);
  const manages = can("manage");
  useKeys("Quarantines", manages ? { n: ["put a reference into quarantine", () => setPlacing(true)] } : {});
  const name = (id) => names[id]?.name ?? id;
  const lift = async ({ reference_id: id }) => {
    if (!(await ask({ title: `Lift the quarantine of ${name(id)}?`, text: "From the next upload on, what matches it is removed again wherever its bank or a policy says so.", yes: "Lift it", danger: true }))) return;
    remove(`/v1/quarantines/${encodeURIComponent(id)}`, { idempotent: true }).then(() => { toast(`${name(id)} acts again.`); list.again(); }, toastProblem);
  };
  const placed = (held) => { setPlacing(false); toast(`In quarantine until ${dated(held.until)}.`); list.again(); };
  const add = manages && html`<button class="button main" type="button" onClick=${() => setPlacing(true)}><${Icon} name="plus" />Put into quarantine</button>`;
  const columns = [
    { title: "Reference", cell: ({ reference_id: id }) => html`<span class="held">${names[id] ? html`<a href=${href(`/banks/${names[id].bank_id}?reference=${encodeURIComponent(id)}`)}>${names[id].name}</a>` : html`<span>${id}</span>`}<code class="note">${id}</code></span>` },
    { title: "Why", cell: ({ why }) => html`<span class="says">${why}</span>` },
    ...(doers ? [{ title: "By", cell: ({ reference_id: id }) => html`<span class="nowrap"><span class="at-small muted">by </span>${doers[id] ?? "–"}</span>` }] : []),
    { title: "Since", cell: ({ since }) => html`<span class="nowrap muted" title=${dated(since)}><span class="at-small">since </span>${ago(since)}</span>` },
    { title: "Until", cell: ({ until }) => html`<span class="nowrap" title=${ago(until)}><span class="at-small muted">until </span>${dated(until)}</span>` },
    { title: html`<span class="only-read">Do</span>`, cell: (one) => html`<div class="quarantine-acts">${manages && html`<button class="button small" type="button" aria-label=${`Lift the quarantine of ${name(one.reference_id)}`} onClick=${() => lift(one)}>Lift</button>`}<${Trace} subject=${one.reference_id} /></div>` },
  ];
  return html`<div class="page quarantines">
    <div class="page-head"><div><h1>Quarantines</h1><p>References that suddenly matched far too much, such as a title card. What matches one is reviewed and not removed, until its quarantine ends or is lifted.</p></div>${add && html`<div class="actions">${add}</div>`}</div>
    ${list.problem && html`<${ProblemBox} problem=${list.problem} onRetry=${list.again} />`}
    ${list.loading && !list.items.length && html`<${Loading} />`}
    ${list.items.length > 0 && html`<div class="versions"><${Table} caption="Quarantines" columns=${columns} rows=${list.items} idOf=${(row) => row.reference_id} /><${Pager} list=${list} one="quarantine" /></div>`}
    ${!list.items.length && !list.loading && !list.problem && html`<div class="panel flush"><${EmptyState} icon="quarantines" title="Nothing is in quarantine" actions=${add}>When a reference suddenly matches a flood of unlike uploads, reseen puts it here by itself and says why.<//></div>`}
    ${placing && html`<${Place} onPlaced=${placed} onClose=${() => setPlacing(false)} />`}
  </div>`;
}

/** What the references are called, and their banks, as far as they are there still. */
function useNames(items) {
  const [names, setNames] = useState({});
  const wanted = items.map((one) => one.reference_id).join(" ");
  useEffect(() => {
    let gone = false;
    for (const { reference_id: id } of items) {
      if (names[id]) continue;
      get(`/v1/references/${encodeURIComponent(id)}`).then((one) => gone || setNames((now) => ({ ...now, [id]: one })), () => {});
    }
    return () => { gone = true; };
  }, [wanted]);
  return names;
}

/** Who put them there, by the audit; null for whoever may not read it. */
function useDoers(items) {
  const [doers, setDoers] = useState(null);
  const wanted = items.map((one) => one.reference_id + one.until).join(" ");
  useEffect(() => {
    if (!can("audit") || !items.length) return undefined;
    const ending = new AbortController();
    get("/v1/audit", { query: { what: "reference.quarantined", limit: 1000 }, signal: ending.signal }).then(
      ({ data }) => setDoers(Object.fromEntries([...data].reverse().map((entry) => [entry.subject, doer(entry)]))),
      () => {},
    );
    return () => ending.abort();
  }, [wanted]);
  return doers;
}

function Place({ onPlaced, onClose }) {
  const [reference, setReference] = useState("");
  const [until, setUntil] = useState(asLocal(Date.now() + 7 * DAY));
  const [why, setWhy] = useState("");
  const [state, setState] = useState({ busy: false, problem: null });
  const typed = (set) => (text) => { setState({ busy: false, problem: null }); set(text); };
  const go = async (event) => {
    event.preventDefault();
    setState({ busy: true, problem: null });
    try {
      onPlaced(await post("/v1/quarantines", { reference_id: reference.trim(), until: until ? fromLocal(until) : "", why: why.trim() }, { idempotent: true }));
    } catch (problem) {
      setState({ busy: false, problem });
    }
  };
  const { problem } = state;
  const at = problem?.field ?? (problem?.code === "not_found" ? "reference_id" : null);
  const wrong = (field) => (at === field ? problem.message.replace(`${field}: `, "") : null);
  return html`<${Dialog} title="Put a reference into quarantine" onClose=${onClose}><form class="stack" onSubmit=${go} novalidate>
    <p class="muted">What matches it is reviewed at most, from the next upload on. Whatever is wrong for longer than 90 days is better disabled or deleted.</p>
    <${Field} label="Id of the reference" value=${reference} wrong=${wrong("reference_id")} onInput=${typed(setReference)} placeholder="ref_…" autocomplete="off" note="As its page in the bank shows it. One in quarantine already stays there, with the new end." />
    <${Field} label="Until" type="datetime-local" value=${until} wrong=${wrong("until")} onInput=${typed(setUntil)} note="At most 90 days from now." />
    <${Field} label="Why" rows="3" value=${why} wrong=${wrong("why")} onInput=${typed(setWhy)} placeholder="A title card that every news programme shows." />
    ${problem && !["reference_id", "until", "why"].includes(at) && html`<${ProblemBox} problem=${problem} />`}
    <div class="dialog-foot"><button class="button" type="button" onClick=${onClose}>Cancel</button><button class="button main" type="submit" disabled=${state.busy}>Put into quarantine</button></div>
  </form><//>`;
}
