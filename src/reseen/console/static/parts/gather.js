/* Into a bank: files or folders by drop, addresses, or a list of hashes. */

import { html, useId, useRef, useState, classes } from "../lib/view.js";
import { post, send } from "../lib/api.js";
import { add, cancel, filesIn, forget, isBusy, named, retry, useRun } from "../lib/adding.js";
import { labelsIn } from "../lib/holdings.js";
import { href } from "../lib/router.js";
import { can } from "../lib/session.js";
import { count } from "../lib/words.js";
import { Field } from "./field.js";
import { Icon } from "./icon.js";
import { JobProgress, Mending } from "./job-progress.js";
import { ProblemBox } from "./problem.js";
import { Progress } from "./progress.js";

const LIST = /\.(csv|jsonl|ndjson|txt)$/i;
const MOST_ITEMS = 1000;
/** Jobs that were begun here, by bank, kept while another page is looked at. */
const begun = new Map();

export function Gather({ bank, onChanged }) {
  const [labels, setLabels] = useState("");
  const [note, setNote] = useState("");
  const [problem, setProblem] = useState(null);
  const [sending, setSending] = useState(null);
  const [jobs, setJobs] = useState(begun.get(bank.id) ?? []);
  const run = useRun(bank.id);
  const started = (...more) => {
    const all = [...more, ...(begun.get(bank.id) ?? [])];
    begun.set(bank.id, all);
    setJobs(all);
  };
  const said = { labels: labelsIn(labels), note };
  const take = async (files) => {
    setProblem(null);
    const lists = files.filter(({ name }) => LIST.test(name));
    const media = files.filter(({ name }) => !LIST.test(name));
    if (media.length) add(bank.id, media, said);
    for (const { file, name } of lists) await upload(file, name);
  };
  const upload = async (file, name) => {
    const form = new FormData();
    form.append("kind", "ingest");
    form.append("bank", bank.id);
    form.append("file", file, name);
    setSending({ name, sent: 0 });
    try {
      const job = await send("/v1/jobs", form, { onSent: (sent) => setSending({ name, sent }) });
      started({ id: job.id, name });
    } catch (thrown) {
      setProblem(thrown);
    }
    setSending(null);
  };
  const fetchAll = async (urls) => {
    setProblem(null);
    for (let at = 0; at < urls.length; at += MOST_ITEMS) {
      const items = urls.slice(at, at + MOST_ITEMS).map((url) => ({ url, ...said }));
      const { job, results } = await post("/v1/references/batch", { bank: bank.id, items }, { idempotent: true });
      const refused = results.filter(({ error }) => error).map(({ index, error }) => ({ name: items[index].url, problem: Object.assign(new Error(error.detail), { code: error.code, advice: "Correct the address and add it once more." }) }));
      if (job || refused.length) started({ id: job?.id, name: count(items.length, "address", "addresses"), refused });
    }
  };
  return html`<div class="stack">
    <div class="columns two">
      <${Drop} onFiles=${take} />
      <div class="panel stack tight">
        <${Field} label="Labels" note="For what is added next, with commas between. Searches can be limited to a label." value=${labels} onInput=${setLabels} placeholder="logo, 2026" />
        <${Field} label="Note" rows=${2} note="For people, at every reference that is added next." value=${note} onInput=${setNote} />
      </div>
    </div>
    ${problem && html`<${ProblemBox} problem=${problem} />`}
    ${sending && html`<div class="panel"><${Progress} words=${`Sending the list ${sending.name}…`} fraction=${sending.sent} /></div>`}
    ${run && html`<${Run} bank=${bank} run=${run} onChanged=${onChanged} />`}
    ${jobs.map((job) => html`<section class="panel stack tight" key=${job.id ?? job.name} aria-label=${`Job for ${job.name}`}><h2>${job.name}</h2>
      ${job.refused?.length > 0 && html`<${Mending} rows=${job.refused} name="refused.csv" />`}
      ${job.id && html`<${JobProgress} id=${job.id} onOver=${onChanged} />`}</section>`)}
    <${Addresses} onGive=${fetchAll} />
  </div>`;
}

