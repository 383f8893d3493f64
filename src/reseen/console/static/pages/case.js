/* One case: what stands for the cluster, why it is here, all that is in it, and the verdict. */

import { html, useEffect, useRef, useState } from "../lib/view.js";
import { fresh, get, post } from "../lib/api.js";
import { useKeys } from "../lib/keys.js";
import { banks as readBanks, gone, isMine, isOthers, keepAhead, known, me, read, release, setLast, skip, take, takeNext } from "../lib/desk.js";
import { differences, reachWords, reasonWords, severityTone, severityWords, sorted, VERDICTS } from "../lib/case-words.js";
import { pref } from "../lib/prefs.js";
import { href, navigate } from "../lib/router.js";
import * as shift from "../lib/shift.js";
import { ago, count, dated } from "../lib/words.js";
import { Compare } from "../parts/compare.js";
import { Covered } from "../parts/covered.js";
import { Loading } from "../parts/empty-state.js";
import { Icon } from "../parts/icon.js";
import { Members, useMembers } from "../parts/members.js";
import { ProblemBox } from "../parts/problem.js";
import { approve, decline } from "../parts/proposals.js";
import { ShiftBar } from "../parts/shift-bar.js";
import { Sorting } from "../parts/sorting.js";
import { Spread } from "../parts/spread.js";
import { Changed, Counts, Decided, Proposed } from "../parts/standing.js";
import { toast, toastProblem } from "../parts/toast.js";
import { useUndo } from "../parts/use-undo.js";
import { VerdictForm } from "../parts/verdict-form.js";

const RENEW_MS = 5 * 60_000;

export default function CasePage({ id }) {
  const [brief, setBrief] = useState(() => known(id));
  const [problem, setProblem] = useState(null);
  const load = () => read(id).then((now) => { setBrief(now); setProblem(null); return now; }, (thrown) => { if (thrown.name !== "AbortError") setProblem(thrown); });
  useEffect(() => {
    if (brief) shift.looked(id);
    else load().then((now) => now && shift.looked(id));
    const later = setTimeout(keepAhead, 400); // the case itself comes first
    return () => clearTimeout(later);
  }, [id]);
  if (problem && !brief) return html`<div class="page"><${ProblemBox} problem=${problem} onRetry=${load} /></div>`;
  if (!brief) return html`<${Loading} words="Opening the case" />`;
  return html`<${Open} key=${id} brief=${brief} onBrief=${setBrief} onReload=${load} />`;
}

