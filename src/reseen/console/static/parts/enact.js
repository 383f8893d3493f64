/* Bringing a version into force, with a reason for the audit; for one that was not tried it is needed. */

import { html, useState } from "../lib/view.js";
import { post } from "../lib/api.js";
import { Dialog } from "./dialog.js";
import { Check, Field } from "./field.js";
import { ProblemBox } from "./problem.js";

export function Enact({ policy, acting, onDone, onClose }) {
  const [reason, setReason] = useState("");
  const [force, setForce] = useState(false);
  const [state, setState] = useState({ busy: false, problem: null });
  const back = policy.state === "retired";
  const untried = policy.state === "draft" && !policy.backtest_id;
  const go = async (event) => {
    event.preventDefault();
    setState({ busy: true, problem: null });
    try {
      onDone(await post(`/v1/policies/${policy.id}/live`, { reason: reason.trim(), ...(force ? { force } : {}) }, { idempotent: true }));
    } catch (problem) {
      setState({ busy: false, problem });
    }
  };
  const wrong = (field) => (state.problem?.field === field ? state.problem.message : null);
  const what = policy.dry_run ? "It runs dry: every answer says what it would do, and nothing is done."
    : `It acts from the next upload on${policy.rollout < 1 ? `, and removes within ${Math.round(100 * policy.rollout)} % of the uploads` : ""}. ${acting && acting.id !== policy.id ? `Version ${acting.number} retires.` : ""}`;
  return html`<${Dialog} title=${back ? `Roll back to version ${policy.number}?` : `Bring version ${policy.number} into force?`} onClose=${onClose}><form class="stack" onSubmit=${go} novalidate>
    <p>${what} What was answered already stays as it is.</p>
    ${untried && html`<div class="stack tight"><p class="untried">This version was not tried on past uploads. Run the backtest first, if it can wait.</p>
      <${Check} label="It cannot wait: bring it into force untried" checked=${force} onChange=${(on) => { setForce(on); setState({ busy: false, problem: null }); }} />
      ${wrong("force") && html`<p class="wrong" role="alert">${wrong("force")}</p>`}</div>`}
    <${Field} label="Why" rows="2" value=${reason} onInput=${(text) => { setReason(text); setState({ busy: false, problem: null }); }} wrong=${wrong("reason")} note=${force ? "Needed, and kept in the audit." : "Kept in the audit."} />
    ${state.problem && !wrong("force") && !wrong("reason") && html`<${ProblemBox} problem=${state.problem} />`}
    <div class="dialog-foot"><button class="button" type="button" onClick=${onClose}>Cancel</button><button class="button main" type="submit" disabled=${state.busy}>${back ? "Roll back" : policy.dry_run ? "Run it dry" : "Bring it into force"}</button></div>
  </form><//>`;
}