function Drop({ onFiles }) {
  const [over, setOver] = useState(false);
  const depth = useRef(0);
  const [files, folder] = [useId("files"), useId("folder")];
  const turn = (by) => (event) => {
    event.preventDefault();
    depth.current = Math.max(0, depth.current + by);
    setOver(depth.current > 0);
  };
  const drop = async (event) => {
    event.preventDefault();
    depth.current = 0;
    setOver(false);
    onFiles(await filesIn(event.dataTransfer));
  };
  const chosen = (event) => {
    onFiles(named(event.target.files));
    event.target.value = "";
  };
  return html`<div class=${classes("drop", over && "over")} role="group" aria-label="Add references" onDragEnter=${turn(1)} onDragLeave=${turn(-1)} onDragOver=${(e) => e.preventDefault()} onDrop=${drop}>
    <${Icon} name="drop" />
    <p>Drop files, a folder or a list of hashes here, or choose <label for=${files}>files</label><input id=${files} type="file" multiple aria-label="Add references: choose files" onChange=${chosen} />${" "}
      or <label for=${folder}>a folder</label><input id=${folder} type="file" webkitdirectory aria-label="Add references: choose a folder" onChange=${chosen} /></p>
    <p class="note">Pictures, films and sound are fingerprinted and not kept. A list is CSV, JSON lines or text: <code>sha256:…</code>, <code>md5:…</code>, <code>pdq:…</code> or an address a line.</p>
  </div>`;
}

const WORDS = { waiting: ["waits", ""], sending: ["under way", "accent"], added: ["added", "good"], known: ["held already", ""], failed: ["failed", "danger"], left: ["left out", "warn"] };

function Run({ bank, run, onChanged }) {
  const tally = {};
  for (const { state } of run.items) tally[state] = (tally[state] ?? 0) + 1;
  const busy = isBusy(run);
  const over = run.items.length - (tally.waiting ?? 0) - (tally.sending ?? 0);
  const told = useRef(0);
  if (over !== told.current && (over % 20 === 0 || !busy)) {
    told.current = over;
    setTimeout(onChanged);
  }
  const partly = run.items.filter(({ state }) => state === "sending").reduce((sum, { sent }) => sum + 0.5 * sent, 0);
  const words = `${over} of ${count(run.items.length, "file")}${Object.entries(tally).filter(([state]) => !["waiting", "sending"].includes(state)).map(([state, n]) => `, ${n} ${WORDS[state][0]}`).join("")}`;
  const failed = run.items.filter(({ state }) => state === "failed").map(({ name, problem }) => ({ name, problem }));
  return html`<section class="panel stack" aria-label="Files on their way"><h2 class="only-read">Files</h2>
    <${Progress} words=${words} fraction=${(over + partly) / run.items.length}>
      <span class="row">${busy && html`<button class="button small" type="button" onClick=${() => cancel(bank.id)}>Cancel</button>`}
        ${!busy && (tally.failed || tally.left) && html`<button class="button small" type="button" onClick=${() => retry(bank.id)}>Try these again</button>`}
        ${!busy && html`<button class="button small quiet" type="button" onClick=${() => forget(bank.id)}>Done</button>`}</span><//>
    ${!busy && (tally.added || tally.known) && html`<p class="note row">Every upload is held against them from now on.
      <a href=${href(`/banks/${bank.id}`)}>See the references</a>${can("upload") && html`<a href=${href("/uploads")}>Submit uploads</a>`}</p>`}
    ${failed.length > 0 && html`<${Mending} rows=${failed} name=${`${bank.name}-failed.csv`} />`}
    <details><summary>Every file</summary><ul class="files">${run.items.slice(0, 500).map(({ name, state }) => html`<li><span class="cut">${name}</span><span class=${classes("tag", WORDS[state][1])}>${WORDS[state][0]}</span></li>`)}</ul>
      ${run.items.length > 500 && html`<p class="note">The first 500 of ${run.items.length} are listed; what failed is listed above.</p>`}</details>
  </section>`;
}

function Addresses({ onGive }) {
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const urls = text.split(/\s+/).filter(Boolean);
  const wrong = urls.find((one) => !/^https?:\/\//i.test(one));
  const give = async (event) => {
    event.preventDefault();
    if (!urls.length || wrong || busy) return;
    setBusy(true);
    setProblem(null);
    try {
      await onGive(urls);
      setText("");
    } catch (thrown) {
      setProblem(thrown);
    }
    setBusy(false);
  };
  return html`<form class="panel stack tight" onSubmit=${give} novalidate>
    <${Field} label="Addresses" rows=${3} placeholder=${"https://…\nhttps://…"} note="One a line. The server fetches them, in a job of its own." wrong=${wrong && `An address begins with http:// or https://, and this does not: ${wrong.slice(0, 80)}`} value=${text} onInput=${setText} />
    ${problem && html`<${ProblemBox} problem=${problem} />`}
    <div class="row"><button class="button main" type="submit" disabled=${busy || !urls.length || Boolean(wrong)}>Add ${urls.length ? count(urls.length, "address", "addresses") : "addresses"}</button></div>
  </form>`;
}
