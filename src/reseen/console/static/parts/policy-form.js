/* A version of a policy as a form. A version never changes: saving writes a new one, a draft. */

import { html, useState } from "../lib/view.js";
import { post } from "../lib/api.js";
import { ACTIONS, REGIMES } from "../lib/holdings.js";
import { asPercent, changes, CHANNELS, takesPolicies, WHOLE_PROJECT } from "../lib/policies.js";
import { Check, Field } from "./field.js";
import { Icon } from "./icon.js";
import { Changes } from "./policy-words.js";
import { ProblemBox } from "./problem.js";

const NEW = { bank_id: null, bands: {}, overlap: { seconds: 0, upload_share: 0, reference_share: 0 }, channels: ["file", "visual", "audio"], rollout: 1, dry_run: false, severity: 50, two_person: false, note: "" };
const PERCENTAGES = new Set(["rollout", "overlap.upload_share", "overlap.reference_share"]);

/** What the inputs hold: texts, since half a number is none. */
const typedOf = (one, bank) => ({
  bank: bank ?? one.bank_id ?? "", severity: String(one.severity), note: one.note, dry_run: one.dry_run, two_person: one.two_person,
  channels: one.channels, rollout: asPercent(one.rollout), seconds: String(one.overlap.seconds),
  upload_share: asPercent(one.overlap.upload_share), reference_share: asPercent(one.overlap.reference_share),
  bands: Object.fromEntries(REGIMES.map(([regime]) => [regime, (one.bands[regime] ?? []).map(({ min_score: score, action }) => ({ score: String(score), action }))])),
});

const share = (text) => Number((Number(text) / 100).toFixed(6));

const bodyOf = (typed) => ({
  bank: typed.bank || null,
  bands: Object.fromEntries(Object.entries(typed.bands).filter(([, rows]) => rows.length).map(([regime, rows]) => [regime, rows.map(({ score, action }) => ({ min_score: Number(score), action }))])),
  overlap: { seconds: Number(typed.seconds), upload_share: share(typed.upload_share), reference_share: share(typed.reference_share) },
  channels: typed.channels, rollout: share(typed.rollout), dry_run: typed.dry_run, severity: Number(typed.severity), two_person: typed.two_person, note: typed.note.trim(),
});

/** What is wrong with a field, without its name before it. */
function wrongWith(problem, field) {
  if (problem?.field !== field) return null;
  if (PERCENTAGES.has(field)) return "A percentage from 0 to 100.";
  const said = problem.message;
  return said.startsWith(`${field}: `) ? said.slice(field.length + 2) : said;
}

const placedAt = (problem, typed) => {
  const [head, regime, index, name] = (problem?.field ?? "").split(".");
  if (head === "bands") return Boolean(typed.bands[regime]) && (index === undefined || ["min_score", "action"].includes(name));
  return ["bank", "channels", "rollout", "severity", "note"].includes(problem?.field) || ["overlap.seconds", "overlap.upload_share", "overlap.reference_share"].includes(problem?.field);
};

