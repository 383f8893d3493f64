/* A bank as a form, new or as it is: what it is called, what a match with it means and does. */

import { html, useState } from "../lib/view.js";
import { patch, post } from "../lib/api.js";
import { ACTIONS, CONFIDENCES, ROLES } from "../lib/holdings.js";
import { Check, Field } from "./field.js";
import { ProblemBox } from "./problem.js";

const NEW = { name: "", role: "known", policy: { high: "review", medium: "review", low: "pass" }, trust: 1, retention_s: null, enabled: true };
const DAY = 86_400;

export function BankForm({ bank, onDone, onCancel }) {
  const [said, setSaid] = useState(bank ?? NEW);
  const [days, setDays] = useState(bank?.retention_s ? String(bank.retention_s / DAY) : "");
  const [trust, setTrust] = useState(String(bank?.trust ?? 1));
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const change = (part) => { setProblem(null); setSaid((now) => ({ ...now, ...part })); };
  const wrong = (field) => (problem?.field === field || problem?.field?.startsWith(`${field}.`) ? problem.message : null);
  const placed = problem && ["name", "role", "policy", "trust", "retention_s"].some(wrong);
  const save = async (event) => {
    event.preventDefault();
    setBusy(true);
    const { name, role, policy, enabled } = said;
    const body = { name: name.trim(), role, policy, enabled, trust: Number(trust), retention_s: days === "" ? null : Number(days) * DAY };
    try {
      onDone(await (bank ? patch(`/v1/banks/${bank.id}`, body, { idempotent: true }) : post("/v1/banks", body, { idempotent: true })));
    } catch (thrown) {
      setProblem(thrown);
    }
    setBusy(false);
  };
  const meaning = ROLES.find(([role]) => role === said.role)[2];
  return html`<form class="stack" onSubmit=${save} novalidate>
    <${Field} label="Name" value=${said.name} wrong=${wrong("name")} maxlength="100" required autofocus=${!bank} onInput=${(name) => change({ name })} />
    <${Field} label="What a match means" value=${said.role} options=${ROLES.map(([role, words]) => [role, words])} note=${meaning} wrong=${wrong("role")} onInput=${(role) => change({ role })} />
    ${["known", "recent"].includes(said.role) && html`<fieldset class="stack tight"><legend>What a match does</legend>
      <div class="thirds">${CONFIDENCES.map((one) => html`<${Field} label=${`${one[0].toUpperCase()}${one.slice(1)} confidence`} value=${said.policy[one]} options=${ACTIONS} wrong=${wrong(`policy.${one}`)} onInput=${(action) => change({ policy: { ...said.policy, [one]: action } })} />`)}</div>
      <p class="note">A policy in force for this bank goes before it.</p></fieldset>`}
    <div class="columns"><${Field} label="Trust in its source" type="number" min="0" max="1" step="0.05" note="0 to 1, handed on with each match." value=${trust} wrong=${wrong("trust")} onInput=${(value) => { setProblem(null); setTrust(value); }} />
      <${Field} label="Keep a reference for" type="number" min="0" step="any" note="Days; empty: for good. Of what is added from now on." value=${days} wrong=${wrong("retention_s")} onInput=${(value) => { setProblem(null); setDays(value); }} /></div>
    <${Check} label="It may match" note="Off, the bank keeps what it holds and no search finds it." checked=${said.enabled} onChange=${(enabled) => change({ enabled })} />
    ${problem && !placed && html`<${ProblemBox} problem=${problem} />`}
    <div class="dialog-foot"><button class="button" type="button" onClick=${onCancel}>Cancel</button><button class="button main" type="submit" disabled=${busy || !said.name.trim()}>${bank ? "Save" : "Make the bank"}</button></div>
  </form>`;
}
