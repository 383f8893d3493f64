/* The members of a cluster: each under cover, with what ties it to the rest; a few can be chosen and
   taken out, or said to belong elsewhere. */

import { html, classes, useState } from "../lib/view.js";
import { count, percent } from "../lib/words.js";
import { Covered } from "./covered.js";
import { Pager, useList } from "./pager.js";
import { ProblemBox } from "./problem.js";

const PAGE = 24;

export const useMembers = (clusterId) => useList(`/v1/clusters/${encodeURIComponent(clusterId)}/members`, { limit: PAGE });

export function Members({ list, representative, chosen, onChoose, onShow, shown, actions }) {
  return html`<section class="stack" aria-labelledby="members">
    <div class="row apart"><div><h2 id="members">Members</h2><p class="note">Different contents; the same bytes are one, however often they were uploaded. The verdict is on all of them.</p></div>
      ${actions && html`<div class="row">${actions}</div>`}</div>
    ${list.problem && html`<${ProblemBox} problem=${list.problem} onRetry=${list.again} />`}
    <ul class="members">${list.items.map((one) => html`<${Member} key=${one.reference_id} one=${one} isFirst=${one.reference_id === representative}
      isChosen=${chosen.includes(one.reference_id)} isShown=${shown && shown === one.upload_id} onChoose=${onChoose} onShow=${onShow} />`)}</ul>
    <${Pager} list=${list} one="member" />
  </section>`;
}

function Member({ one, isFirst, isChosen, isShown, onChoose, onShow }) {
  const [looked, setLooked] = useState(false);
  const name = one.upload_id ? `member by ${one.account_id}` : "reference of a bank";
  return html`<li class=${classes("member", isChosen && "chosen", isShown && "shown")}>
    <${Covered} uploadId=${one.upload_id} medium=${one.medium} kept=${one.media_kept} name=${name} small onLooked=${() => setLooked(true)} />
    <div class="member-facts">
      <div class="cut">${one.upload_id && onShow ? html`<button class="as-link cut" type="button" onClick=${() => onShow(one)}>${one.account_id}</button>` : one.account_id ?? "reference"}</div>
      <div class="note">${one.score === null ? "alone, or by a word" : percent(one.score)}${one.uploads > 1 ? `, ${count(one.uploads, "upload")}` : ""}${looked ? ", looked at" : ""}</div>
      <div class="row">${isFirst && html`<span class="tag accent">stands for all</span>`}${one.pinned && html`<span class="tag">pinned</span>`}
        ${one.is_upload && onChoose && html`<label class="check small"><input type="checkbox" checked=${isChosen} onChange=${() => onChoose(one.reference_id)} aria-label=${`Choose ${name}`} />choose</label>`}</div>
    </div>
  </li>`;
}