export function PolicyForm({ from, bank, banks, onDone, onCancel }) {
  const [typed, setTyped] = useState(() => typedOf(from ?? NEW, bank));
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const change = (part) => { setProblem(null); setTyped((now) => ({ ...now, ...part })); };
  const wrong = (field) => wrongWith(problem, field);
  const save = async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    setBusy(true);
    try {
      onDone(await post("/v1/policies", bodyOf(typed), { idempotent: true }));
    } catch (thrown) {
      setProblem(thrown);
      setTimeout(() => form.querySelector('[aria-invalid="true"], .wrong')?.scrollIntoView({ block: "center" }), 50);
    }
    setBusy(false);
  };
  const field = (name, label, { at = name, ...more } = {}) => html`<${Field} label=${label} value=${typed[name]} wrong=${wrong(at)} onInput=${(value) => change({ [name]: value })} ...${more} />`;
  const whose = [["", WHOLE_PROJECT], ...(banks ?? []).filter(takesPolicies).map(({ id, name }) => [id, name])];
  const channel = (name, on) => change({ channels: CHANNELS.map(([one]) => one).filter((one) => (one === name ? on : typed.channels.includes(one))) });
  return html`<form class="stack policy-form" onSubmit=${save} novalidate>
    <section class="panel stack" aria-labelledby="form-bank"><h2 id="form-bank">What it rules on</h2>
      <${Field} label="Bank" value=${typed.bank} options=${whose} wrong=${wrong("bank")} note="Known and recent banks take policies; a bank's own goes before that of the project." onInput=${(value) => change({ bank: value })} />
      <fieldset class="stack tight" aria-describedby=${wrong("channels") ? "channels-wrong" : undefined}><legend>What counts</legend>
        <div class="row checks">${CHANNELS.map(([name, words]) => html`<${Check} label=${words} checked=${typed.channels.includes(name)} onChange=${(on) => channel(name, on)} />`)}</div>
        <p class="note">Equal files always count.</p>${wrong("channels") && html`<p class="wrong" id="channels-wrong" role="alert">${wrong("channels")}</p>`}</fieldset>
    </section>
    <section class="panel stack" aria-labelledby="form-bands"><div><h2 id="form-bands">From which score, what is done</h2><p class="note">Below the lowest band of a kind nothing is done. A kind without bands keeps the bank's action at each confidence.</p></div>
      <div class="bands-form">${REGIMES.map(([regime, words]) => html`<${Regime} regime=${regime} words=${words} rows=${typed.bands[regime]} wrong=${wrong} onChange=${(rows) => change({ bands: { ...typed.bands, [regime]: rows } })} />`)}</div></section>
    <section class="panel stack" aria-labelledby="form-overlap"><div><h2 id="form-overlap">The least that a match covers</h2><p class="note">Less than that is told, and nothing is done. 0 asks for nothing. Of a picture a share is of the frame, and seconds are not asked for.</p></div>
      <div class="thirds">${field("seconds", "Seconds of the upload", { at: "overlap.seconds", type: "number", min: 0, step: "any" })}
        ${field("upload_share", "Share of the upload, %", { at: "overlap.upload_share", type: "number", min: 0, max: 100, step: "any" })}
        ${field("reference_share", "Share of the reference, %", { at: "overlap.reference_share", type: "number", min: 0, max: 100, step: "any" })}</div></section>
    <section class="panel stack" aria-labelledby="form-how"><h2 id="form-how">How it goes about it</h2>
      <div class="thirds">${field("rollout", "Rollout, %", { type: "number", min: 0, max: 100, step: "any", note: "Of the other uploads it asks for a review at most." })}
        ${field("severity", "Severity", { type: "number", min: 0, max: 100, note: "0 to 100, ranks the cases it opens." })}</div>
      <${Check} label="Dry run" note="Each answer says what it would do; what acts now goes on acting." checked=${typed.dry_run} onChange=${(on) => change({ dry_run: on })} />
      <${Check} label="A second person must agree" note="To whatever is decided of its cases." checked=${typed.two_person} onChange=${(on) => change({ two_person: on })} />
      ${field("note", "Note", { rows: 2, note: "For people: why it is as it is." })}</section>
    ${from && html`<section class="panel stack tight" aria-labelledby="form-changes"><h2 id="form-changes">What changes against version ${from.number}</h2><${Changes} list=${changes(from, bodyOf(typed))} none="Nothing yet: it says the same." /></section>`}
    ${problem && !placedAt(problem, typed) && html`<${ProblemBox} problem=${problem} />`}
    <div class="row form-foot"><button class="button main" type="submit" disabled=${busy}>Write the draft</button><button class="button" type="button" onClick=${onCancel}>Cancel</button>
      <span class="note">A draft does nothing until you bring it into force.</span></div>
  </form>`;
}

function Regime({ regime, words, rows, wrong, onChange }) {
  const put = (index, part) => onChange(rows.map((row, i) => (i === index ? { ...row, ...part } : row)));
  const whole = wrong(`bands.${regime}`);
  const next = () => onChange([...rows, rows.length ? { score: "0.6", action: "review" } : { score: "0.95", action: "remove" }]);
  return html`<fieldset class="regime" aria-describedby=${whole ? `wrong-${regime}` : undefined}><legend>${words}</legend>
    ${rows.map((row, i) => html`<div class="band">
      <${Field} label="From score" type="number" min="0" max="1" step="any" value=${row.score} wrong=${wrong(`bands.${regime}.${i}.min_score`)} onInput=${(score) => put(i, { score })} aria-label=${`${words}: from score, band ${i + 1}`} />
      <${Field} label="Do" value=${row.action} options=${ACTIONS} wrong=${wrong(`bands.${regime}.${i}.action`)} onInput=${(action) => put(i, { action })} aria-label=${`${words}: what band ${i + 1} does`} />
      <button class="button quiet only-icon" type="button" aria-label=${`${words}: take band ${i + 1} away`} onClick=${() => onChange(rows.filter((_, at) => at !== i))}><${Icon} name="trash" /></button></div>`)}
    ${whole && html`<p class="wrong" id="wrong-${regime}" role="alert">${whole}</p>`}
    <div class="row apart"><span class="note">${rows.length ? "" : "As the bank says"}</span><button class="button small" type="button" aria-label=${`${words}: add a band`} onClick=${next}><${Icon} name="plus" />Band</button></div>
  </fieldset>`;
}
