/* A verdict before it is given: which policy, why, with which labels, into which bank. What was said
   last is remembered in this browser, so that the next one is a key and Enter. */

import { html, useLayoutEffect, useRef, useState } from "../lib/view.js";
import { MEANS, TONES, VERDICTS } from "../lib/case-words.js";
import { useKeys } from "../lib/keys.js";
import { Field } from "./field.js";

const KEY = "reseen-policies";
const MOST = 12;
const ROLES = { harmful: ["known", "recent"], allowed: ["allowed"] };

export function policies() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "[]");
  } catch {
    return [];
  }
}

function rememberPolicy(policy) {
  if (!policy) return;
  try {
    localStorage.setItem(KEY, JSON.stringify([policy, ...policies().filter((one) => one !== policy)].slice(0, MOST)));
  } catch {
    // Refused storage: it is typed again.
  }
}

export function VerdictForm({ verdict, banks, members, twoPerson, busy, onDecide, onCancel }) {
  const [policy, setPolicy] = useState(verdict === "harmful" ? policies()[0] ?? "" : "");
  const [reason, setReason] = useState("");
  const [labels, setLabels] = useState("");
  const [bank, setBank] = useState("");
  const [wrong, setWrong] = useState(null);
  const form = useRef();
  useLayoutEffect(() => {
    const first = verdict === "harmful" && !policy ? form.current.querySelector("input") : form.current.querySelector("button[type=submit]");
    first?.focus();
    form.current.scrollIntoView({ block: "nearest" });
  }, [verdict]);
  const go = (event) => {
    event?.preventDefault();
    if (busy) return;
    if (verdict === "harmful" && !policy.trim()) {
      setWrong("Say which policy was broken.");
      form.current.querySelector("input").focus();
      return;
    }
    rememberPolicy(policy.trim());
    const said = labels.split(",").map((one) => one.trim()).filter(Boolean);
    onDecide({ verdict, policy: policy.trim(), reason: reason.trim(), labels: said, ...(bank ? { bank } : {}) });
  };
  useKeys("Verdict", {
    Escape: ["do not decide yet", onCancel, { typing: true }],
    "ctrl+Enter": ["decide", go, { typing: true }],
    Enter: ["decide", go, { hidden: true }],
    [{ harmful: "h", allowed: "a", no_action: "n" }[verdict]]: ["decide so (also Enter)", go],
  });
  const fitting = (banks ?? []).filter(({ role }) => (ROLES[verdict] ?? []).includes(role));
  return html`<form class="panel stack verdict-form tone-${TONES[verdict] || "plain"}" ref=${form} onSubmit=${go} aria-label=${`Verdict: ${VERDICTS[verdict]}`}>
    <div><h2>${VERDICTS[verdict]}</h2><p class="note">${MEANS[verdict]} It holds for ${members === 1 ? "this one" : `all ${members}`} and what joins later.${twoPerson ? " A second person must agree." : ""}</p></div>
    <${Field} label=${verdict === "harmful" ? "Policy that was broken" : "Policy (optional)"} value=${policy} onInput=${(value) => { setPolicy(value); setWrong(null); }} list="known-policies" maxlength="200" wrong=${wrong} autocomplete="off" />
    <datalist id="known-policies">${policies().map((one) => html`<option value=${one}></option>`)}</datalist>
    <details><summary>Reason, labels, bank</summary><div class="stack more">
      <${Field} label="Reason" note="In words that the uploader may read." rows=${2} value=${reason} onInput=${setReason} maxlength="10000" />
      ${verdict !== "no_action" && html`<${Field} label="Labels" note="With commas between them." value=${labels} onInput=${setLabels} />
        <${Field} label="Bank" value=${bank} onInput=${setBank} options=${[["", "The project's own"], ...fitting.map(({ id, name }) => [id, name])]} />`}
    </div></details>
    <div class="row"><button class="button main ${verdict === "harmful" ? "danger" : ""}" type="submit" aria-disabled=${String(busy)}>${twoPerson ? "Propose" : "Decide"} <kbd>Enter</kbd></button>
      <button class="button quiet" type="button" onClick=${onCancel}>Not yet <kbd>Esc</kbd></button></div>
  </form>`;
}
