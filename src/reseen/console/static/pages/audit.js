/* What was done and looked at, by whom, and the proof that it is so. */

import { html, useState } from "../lib/view.js";
import { get } from "../lib/api.js";
import { deed, doer, KINDS, pageOf } from "../lib/deeds.js";
import { save } from "../lib/download.js";
import { href, setQuery, usePlace } from "../lib/router.js";
import { useLoaded } from "../lib/loaded.js";
import { count, dated, whole } from "../lib/words.js";
import { Dialog } from "../parts/dialog.js";
import { EmptyState } from "../parts/empty-state.js";
import { Field } from "../parts/field.js";
import { Pager, useList } from "../parts/pager.js";
import { ProblemBox } from "../parts/problem.js";
import { trace } from "../parts/trace.js";
import { toastProblem } from "../parts/toast.js";

const FILTERS = ["who", "what", "subject", "since", "until"];

/** A time of the form, in this browser's zone, as the server wants it; and back. */
const toServer = (local) => (local ? new Date(local).toISOString() : "");
const toLocal = (moment) => {
  if (!moment) return "";
  const at = new Date(moment);
  return new Date(at.getTime() - 60_000 * at.getTimezoneOffset()).toISOString().slice(0, 16);
};

export default function Audit() {
  const { query } = usePlace();
  const asked = Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? ""]));
  const list = useList("/v1/audit", { ...asked, limit: 25 });
  const [verifying, setVerifying] = useState(false);
  const isFiltered = FILTERS.some((name) => asked[name]);
  const exported = (format) => save("/v1/audit/export", { ...asked, format }, `audit.${format}`).catch(toastProblem);
  return html`<div class="page">
    <div class="page-head"><div><h1>Audit</h1><p>What was done and looked at, by whom. Nothing in it can be changed unseen: each entry holds the digest of the one before.</p></div>
      <div class="actions"><button class="button main" type="button" onClick=${() => setVerifying(true)}>Verify the chain</button><button class="button" type="button" onClick=${() => exported("jsonl")}>Export JSON lines</button><button class="button" type="button" onClick=${() => exported("csv")}>Export CSV</button></div></div>
    <${Filter} key=${FILTERS.map((name) => asked[name]).join("|")} asked=${asked} isFiltered=${isFiltered} />
    ${asked.subject.startsWith("dec_") && html`<${OfDecision} key=${asked.subject} id=${asked.subject} />`}
    ${list.problem ? html`<${ProblemBox} problem=${list.problem} onRetry=${list.again} />`
      : list.items.length ? html`<div><div class="entries">${list.items.map((one) => html`<${Entry} key=${one.position} entry=${one} />`)}</div><${Pager} list=${list} one="entry" many="entries" /></div>`
        : !list.loading && html`<div class="panel flush"><${EmptyState} icon="audit" title=${isFiltered ? "Nothing like that was done" : "Nothing was done yet"}
            actions=${isFiltered && html`<button class="button" type="button" onClick=${() => setQuery(Object.fromEntries(FILTERS.map((name) => [name, ""])))}>Show everything</button>`}>Decisions, sign-ins, every look at media: all of it is written down here.<//></div>`}
    ${verifying && html`<${Verify} onClose=${() => setVerifying(false)} />`}
  </div>`;
}

function Filter({ asked, isFiltered }) {
  const [now, setNow] = useState({ ...asked, since: toLocal(asked.since), until: toLocal(asked.until) });
  const set = (name) => (value) => setNow((before) => ({ ...before, [name]: value }));
  const known = now.what && !KINDS.some(([what]) => what === now.what) ? [[now.what, now.what]] : [];
  const go = (event) => {
    event.preventDefault();
    setQuery({ ...now, who: now.who.trim(), subject: now.subject.trim(), since: toServer(now.since), until: toServer(now.until) });
  };
  return html`<form class="panel ops-form" role="search" aria-label="Filter the audit" onSubmit=${go}>
    <${Field} label="Done to" value=${now.subject} onInput=${set("subject")} placeholder="dec_…, upl_…, key_…" autocomplete="off" spellcheck=${false} />
    <${Field} label="Who" value=${now.who} onInput=${set("who")} placeholder="key_…, per_…, reseen" autocomplete="off" spellcheck=${false} />
    <${Field} label="What" value=${now.what} onInput=${set("what")} options=${[["", "anything"], ...KINDS, ...known]} />
    <${Field} label="From" type="datetime-local" value=${now.since} onInput=${set("since")} />
    <${Field} label="Before" type="datetime-local" value=${now.until} onInput=${set("until")} />
    <div class="row"><button class="button" type="submit">Filter</button>
      ${isFiltered && html`<button class="button quiet" type="button" onClick=${() => setQuery(Object.fromEntries(FILTERS.map((name) => [name, ""])))}>Clear</button>`}</div>
  </form>`;
}

/** A decision is written down under its case; what ended it, under its own id. */
function OfDecision({ id }) {
  const { value } = useLoaded(`/v1/decisions/${encodeURIComponent(id)}`);
  return value && html`<p class="panel">That it was made is written down under its case: <a class="mono" href=${trace({ subject: value.case_id })}>${value.case_id}</a>. What became of it is below.</p>`;
}

function Entry({ entry }) {
  const page = pageOf(entry.subject);
  const detail = Object.keys(entry.detail).length > 0;
  return html`<details class="entry"><summary><span class="when">${dated(entry.at)}</span>
      <span class="told"><b>${doer(entry)}</b> ${deed(entry.what)}${entry.reason && html` <span class="muted">“${entry.reason}”</span>`} <span class="note mono">${entry.subject}</span></span>
      ${entry.sensitive ? html`<span class="tag warn">media seen</span>` : html`<span class="note">${entry.position}</span>`}</summary>
    <dl class="facts">
      <dt>What</dt><dd><a class="mono" href=${trace({ what: entry.what })}>${entry.what}</a></dd>
      <dt>Done to</dt><dd><a class="mono" href=${trace({ subject: entry.subject })}>${entry.subject}</a>${page && html` <a href=${href(page)}>Open it</a>`}</dd>
      <dt>Who</dt><dd><a class="mono" href=${trace({ who: entry.who })}>${entry.who}</a>, ${entry.role}</dd>
      ${entry.reason && html`<dt>Reason</dt><dd>${entry.reason}</dd>`}
      ${entry.policy_id && html`<dt>Policy</dt><dd><code>${entry.policy_id}</code></dd>`}
      <dt>When</dt><dd><code>${entry.at}</code></dd>
      ${entry.request_id && html`<dt>Request</dt><dd><code>${entry.request_id}</code></dd>`}
      ${detail && html`<dt>Details</dt><dd><pre tabindex="0" role="region" aria-label="Details">${JSON.stringify(entry.detail, null, 2)}</pre></dd>`}
      <dt>Digest</dt><dd><code>${entry.digest}</code></dd>
    </dl></details>`;
}

function Verify({ onClose }) {
  const [state, setState] = useState({ busy: false, told: null, problem: null });
  const [head, setHead] = useState("");
  const go = async (event) => {
    event.preventDefault();
    setState({ busy: true, told: null, problem: null });
    try {
      setState({ busy: false, told: await get("/v1/audit/verify", { query: { head: head.trim() } }), problem: null });
    } catch (problem) {
      setState({ busy: false, told: null, problem });
    }
  };
  const { told } = state;
  return html`<${Dialog} title="Is it as it was written?" onClose=${onClose}><form class="stack" onSubmit=${go}>
    <p>Every entry is held against the one before it, from the first on.</p>
    <${Field} label="A digest that you noted before (optional)" value=${head} onInput=${setHead} pattern="[0-9a-f]{64}" autocomplete="off" spellcheck=${false} note="With it, entries that were cut off at the end are noticed, too." />
    ${state.problem && html`<${ProblemBox} problem=${state.problem} />`}
    ${told && html`<div role="status" class="stack tight"><p><span class=${told.holds ? "tag good" : "tag danger"}>${told.holds ? "It holds" : "It does not hold"}</span>
        ${" "}${count(told.entries, "entry", "entries")} verified${told.broken_at ? `, broken at ${whole(told.broken_at)}` : ""}${told.problem ? `: ${told.problem}` : ""}.${told.head_at ? ` The digest is that of entry ${whole(told.head_at)}.` : ""}</p>
      <p class="note">Digest of the last: <code class="whole">${told.head}</code>. Keep it where nobody who could change the audit can change it.</p></div>`}
    <div class="dialog-foot"><button class="button main" type="submit" disabled=${state.busy}>${state.busy ? "Reading all of it…" : "Verify now"}</button></div>
  </form><//>`;
}
