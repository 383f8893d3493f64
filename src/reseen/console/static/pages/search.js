/* One medium, or many, against the banks: what do they repeat? */

import { html, useEffect, useRef, useState } from "../lib/view.js";
import { post, send } from "../lib/api.js";
import { changes, sentence } from "../lib/findings.js";
import { ACTION_TONES, actionWords, ROLE_TONES, roleWords, useBanks } from "../lib/holdings.js";
import { useKeys } from "../lib/keys.js";
import { href } from "../lib/router.js";
import { bytes, count, duration } from "../lib/words.js";
import { DropZone } from "../parts/drop-zone.js";
import { EmptyState } from "../parts/empty-state.js";
import { Check, Field } from "../parts/field.js";
import { ProblemBox } from "../parts/problem.js";
import { Progress } from "../parts/progress.js";
import { Timeline } from "../parts/timeline.js";

const MOST = 100;
const HASH = /^(pdq|sha256|md5)\s*[:= ]\s*([0-9a-f]+)$/i;
const LENGTHS = { 32: "md5", 64: "sha256" };

/** Kept while another page is looked at. */
let left = { asked: [], banks: [] };

export default function Search() {
  const [asked, setAsked] = useState(left.asked);
  const [banks, setBanks] = useState(left.banks);
  const [typed, setTyped] = useState("");
  const [wrong, setWrong] = useState(null);
  const running = useRef(null);
  left = { asked, banks };
  useEffect(() => () => running.current?.abort(), []);

  const change = (key, more) => setAsked((now) => now.map((one) => (one.key === key ? { ...one, ...more } : one)));
  const start = async (queries) => {
    if (running.current || !queries.length) return;
    const mine = new AbortController();
    running.current = mine;
    const rows = queries.slice(0, MOST).map((query) => ({ ...query, key: crypto.getRandomValues(new Uint32Array(2)).join("-"), state: "waiting", sent: 0 }));
    setAsked(rows);
    for (const row of rows) {
      if (mine.signal.aborted) break;
      change(row.key, { state: "searching" });
      try {
        change(row.key, { state: "told", answer: await ask(row, banks, mine.signal, (sent) => change(row.key, { sent })) });
      } catch (problem) {
        change(row.key, problem.name === "AbortError" ? { state: "left" } : { state: "failed", problem });
      }
    }
    if (mine.signal.aborted) setAsked((now) => now.map((one) => (one.state === "waiting" ? { ...one, state: "left" } : one)));
    if (running.current === mine) running.current = null;
    setAsked((now) => [...now]);
  };
  const typedIn = (event) => {
    event.preventDefault();
    const queries = typed.split(/\s*\n\s*/).map((line) => line.trim()).filter(Boolean).map(read);
    const bad = queries.find((query) => !query);
    setWrong(bad === undefined ? null : "Each line is an http address, or a hash such as pdq:…, sha256:… or md5:….");
    if (bad === undefined && queries.length) start(queries);
  };
  const busy = asked.some(({ state }) => state === "waiting" || state === "searching");
  const cancel = () => running.current?.abort();
  useKeys("Search", { Escape: ["cancel", cancel] });
  return html`<div class="page search">
    <div class="page-head"><div><h1>Search</h1><p>What does it repeat? A still finds the film it was cut from, a sound track the clips that carry it.</p></div></div>
    <section class="panel asked" aria-label="What to search for">
      <${DropZone} label="Search for" words=${`Drop up to ${MOST} pictures, films or sounds here, or`} choose="choose files" multiple onFiles=${(files) => start(files.map((file) => ({ file, name: file.name })))}>
        <p class="note">They are searched with, not kept.</p><//>
      <form class="one-line" onSubmit=${typedIn}><${Field} label="Or addresses and hashes, one a line" rows=${2} value=${typed} wrong=${wrong} onInput=${setTyped} placeholder="https://example.com/upload.mp4" />
        <button class="button main" type="submit" disabled=${busy || !typed.trim()}>Search</button></form>
      <${Scope} chosen=${banks} onChange=${setBanks} />
    </section>
    ${busy && html`<div class="panel"><${Progress} words=${told(asked)} fraction=${done(asked)}><button class="button small" type="button" onClick=${cancel}>Cancel</button><//></div>`}
    ${asked.length > 1 && html`<${Summary} asked=${asked} />`}
    <div class="answers" aria-live="polite">${asked.map((one) => html`<${Answer} key=${one.key} one=${one} />`)}</div>
    ${!asked.length && html`<div class="panel"><${EmptyState} icon="search" title="Nothing was searched for yet" actions=${html`<a class="button" href=${href("/banks")}>See the banks</a>`}>Matches come ranked, with the bank, what its policy asks for, and which seconds lie where.<//></div>`}
  </div>`;
}

/** A line as a query: { url } or { hashes }; null for neither. */
function read(line) {
  if (/^https?:\/\/\S+$/i.test(line)) return { url: line, name: line };
  const [, kind, code] = HASH.exec(line) ?? [];
  const named = kind ? kind.toLowerCase() : /^[0-9a-f]+$/i.test(line) ? LENGTHS[line.length] : null;
  return named ? { hashes: { [named]: (code ?? line).toLowerCase() }, name: line } : null;
}

function ask({ file, url, hashes }, banks, signal, onSent) {
  if (!file) return post("/v1/search", { ...(url ? { url } : { hashes }), banks }, { signal });
  const form = new FormData();
  form.append("file", file, file.name);
  for (const bank of banks) form.append("banks", bank);
  return send("/v1/search", form, { signal, onSent });
}

const isOver = ({ state }) => state !== "waiting" && state !== "searching";
const done = (asked) => asked.reduce((sum, one) => sum + (isOver(one) ? 1 : 0.5 * one.sent), 0) / asked.length;
const told = (asked) => (asked.length === 1 ? (asked[0].sent < 1 && asked[0].file ? "Sending…" : "Searching…") : `${asked.filter(isOver).length} of ${asked.length} searched`);

function Scope({ chosen, onChange }) {
  const { value } = useBanks();
  const banks = value?.data ?? [];
  if (banks.length < 2) return null;
  const turn = (id) => (on) => onChange(on ? [...chosen, id] : chosen.filter((one) => one !== id));
  return html`<fieldset class="scope"><legend class="note">Only in</legend>
    ${banks.map((bank) => html`<${Check} label=${bank.name} checked=${chosen.includes(bank.id)} onChange=${turn(bank.id)} />`)}
    <span class="note">${chosen.length ? "" : "None chosen: all of them."}</span></fieldset>`;
}

function Summary({ asked }) {
  const over = asked.filter(isOver);
  const matched = over.filter(({ answer }) => answer?.matches.some(({ match }) => match)).length;
  const failed = over.filter(({ state }) => state === "failed").length;
  return html`<p role="status">${count(matched, "file")} of ${over.length} ${matched === 1 ? "repeats" : "repeat"} something${failed ? `; ${failed} could not be searched` : ""}.</p>`;
}

function Answer({ one }) {
  const { name, file, state, answer, problem } = one;
  const size = file ? bytes(file.size) : "";
  if (state === "failed") return html`<section class="panel stack tight" aria-label=${name}><div class="answer-head"><h2>${name}</h2></div><${ProblemBox} problem=${problem} /></section>`;
  if (state !== "told") return html`<section class="panel" aria-label=${name}><div class="answer-head"><h2>${name}</h2><span class="note">${{ waiting: "waits", searching: "under way", left: "left out" }[state]}</span></div></section>`;
  const { matches, total, cleared, remarks, skipped, processing_time_ms: ms } = answer;
  return html`<section class="panel stack tight" aria-label=${name}>
    <div class="answer-head"><h2>${name}</h2><span class="note">${[size, duration(ms / 1000), total > matches.length && `${matches.length} best of ${total}`].filter(Boolean).join(", ")}</span></div>
    ${cleared && html`<p><span class="tag good">cleared</span> It matches what an allowed bank holds, whatever else it matches.</p>`}
    ${(remarks ?? []).map((words) => html`<p class="note">${words}</p>`)}
    ${(skipped ?? []).map(({ signal, reason }) => html`<p class="note">${signal} was not used: ${reason}.</p>`)}
    ${matches.length === 0 && html`<p class="muted">It repeats nothing that these banks hold.</p>`}
    <div>${matches.map((match) => html`<${Match} match=${match} key=${match.reference_id} />`)}</div>
  </section>`;
}

const TONES = { high: "accent", medium: "accent", low: "warn", none: "" };

function Match({ match }) {
  const { similarity_score: score, confidence, matched_segments: segments, transform } = match;
  const how = changes(transform);
  const [chosen, choose] = useState(0);
  const ends = segments.map((one) => [one.source_end, one.target_end]);
  const lengths = [0, 1].map((side) => Math.max(0, ...ends.map((pair) => pair[side])));
  return html`<article class="match" aria-label=${match.reference}>
    <div class="score">${score.toFixed(2)}<small>${confidence}</small></div>
    <div>
      <p class="row"><a class="cut" href=${href(`/banks/${match.bank_id}?reference=${match.reference_id}`)}><strong>${match.reference}</strong></a>
        <span class="tag ${TONES[confidence]}">${match.match ? "match" : "perhaps"}</span><span class="tag ${ROLE_TONES[match.role]}">${match.bank}: ${roleWords(match.role).toLowerCase()}</span>
        <span class="tag ${ACTION_TONES[match.action]}">${actionWords(match.action).toLowerCase()}</span>${match.labels.map((label) => html`<span class="tag">${label}</span>`)}</p>
      ${how.length > 0 && html`<p class="note">The picture is the reference's, ${how.join(", ")}.</p>`}
      ${segments.slice(0, 3).map((one) => html`<p class="note">${sentence(one)}</p>`)}
      ${lengths.every((length) => length > 0) && html`<${Timeline} segments=${segments} durations=${lengths} chosen=${chosen} heads=${null} onChoose=${choose} />`}
    </div>
  </article>`;
}
