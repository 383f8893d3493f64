/* What a version would say of one upload, rule by rule. Nothing is done. */

import { html, useEffect, useState } from "../lib/view.js";
import { post } from "../lib/api.js";
import { ACTION_TONES, regimeWords } from "../lib/holdings.js";
import { href } from "../lib/router.js";
import { Dialog } from "./dialog.js";
import { Loading } from "./empty-state.js";
import { ProblemBox } from "./problem.js";

const Tag = ({ action }) => html`<span class="tag ${ACTION_TONES[action]}">${action}</span>`;

export function Explain({ policy, upload, onClose }) {
  const [state, setState] = useState({ said: null, problem: null });
  useEffect(() => {
    post(`/v1/policies/${policy}/explain`, { upload_id: upload }).then((said) => setState({ said, problem: null }), (problem) => setState({ said: null, problem }));
  }, [policy, upload]);
  const { said, problem } = state;
  return html`<${Dialog} title="What it says of this upload" onClose=${onClose}><code>${upload}</code>
    ${problem ? html`<${ProblemBox} problem=${problem} />` : !said ? html`<${Loading} />` : html`<div class="stack">
      <dl class="facts"><dt>It was answered</dt><dd><${Tag} action=${said.answered} /></dd><dt>This version says</dt><dd><${Tag} action=${said.action} /></dd></dl>
      <ul class="what-changed">${said.reasons.map((one) => html`<li><strong>${one.rule}</strong>
        <span class="note">${regimeWords(one.regime)}, score ${one.similarity_score.toFixed(2)}, <a href=${href(`/banks/${one.bank_id}?reference=${encodeURIComponent(one.reference_id)}`)}>the reference</a></span></li>`)}</ul></div>`}
  <//>`;
}
