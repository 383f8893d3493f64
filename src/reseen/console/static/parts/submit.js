/* Uploads from the browser: drop files as a platform would send them, or send a burst of copies. */

import { html, classes, useEffect, useRef, useState } from "../lib/view.js";
import { href } from "../lib/router.js";
import { sampleBurst } from "../lib/sample-burst.js";
import { forget, retry, submit, useSubmitted } from "../lib/submitting.js";
import { actionWords, ACTION_TONES } from "../lib/holdings.js";
import { can } from "../lib/session.js";
import { count } from "../lib/words.js";
import { DropZone } from "./drop-zone.js";
import { Check, Field } from "./field.js";
import { Icon } from "./icon.js";
import { Progress } from "./progress.js";
import { toastProblem } from "./toast.js";

/** A burst of copies of the bundled photo, which then waits in review. */
export function TryBurst({ main = false }) {
  const run = useSubmitted();
  const go = () => sampleBurst().then((files) => submit(files, { looked: true }), toastProblem);
  return html`<button class=${classes("button", main && "main")} type="button" disabled=${run.busy} onClick=${go}><${Icon} name="image" />Send a sample burst</button>`;
}

export function Submit() {
  const [account, setAccount] = useState("console");
  const [looked, setLooked] = useState(true);
  const take = (files) => submit(files.map((file) => ({ file, account: account.trim() || "console" })), { looked });
  return html`<section class="panel stack" aria-labelledby="submit"><div><h2 id="submit">Submit uploads</h2>
      <p class="note">What your platform does with each upload, by hand: it is held against every bank, answered, and joins its near-copies.</p></div>
    <div class="columns two">
      <${DropZone} label="Submit uploads" words="Drop pictures, films or sound here, or" choose="choose files" multiple onFiles=${take} />
      <div class="stack tight">
        <${Field} label="Account" note="Your name for who uploaded them." value=${account} onInput=${setAccount} maxlength="200" autocomplete="off" />
        <${Check} label="Put them before a reviewer" note="They wait in review even where nothing like them is known." checked=${looked} onChange=${setLooked} />
      </div>
    </div>
    <div class="row"><span class="note">No files at hand? Five disguised copies of a photo, each by another account:</span><${TryBurst} /></div>
  </section>`;
}

const WORDS = { waiting: ["waits", ""], sending: ["under way", "accent"], failed: ["failed", "danger"] };

/** What was submitted in this tab. `onAnswered` is called with each answer. `brief`: only while it is
    under way, or where something failed. */
export function Submitted({ onAnswered, brief = false }) {
  const run = useSubmitted();
  const answered = run.items.filter(({ state }) => state === "answered").length;
  const failed = run.items.filter(({ state }) => state === "failed");
  const waits = run.items.filter(({ upload }) => upload?.action === "review").length;
  const told = useRef(answered);
  useEffect(() => {
    if (answered !== told.current) onAnswered?.();
    told.current = answered;
  }, [answered]);
  if (!run.items.length || (brief && !run.busy && !failed.length)) return null;
  const over = answered + failed.length;
  const words = run.busy ? `Submitting: ${over} of ${count(run.items.length, "upload")} answered` : `${count(answered, "upload")} answered${waits ? `, ${waits} of them on review` : ""}${failed.length ? `, ${failed.length} failed` : ""}`;
  return html`<section class="panel stack" aria-label="Just submitted">
    <${Progress} words=${words} fraction=${over / run.items.length}>
      <span class="row">${!run.busy && failed.length > 0 && html`<button class="button small" type="button" onClick=${retry}>Try these again</button>`}
        ${!run.busy && waits > 0 && can("review") && html`<a class="button small main" href=${href("/review")}>Review</a>`}
        ${!run.busy && html`<button class="button small quiet" type="button" onClick=${forget}>Done</button>`}</span><//>
    <ul class="files">${run.items.slice(-100).map((item) => html`<li><span class="cut">${item.upload ? html`<a href=${href(`/uploads/${item.upload.id}`)}>${item.file.name}</a>` : item.file.name} <span class="muted">by ${item.account}</span></span>
      ${item.upload && item.state === "answered" ? html`<${Action} action=${item.upload.action} />` : html`<span class=${classes("tag", WORDS[item.state][1])} title=${item.problem?.message}>${WORDS[item.state][0]}</span>`}</li>`)}</ul>
    ${failed.length > 0 && html`<p class="wrong" role="alert">${failed[0].file.name}: ${failed[0].problem.message} ${failed[0].problem.advice ?? ""}</p>`}
  </section>`;
}

export const Action = ({ action }) => html`<span class=${classes("tag", ACTION_TONES[action])}>${action ? actionWords(action) : "pending"}</span>`;
