/* Decisions that wait for a second person: for me, if I did not propose them. */

import { html } from "../lib/view.js";
import { post } from "../lib/api.js";
import { me } from "../lib/desk.js";
import { href } from "../lib/router.js";
import { TONES, VERDICTS } from "../lib/case-words.js";
import { ago } from "../lib/words.js";
import { useList } from "./pager.js";

export const approve = (id) => post(`/v1/decisions/${encodeURIComponent(id)}/approve`, undefined, { idempotent: true });
export const decline = (id, reason) => post(`/v1/decisions/${encodeURIComponent(id)}/decline`, { reason }, { idempotent: true });

export function Proposals() {
  const list = useList("/v1/decisions", { state: "proposed", limit: 50 });
  const waiting = list.items.filter((one) => one.by !== me());
  if (!waiting.length) return null;
  return html`<section class="panel" aria-labelledby="proposals"><h2 id="proposals">Waiting for a second person</h2>
    <ul class="proposals">${waiting.map((one) => html`<li key=${one.id}><span class="tag ${TONES[one.verdict]}">${VERDICTS[one.verdict]}</span>
      <span class="grow cut">${one.policy || one.reason || "without a word"}</span><span class="note nowrap">${ago(one.at)}</span>
      <a class="button small" href=${href(`/review/${one.case_id}`)}>Look and answer</a></li>`)}</ul></section>`;
}
