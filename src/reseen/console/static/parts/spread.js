/* When the uploads of a cluster came: 24 small bars, and the same in words. */

import { html } from "../lib/view.js";
import { count, dated, duration } from "../lib/words.js";

const [WIDE, HIGH] = [96, 24];

export function Spread({ arrivals, large = false }) {
  const most = Math.max(...arrivals.counts, 1);
  const wide = WIDE / arrivals.counts.length;
  const lasted = (new Date(arrivals.until) - new Date(arrivals.since)) / 1000;
  const all = arrivals.counts.reduce((sum, one) => sum + one, 0);
  const words = `${count(all, "upload")} ${lasted < 1 ? "at once" : `within ${duration(lasted)}`}, from ${dated(arrivals.since)} on; at most ${most} in ${lasted < 24 ? "a moment" : duration(lasted / arrivals.counts.length)}`;
  return html`<figure class="spread ${large ? "large" : ""}">
    <svg viewBox="0 0 ${WIDE} ${HIGH}" preserveAspectRatio="none" role="img" aria-label=${words}>
      <path class="base" d="M0 ${HIGH - 0.5}H${WIDE}" />
      ${arrivals.counts.map((one, i) => one > 0 && html`<rect x=${(i * wide + 0.4).toFixed(2)} width=${(wide - 0.8).toFixed(2)} y=${(HIGH - Math.max(2, (HIGH * one) / most)).toFixed(2)} height=${Math.max(2, (HIGH * one) / most).toFixed(2)} />`)}
    </svg>
    <figcaption class="note">${lasted < 1 ? "at once" : `over ${duration(lasted)}`}</figcaption>
  </figure>`;
}