function Open({ brief, onBrief, onReload }) {
  const { case: kase, cluster, medium } = brief;
  const id = kase.id;
  const [banks, setBanks] = useState(null);
  const [verdict, setVerdict] = useState(null);
  const [changed, setChanged] = useState(null);
  const [busy, setBusy] = useState(false);
  const [held, setHeld] = useState(false);
  const [comparing, setComparing] = useState(false);
  const [shown, setShown] = useState(brief.upload);
  const [decision, setDecision] = useState(null);
  const [chosen, setChosen] = useState([]);
  const members = useMembers(cluster.id);
  const undo = useUndo(onReload);
  const head = useRef();
  const mine = isMine(brief);
  useEffect(() => { head.current?.focus({ preventScroll: true }); readBanks().then(setBanks, () => {}); }, []);
  useEffect(() => { setShown((now) => now ?? brief.upload); }, [brief.upload?.id]);
  useEffect(() => {
    if (kase.state === "decided" && kase.decision_id) get(`/v1/decisions/${kase.decision_id}`).then(setDecision, () => {});
    else setDecision(null);
  }, [kase.state, kase.decision_id]);
  useEffect(() => {
    if (!mine) return undefined;
    const timer = setInterval(() => document.visibilityState === "visible" && take(id).then(() => onBrief(known(id)), () => onReload()), RENEW_MS);
    return () => clearInterval(timer);
  }, [mine, id]);

  const working = (work) => async (...given) => {
    if (busy) return;
    setBusy(true);
    try {
      await work(...given);
    } catch (thrown) {
      toastProblem(thrown);
    } finally {
      setBusy(false);
    }
  };
  const next = working(async () => {
    const to = await takeNext(id);
    navigate(to ? `/review/${to}` : "/review", { replace: true });
    if (!to) toast("Nothing waits any more that nobody else has.");
  });
  const pass = () => { skip(id); if (mine) release(id).catch(() => {}); next(); };
  const claim = working(async () => {
    if (mine) { await release(id); toast("Given back. Anybody may take it."); } else await take(id);
    onBrief(known(id));
  });
  const decide = working(async (said) => {
    const ahead = takeNext(id); // while the decision is written
    ahead.catch(() => {}); // told of below
    let made;
    try {
      made = await post(`/v1/cases/${id}/decisions`, { version: kase.version, ...said }, { idempotent: fresh() });
    } catch (thrown) {
      await ahead.then((to) => to && release(to)).catch(() => {});
      if (thrown.status !== 409) throw thrown;
      const now = await read(id);
      setVerdict(null);
      members.again();
      setChanged({ problem: thrown, changes: differences(brief, now), said });
      onBrief(now);
      return;
    }
    shift.decided();
    if (made.state === "proposed") {
      skip(id);
      toast(`Proposed: ${VERDICTS[made.verdict].toLowerCase()}. Somebody else must agree.`);
    } else {
      setLast(made, toast(`${VERDICTS[made.verdict]}: ${count(cluster.uploads, "upload")} decided.`, { action: "Undo (u)", onAction: () => undo.of(made.id), ms: 12_000 }));
    }
    const to = await ahead;
    gone(id);
    navigate(to ? `/review/${to}` : "/review", { replace: true });
  });
  const again = () => { setChanged(null); setVerdict(changed.said.verdict); };
  const answered = working(async (how) => {
    await how();
    gone(id);
    shift.decided();
    const to = await takeNext(id);
    navigate(to ? `/review/${to}` : "/review", { replace: true });
  });
  const ask = (which) => () => { if (kase.state !== "decided") { setChanged(null); setVerdict(which); } };
  const show = async (member) => {
    if (!member.upload_id) return;
    try {
      setShown(await get(`/v1/uploads/${member.upload_id}`));
    } catch (thrown) {
      toastProblem(thrown);
    }
  };
  const step = (by) => {
    const seen = members.items.filter((one) => one.upload_id);
    const at = seen.findIndex((one) => one.upload_id === shown?.id);
    const to = seen[Math.min(Math.max(at + by, 0), seen.length - 1)];
    if (to) show(to);
  };
  const { asking, before } = sorted(shown?.reasons ?? []);
  const holds = pref("hold_to_reveal");
  useKeys("Case", {
    h: ["harmful", ask("harmful")], a: ["allowed", ask("allowed")], n: ["no action", ask("no_action")],
    r: [holds ? "reveal while held" : "reveal, or cover again", () => setHeld(holds || !held), holds ? { hold: () => setHeld(false) } : {}],
    j: ["next member", () => step(1)], k: ["the member before", () => step(-1)],
    v: ["compare with what matched", () => shown && setComparing(true)],
    c: ["claim it, or give it back", claim],
    s: ["skip to the next case", pass],
    u: ["undo the last decision", () => (decision ? undo.of(decision.id) : undo.last())],
    q: ["back to the queue", () => navigate("/review")],
  });
  const toggle = (reference) => setChosen((now) => (now.includes(reference) ? now.filter((one) => one !== reference) : [...now, reference]));
  const reload = () => { setChosen([]); members.again(); return onReload(); };

  return html`<div class="page case">
    <div class="page-head"><div><a class="note back" href=${href("/review")}>Review</a>
      <h1 ref=${head} tabindex="-1">${count(cluster.members, "near-copy", "near-copies")} by ${count(cluster.accounts, "account")}</h1>
      <p>Here because ${kase.why}. Waiting since ${dated(kase.opened_at)} (${ago(kase.opened_at)}).</p></div>
      <div class="actions">
        ${isOthers(brief) ? html`<span class="tag warn">${brief.holder || "Somebody else"} has it until ${dated(kase.lease.until)}</span>`
          : html`<button class="button" type="button" onClick=${claim}>${mine ? "Give back" : "Claim"} <kbd>c</kbd></button>`}
        <button class="button" type="button" onClick=${pass}>Skip <kbd>s</kbd></button></div></div>
    <${ShiftBar} />
    <div class="case-body">
      <div class="stack">
        <section class="panel stack tight" aria-labelledby="shown-upload">
          <div class="row apart"><h2 id="shown-upload">${shown?.id === brief.upload?.id ? "Stands for all" : "Member"}</h2>
            <button class="button small" type="button" disabled=${!shown} onClick=${() => setComparing(true)}><${Icon} name="swap" />Compare <kbd>v</kbd></button></div>
          ${shown ? html`<${Covered} key=${shown.id} uploadId=${shown.id} medium=${medium} kept=${shown.media_kept} name=${`upload ${shown.content_id}`} held=${held} />
            <div class="row apart note"><span class="cut">${shown.content_id} by ${shown.account_id}</span><span class="nowrap">${dated(shown.received_at)}</span></div>`
            : html`<p class="muted">No upload of the representative is kept.</p>`}
        </section>
        <section class="panel stack tight" aria-labelledby="reasons"><h2 id="reasons">Why</h2>
          ${shown?.reasons.length ? html`${before > 0 && html`<p>It resembles ${count(before, "earlier upload")}, which by itself means nothing.</p>`}<ul class="reasons">${asking.map((reason) => html`<li><p>${reasonWords(reason, banks)}</p><p class="note">${reason.rule}</p></li>`)}</ul>`
            : html`<p>It matched no bank: ${kase.why}.</p>`}
          ${shown && Object.keys(shown.metadata).length > 0 && html`<details><summary class="note">What the platform said of it</summary><pre tabindex="0">${JSON.stringify(shown.metadata, null, 2)}</pre></details>`}
        </section>
      </div>
      <div class="stack">
        ${changed && html`<${Changed} ...${changed} isDecided=${kase.state === "decided"} onAgain=${again} onNext=${next} />`}
        ${brief.proposal && kase.state !== "decided" && html`<${Proposed} decision=${brief.proposal} isMine=${brief.proposal.by === me()} busy=${busy}
          onApprove=${() => answered(() => approve(brief.proposal.id))} onDecline=${(reason) => answered(() => decline(brief.proposal.id, reason))} />`}
        ${decision ? html`<${Decided} decision=${decision} onUndo=${(reason) => undo.of(decision.id, reason)} />` : verdict
          ? html`<${VerdictForm} key=${verdict} verdict=${verdict} banks=${banks} members=${cluster.members} twoPerson=${kase.two_person} busy=${busy} onDecide=${decide} onCancel=${() => { setVerdict(null); head.current?.focus({ preventScroll: true }); }} />`
          : kase.state !== "decided" && !changed && html`<section class="panel stack tight" aria-labelledby="verdict"><h2 id="verdict">Verdict</h2>
              <div class="verdicts"><button class="button danger" type="button" onClick=${ask("harmful")}>Harmful <kbd>h</kbd></button>
                <button class="button" type="button" onClick=${ask("allowed")}>Allowed <kbd>a</kbd></button>
                <button class="button" type="button" onClick=${ask("no_action")}>No action <kbd>n</kbd></button></div></section>`}
        <section class="panel stack tight" aria-labelledby="cluster"><div class="row apart"><h2 id="cluster">Cluster</h2><a href=${href(`/clusters/${cluster.id}`)}>All about it</a></div>
          <${Counts} cluster=${cluster} />
          <${Spread} arrivals=${brief.arrivals} large />
          <div class="tags"><span class="tag ${severityTone(kase.severity)}">${severityWords(kase.severity)}, ${kase.severity} of 100</span><span class="tag">${reachWords(cluster.reach)}</span>
            ${cluster.bursting_since && html`<span class="tag danger">burst since ${ago(cluster.bursting_since)}</span>`}
            ${kase.two_person && html`<span class="tag">two people decide</span>`}${kase.state === "appealed" && html`<a class="tag warn" href=${href("/appeals")}>appealed</a>`}</div>
        </section>
        <${Sorting} cluster=${cluster} chosen=${chosen} onDone=${reload} />
      </div>
    </div>
    <${Members} list=${members} representative=${cluster.representative.reference_id} chosen=${chosen} onChoose=${toggle} onShow=${show} shown=${shown?.id} />
    ${comparing && shown && html`<${Compare} upload=${shown} medium=${medium} banks=${banks} others=${members.items.filter((one) => one.media_kept)} onClose=${() => setComparing(false)} />`}
    ${undo.dialog}
  </div>`;
}
