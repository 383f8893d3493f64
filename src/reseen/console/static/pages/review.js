/* The queue: clusters that wait for somebody, the most urgent first. One look decides all of one. */

import { html, useEffect, useRef, useState } from "../lib/view.js";
import { useKeys } from "../lib/keys.js";
import { banks as readBanks, isMine, isOthers, lookAhead, me, remember, revisit, take, takeNext } from "../lib/desk.js";
import { reachWords, reasonWords, severityTone, severityWords } from "../lib/case-words.js";
import { can } from "../lib/session.js";
import { ago, count } from "../lib/words.js";
import { href, navigate, setQuery, usePlace } from "../lib/router.js";
import { Covered } from "../parts/covered.js";
import { Choice } from "../parts/field.js";
import { EmptyState, Loading } from "../parts/empty-state.js";
import { Icon } from "../parts/icon.js";
import { Pager, useList } from "../parts/pager.js";
import { ProblemBox } from "../parts/problem.js";
import { Proposals } from "../parts/proposals.js";
import { Submitted, TryBurst } from "../parts/submit.js";
import { ShiftBar } from "../parts/shift-bar.js";
import { Spread } from "../parts/spread.js";
import { useUndo } from "../parts/use-undo.js";
import { toast, toastProblem } from "../parts/toast.js";

const STATES = [["open", "Waiting"], ["appealed", "Appealed"], ["decided", "Decided"]];
const FULL = 200;

export default function Review() {
  const { query } = usePlace();
  const state = query.get("state") ?? "open";
  const list = useList("/v1/briefs", { state, limit: FULL });
  const [at, setAt] = useState(0);
  const [busy, setBusy] = useState(false);
  const [banks, setBanks] = useState(null);
  const undo = useUndo(() => list.again());
  const rows = useRef();
  const here = list.items[at];
  list.items.forEach(remember);
  useEffect(() => { lookAhead().catch(() => {}); readBanks().then(setBanks, () => {}); }, []);
  useEffect(() => setAt(0), [state]);
  const move = (step) => {
    const to = Math.min(Math.max(at + step, 0), list.items.length - 1);
    setAt(to);
    const link = rows.current?.children[to]?.querySelector("a");
    link?.focus({ preventScroll: true });
    link?.scrollIntoView({ block: "nearest" });
  };
  const start = async () => {
    if (busy) return;
    setBusy(true);
    revisit();
    try {
      const id = await takeNext();
      if (id) navigate(`/review/${id}`);
      else toast("Nothing waits that nobody else has.");
    } catch (problem) {
      toastProblem(problem);
    } finally {
      setBusy(false);
    }
  };
  const claim = async () => {
    if (!here) return;
    try {
      await take(here.case.id);
      navigate(`/review/${here.case.id}`);
    } catch (problem) {
      toastProblem(problem);
    }
  };
  useKeys("Review", {
    s: ["start: take the next case", start],
    j: ["next in the list", () => move(1)],
    k: ["the one before", () => move(-1)],
    ArrowDown: ["next in the list", () => move(1), { hidden: true }],
    ArrowUp: ["the one before", () => move(-1), { hidden: true }],
    Enter: ["open it", () => here && navigate(`/review/${here.case.id}`)],
    c: ["claim it and open it", claim],
    u: ["undo the last decision", undo.last],
  });
  return html`<div class="page review">
    <div class="page-head"><div><h1>Review</h1><p>Near-copies are one: what you decide of one holds for all of its cluster.</p></div>
      <div class="actions"><button class="button main" type="button" onClick=${start} aria-disabled=${String(busy)}>Start reviewing <kbd>s</kbd></button></div></div>
    <${ShiftBar} />
    <${Submitted} onAnswered=${list.again} brief />
    <${Proposals} onDone=${list.again} />
    <div class="row apart"><${Choice} label="Which cases" value=${state} options=${STATES} onChange=${(to) => setQuery({ state: to === "open" ? null : to })} />
      <p class="note">Press <kbd>?</kbd> for what the keyboard does.</p></div>
    ${list.problem && html`<${ProblemBox} problem=${list.problem} onRetry=${list.again} />`}
    ${list.loading && !list.items.length ? html`<${Loading} />` : !list.items.length && !list.problem ? html`<${Nothing} state=${state} />` : html`
      <ul class="queue" ref=${rows}>${list.items.map((brief, i) => html`<${Row} key=${brief.case.id} brief=${brief} banks=${banks} on=${i === at} onFocus=${() => setAt(i)} />`)}</ul>
      <${Pager} list=${list} one="case" />`}
    ${undo.dialog}
  </div>`;
}

const NOTHING = {
  open: ["Nothing waits", "The queue is empty. Uploads that match a bank which asks for review, and uploads that somebody reports, appear here as clusters."],
  appealed: ["No appeals wait", "Cases whose uploaders ask for another look appear here."],
  decided: ["Nothing is decided yet", "What was decided can be found here, looked at again and undone."],
};

const Nothing = ({ state }) => html`<div class="panel"><${EmptyState} icon="review" title=${NOTHING[state][0]}
  actions=${state === "open" && can("upload") && html`<${TryBurst} /><a class="button" href=${href("/uploads")}>Submit uploads</a>`}>${NOTHING[state][1]}<//></div>`;

function Row({ brief, banks, on, onFocus }) {
  const { case: kase, cluster, upload, medium } = brief;
  return html`<li class="queued ${on ? "on" : ""}" onFocusIn=${onFocus}>
    <${Covered} uploadId=${upload?.id} medium=${medium} kept=${upload?.media_kept ?? false} name="representative" small />
    <div class="queued-words">
      <a class="title" href=${href(`/review/${kase.id}`)}>${count(cluster.members, "member")}, ${count(cluster.accounts, "account")}</a>
      <p class="cut" title=${kase.why}>${sentence(kase.why)}</p>
      <p class="note cut">${upload?.reasons[0] ? reasonWords(upload.reasons[0], banks) : "It matched no bank."}</p>
    </div>
    <${Spread} arrivals=${brief.arrivals} />
    <div class="queued-facts note"><span>${count(cluster.uploads, "upload")}</span><span>${reachWords(cluster.reach)}</span><span>waits ${ago(kase.opened_at).replace(" ago", "")}</span></div>
    <div class="tags"><span class="tag ${severityTone(kase.severity)}" title=${`Severity ${kase.severity} of 100`}>${severityWords(kase.severity)}</span>
      ${cluster.bursting_since && html`<span class="tag danger">burst</span>`}
      ${kase.two_person && html`<span class="tag">two people</span>`}
      ${brief.proposal && html`<span class="tag warn">${brief.proposal.by === me() ? "waits for somebody else" : "proposed"}</span>`}
      ${isMine(brief) && html`<span class="tag accent"><${Icon} name="check" />yours</span>`}
      ${isOthers(brief) && html`<span class="tag">${brief.holder || "somebody else"} has it</span>`}</div>
  </li>`;
}

const sentence = (words) => `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
