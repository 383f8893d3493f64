/* What the server found, in plain words. */

import { html } from "../lib/view.js";
import { duration } from "../lib/words.js";
import { changes, meaning, reservations, sentence, verdict } from "../lib/findings.js";
import { Icon } from "./icon.js";

const MOST_SAID = 4;

export function Verdict({ envelope }) {
  const { head, lead, tone } = verdict(envelope);
  const { similarity_score: score, matched_segments: segments, transform } = envelope;
  const said = [...(transform ? [changed(transform)] : []), ...segments.slice(0, MOST_SAID).map(sentence)];
  const left = segments.length - MOST_SAID;
  const but = reservations(envelope);
  return html`<section class="panel verdict ${tone}" aria-labelledby="verdict" data-confidence=${envelope.confidence}>
    <div class="verdict-words">
      <h2 id="verdict">${head}</h2>
      <p>${lead}</p>
      ${said.length > 0 && html`<ul class="said">${said.map((one) => html`<li>${one}</li>`)}${left > 0 && html`<li class="muted">and ${left} more, in the table</li>`}</ul>`}
      ${but.map((one) => html`<p class="note row"><${Icon} name="info" />${one}</p>`)}
    </div>
    <dl class="verdict-figures">
      <div class="figure"><dt>Score</dt><dd>${score.toFixed(2)}
        <div class="meter" role="meter" aria-label="Score" aria-valuemin="0" aria-valuemax="1" aria-valuenow=${score}><div style=${{ width: `${100 * score}%` }}></div></div></dd></div>
      <div class="figure"><dt>Confidence</dt><dd>${envelope.confidence}</dd></div>
      <div class="figure"><dt>Time</dt><dd>${duration(envelope.processing_time_ms / 1000)}</dd></div>
    </dl>
    <p class="note meaning">${meaning(score)}</p>
  </section>`;
}

function changed(transform) {
  const words = changes(transform);
  return words.length ? `The picture is the target's, ${words.join(", ")}.` : "The picture is the target's as it was.";
}
