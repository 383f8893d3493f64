/* What a policy says and what changes, as lists; how a version stands, as tags. */

import { html } from "../lib/view.js";
import { sayings, STATE_TONES } from "../lib/policies.js";

export const Sayings = ({ policy }) => html`<dl class="facts sayings">${sayings(policy).map(([aspect, words]) => html`<dt>${aspect}</dt><dd>${words}</dd>`)}</dl>`;

export const Changes = ({ list, none }) => (list.length
  ? html`<ul class="what-changed">${list.map(({ aspect, before, after }) => html`<li><strong>${aspect}</strong><span><del><span class="only-read">before: </span>${before}</del> <span aria-hidden="true">→</span> <ins><span class="only-read">after: </span>${after}</ins></span></li>`)}</ul>`
  : html`<p class="muted">${none}</p>`);

export const State = ({ policy }) => html`<span class="row version-state"><span class="tag ${STATE_TONES[policy.state]}">${policy.state}</span>${policy.dry_run && html`<span class="tag accent">dry run</span>`}${policy.state === "draft" && policy.backtest_id && html`<span class="tag">tried</span>`}</span>`;
