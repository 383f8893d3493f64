/* How a case stands: decided, proposed, changed since it was looked at; and what one can do about it. */

import { html, useState } from "../lib/view.js";
import { href } from "../lib/router.js";
import { MEANS, TONES, VERDICTS } from "../lib/case-words.js";
import { useKeys } from "../lib/keys.js";
import { count, dated } from "../lib/words.js";
import { became } from "../lib/taking-back.js";
import { Field } from "./field.js";
import { Icon } from "./icon.js";
import { Trace } from "./trace.js";

const Said = ({ decision }) => html`<div class="row"><span class="tag ${TONES[decision.verdict]}">${VERDICTS[decision.verdict]}</span>${decision.policy && html`<b>${decision.policy}</b>`}<span class="note">${dated(decision.at)}</span></div>
  ${decision.reason && html`<p>${decision.reason}</p>`}`;

/** A decision in force, with the way back. */
export function Decided({ decision, onUndo }) {
  const [reason, setReason] = useState("");
  const rows = became(decision.consequences);
  useKeys("Case", { u: ["undo the decision", () => onUndo(reason || undefined)] });
  return html`<section class="panel stack tight" aria-labelledby="decided"><h2 id="decided">Decided</h2>
    <${Said} decision=${decision} />
    <p class="note">${MEANS[decision.verdict]}${rows.length ? ` It changed ${rows.map(({ all, words }) => `${all} ${words}`).join(", ")}.` : ""}</p>
    <${Field} label="Why it is taken back (optional)" value=${reason} onInput=${setReason} maxlength="10000" />
    <div class="row"><button class="button" type="button" onClick=${() => onUndo(reason || undefined)}><${Icon} name="undo" />Undo <kbd>u</kbd></button><${Trace} subject=${decision.case_id} /></div>
  </section>`;
}

/** A proposal: mine waits, somebody else's asks for an answer. */
export function Proposed({ decision, isMine, busy, onApprove, onDecline }) {
  const [reason, setReason] = useState("");
  const [asked, setAsked] = useState(false);
  const approve = () => !busy && onApprove();
  useKeys("Proposal", { y: ["approve the proposal", approve], x: ["decline the proposal", () => setAsked(true)] }, !isMine);
  return html`<section class="panel stack tight proposal" aria-labelledby="proposed"><h2 id="proposed">${isMine ? "You proposed" : "Proposed"}</h2>
    <${Said} decision=${decision} />
    ${isMine ? html`<p class="note">It is in force once somebody else agrees. Another verdict of yours takes its place.</p>` : html`
      <p class="note">Nothing follows until you agree. Look for yourself first.</p>
      ${asked && html`<${Field} label="Why not" value=${reason} onInput=${setReason} maxlength="10000" />`}
      <div class="row"><button class="button main" type="button" onClick=${approve}>Approve <kbd>y</kbd></button>
        <button class="button" type="button" disabled=${asked && !reason.trim()} onClick=${() => (asked ? onDecline(reason.trim()) : setAsked(true))}>${asked ? "Decline, for this reason" : html`Decline <kbd>x</kbd>`}</button></div>`}
  </section>`;
}

/** Somebody was faster: what is different now, and how to go on. */
export function Changed({ changes, problem, isDecided, onAgain, onNext }) {
  return html`<section class="panel stack tight changed" role="alert"><h2>This case changed while you looked</h2>
    <p>Your verdict was not taken: it was made on an older state. ${problem?.message}</p>
    ${changes.length > 0 && html`<ul class="said">${changes.map((one) => html`<li>${one}</li>`)}</ul>`}
    <div class="row">${!isDecided && html`<button class="button main" type="button" onClick=${onAgain}>Decide it as it is now</button>`}
      <button class="button ${isDecided ? "main" : ""}" type="button" onClick=${onNext}>Next case</button><a class="button quiet" href=${href("/review")}>Queue</a></div>
  </section>`;
}

export const Counts = ({ cluster }) => html`<dl class="counts">${[["members", cluster.members], ["uploads", cluster.uploads], ["accounts", cluster.accounts], ["seen by", cluster.reach || "–"]].map(([word, n]) => html`<div class="figure"><dt>${word}</dt><dd>${n}</dd></div>`)}</dl><span class="only-read">${count(cluster.members, "member")}</span>`;
