/* Two media, one question: is the source a copy of the target, and why? */

import { html, useEffect, useRef, useState } from "../lib/view.js";
import { send, post } from "../lib/api.js";
import { useKeys } from "../lib/keys.js";
import { bytes, duration } from "../lib/words.js";
import { Aligned } from "../parts/aligned.js";
import { Choice } from "../parts/field.js";
import { DropZone } from "../parts/drop-zone.js";
import { EmptyState } from "../parts/empty-state.js";
import { Exhibits } from "../parts/exhibits.js";
import { Icon } from "../parts/icon.js";
import { Player } from "../parts/player.js";
import { ProblemBox } from "../parts/problem.js";
import { Progress } from "../parts/progress.js";
import { RequestCode } from "../parts/request-code.js";
import { Verdict } from "../parts/verdict.js";
import { Preview, kindOf, useObjectUrl, usePictureSize } from "../parts/media-view.js";
import { toastProblem } from "../parts/toast.js";

const ROUTES = [["/match", "Anything"], ["/image/match", "Pictures"], ["/video/match", "Videos"], ["/audio/match", "Sound"]];
const ACCEPTS = { "/image/match": "image/*", "/video/match": "video/*,image/gif,.mkv,.ts", "/audio/match": "audio/*,video/*" };
const SAMPLES = [
  { name: "Photo", icon: "image", words: "mirrored, cropped and captioned", source: "photo-disguised.jpg", target: "photo.jpg" },
  { name: "Film", icon: "video", words: "12 seconds of it, subtitled", source: "film-clip.webm", target: "film.mp4" },
  { name: "Song", icon: "audio", words: "higher and faster", source: "song-disguised.ogg", target: "song.m4a" },
];
const NOTHING = { source: null, target: null };

/** Kept while another page is looked at. */
let left = { route: "/match", sides: NOTHING, result: null };

export default function Playground() {
  const [route, setRoute] = useState(left.route);
  const [sides, setSides] = useState(left.sides);
  const [result, setResult] = useState(left.result);
  const [work, setWork] = useState(null);
  const [problem, setProblem] = useState(null);
  const running = useRef(null);
  const answer = useRef();
  left = { route, sides, result };
  useEffect(() => () => running.current?.abort(), []);

  const put = (side, given) => {
    setSides((now) => ({ ...now, [side]: given }));
    setResult(null);
    setProblem(null);
  };
  const swap = () => {
    setSides(({ source, target }) => ({ source: target, target: source }));
    setResult(null);
    setProblem(null);
  };
  const clear = () => {
    running.current?.abort();
    setSides(NOTHING);
    setResult(null);
    setProblem(null);
  };
  const compare = async (given = sides, by = route) => {
    if (!given.source || !given.target || running.current) return;
    const mine = new AbortController();
    running.current = mine;
    setProblem(null);
    setResult(null);
    setWork({ sent: 0, since: performance.now() });
    try {
      const envelope = await ask(by, given, mine.signal, (sent) => setWork((now) => now && { ...now, sent }));
      setResult({ envelope, sides: given, route: by });
      requestAnimationFrame(() => answer.current?.focus({ preventScroll: true }));
    } catch (thrown) {
      if (thrown.name !== "AbortError") setProblem(thrown);
    }
    running.current = null;
    setWork(null);
  };
  const sample = async (one) => {
    if (running.current) return;
    try {
      const [source, target] = await Promise.all([one.source, one.target].map(fetchSample));
      const given = { source: { file: source }, target: { file: target } };
      setRoute("/match");
      setSides(given);
      await compare(given, "/match");
    } catch (thrown) {
      toastProblem(thrown);
    }
  };
  const cancel = () => running.current?.abort();
  const ready = Boolean(sides.source && sides.target);

  usePaste((given) => put(sides.source ? "target" : "source", given));
  useKeys("Playground", {
    c: ["compare", () => compare()],
    x: ["exchange source and target", swap],
    1: ["try the photo", () => sample(SAMPLES[0])],
    2: ["try the film", () => sample(SAMPLES[1])],
    3: ["try the song", () => sample(SAMPLES[2])],
    Escape: ["cancel", cancel],
  });

  return html`<div class="page playground">
    <div class="page-head">
      <div><h1>Playground</h1><p>Give it two media and see whether one is a copy of the other, however it was disguised, and why.</p></div>
      <div class="actions"><${Choice} label="What to compare" value=${route} options=${ROUTES} onChange=${(to) => { setRoute(to); setProblem(null); }} disabled=${Boolean(work)} /></div>
    </div>
    <div class="pair ${result ? "told" : ""}">
      <${Side} side="source" title="Source" words="the upload in question" given=${sides.source} accept=${ACCEPTS[route]} wrong=${problem?.field?.startsWith("source") && problem} onGive=${(given) => put("source", given)} busy=${Boolean(work)} small=${Boolean(result)} />
      <button class="button only-icon exchange" type="button" aria-label="Exchange source and target" title="Exchange (x)" onClick=${swap} disabled=${Boolean(work) || (!sides.source && !sides.target)}><${Icon} name="swap" /></button>
      <${Side} side="target" title="Target" words="what it may be a copy of" given=${sides.target} accept=${ACCEPTS[route]} wrong=${problem?.field?.startsWith("target") && problem} onGive=${(given) => put("target", given)} busy=${Boolean(work)} small=${Boolean(result)} />
    </div>
    <div class="row apart go">
      <div class="row samples" role="group" aria-label="Samples"><span class="note">Try one:</span>
        ${SAMPLES.map((one) => html`<button class="button small" type="button" title=${`${one.name}, ${one.words}`} disabled=${Boolean(work)} onClick=${() => sample(one)}><${Icon} name=${one.icon} />${one.name}</button>`)}</div>
      <div class="row do">${(sides.source || sides.target) && !work && html`<button class="button quiet" type="button" onClick=${clear}>Clear</button>`}
        <button class="button main" type="button" disabled=${!ready || Boolean(work)} onClick=${() => compare()}>Compare</button></div>
    </div>
    ${work && html`<${Working} work=${work} sides=${sides} onCancel=${cancel} />`}
    ${problem && html`<${ProblemBox} problem=${problem} onRetry=${ready ? () => compare() : null} />`}
    ${result
      ? html`<div class="stack result" tabindex="-1" ref=${answer} aria-label="Result" role="region"><${Result} ...${result} /></div>`
      : !work && !problem && !ready && html`<div class="panel"><${EmptyState} icon="playground" title="Nothing compared yet">
          Drop, choose or paste two files or addresses above. Or try a sample: a photo, a film and a song come with reseen, each with a disguised copy.<//></div>`}
    ${!result && ready && html`<div class="panel"><${RequestCode} route=${route} sides=${sides} /></div>`}
  </div>`;
}

/** One call. Two addresses go as JSON, everything else as a form. */
function ask(route, { source, target }, signal, onSent) {
  const query = { explain: "true" };
  if (source.url && target.url) {
    onSent(1);
    return post(route, { source_url: source.url, target_url: target.url }, { query, signal });
  }
  const form = new FormData();
  for (const [side, { url, file }] of Object.entries({ source, target })) form.append(url ? `${side}_url` : side, url ?? file);
  return send(route, form, { query, signal, onSent });
}

async function fetchSample(name) {
  const answer = await fetch(`/console/samples/${name}`);
  if (!answer.ok) throw new Error("The sample could not be loaded.");
  return new File([await answer.blob()], name, { type: answer.headers.get("content-type") });
}

const isAddress = (text) => /^https?:\/\/\S+$/i.test(text.trim());

/** A file or an address that is pasted anywhere but into a field. */
function usePaste(onGive) {
  const latest = useRef(onGive);
  latest.current = onGive;
  useEffect(() => {
    const paste = (event) => {
      if (/^(INPUT|TEXTAREA)$/.test(event.target.tagName)) return;
      const [file] = event.clipboardData.files;
      const text = event.clipboardData.getData("text").trim();
      if (file) latest.current({ file });
      else if (isAddress(text)) latest.current({ url: text });
    };
    document.addEventListener("paste", paste);
    return () => document.removeEventListener("paste", paste);
  }, []);
}

function Side({ side, title, words, given, accept, wrong, onGive, busy, small }) {
  return html`<section class="side-card of-${side} ${wrong ? "wrong" : ""}" aria-label=${title}>
    <header class="row apart"><h2><span class="side-name">${title}</span> <span class="note">${words}</span></h2>
      ${given && html`<button class="button small quiet" type="button" aria-label=${`Remove the ${side}`} disabled=${busy} onClick=${() => onGive(null)}>Remove</button>`}</header>
    ${!given && html`<${DropZone} label=${title} accept=${accept} onFiles=${([file]) => onGive({ file })}><${Address} side=${side} onGive=${onGive} /><//>`}
    ${given?.file && html`<${Preview} file=${given.file} small=${small} label=${`${title}: ${given.file.name}`} />
      <p class="row apart"><span class="cut">${given.file.name}</span><span class="note">${bytes(given.file.size)}</span></p>`}
    ${given?.url && html`<div class="preview unseen"><${Icon} name="exchanges" /><span class="mono address">${given.url}</span><span class="note">The server fetches it; this page loads nothing from other hosts.</span></div>`}
  </section>`;
}

function Address({ side, onGive }) {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState(false);
  const give = (event) => {
    event.preventDefault();
    if (isAddress(text)) onGive({ url: text.trim() });
    else setWrong(true);
  };
  return html`<form class="address-form" novalidate onSubmit=${give}>
    <input class="input" type="url" inputmode="url" placeholder="or paste an address: https://…" aria-label=${`Address of the ${side}`} aria-invalid=${wrong ? "true" : undefined}
      value=${text} onInput=${(e) => { setText(e.target.value); setWrong(false); }} onPaste=${(e) => { const pasted = e.clipboardData.getData("text"); if (!text && isAddress(pasted)) { e.preventDefault(); onGive({ url: pasted.trim() }); } }} />
    ${text && html`<button class="button small" type="submit">Use</button>`}
    ${wrong && html`<p class="wrong" role="alert">An address begins with http:// or https://</p>`}
  </form>`;
}

function Working({ work, sides, onCancel }) {
  const [now, setNow] = useState(performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 500);
    return () => clearInterval(timer);
  }, []);
  const spent = (now - work.since) / 1000;
  const sending = work.sent < 1;
  const what = sending ? "Sending" : sides.source.url || sides.target.url ? "Fetching and comparing" : "Comparing";
  return html`<div class="panel"><${Progress} words=${`${what}…`} fraction=${sending ? work.sent : null}>
    <span class="row"><span class="note" aria-hidden="true">${spent >= 1 ? duration(Math.floor(spent)) : ""}</span><button class="button small" type="button" onClick=${onCancel}>Cancel</button></span><//></div>`;
}

function Result({ envelope, sides, route }) {
  const files = { source: sides.source.file, target: sides.target.file };
  const both = files.source && files.target;
  const stills = both && kindOf(files.source) === "image" && kindOf(files.target) === "image" && !envelope.matched_segments.length;
  return html`<${Verdict} envelope=${envelope} />
    ${stills && html`<${Pictures} files=${files} envelope=${envelope} />`}
    ${both && !stills && html`<section class="panel stack" aria-labelledby="together"><h2 id="together">See and hear both</h2><${Together} files=${files} segments=${envelope.matched_segments} /></section>`}
    ${!both && html`<p class="note row"><${Icon} name="info" />An address is fetched by the server only, so this page cannot show the media themselves. What the server drew of them is here.</p>`}
    <${Exhibits} envelope=${envelope} />
    <div class="panel"><${RequestCode} route=${route} sides=${sides} envelope=${envelope} /></div>`;
}

function Together({ files, segments }) {
  const [source, target] = [useObjectUrl(files.source), useObjectUrl(files.target)];
  const side = (file, url) => ({ name: file.name, kind: kindOf(file), file, url });
  return html`<${Player} sides=${{ source: side(files.source, source), target: side(files.target, target) }} segments=${segments} />`;
}

function Pictures({ files, envelope }) {
  const [here, there] = [useObjectUrl(files.source), useObjectUrl(files.target)];
  const [size, other] = [usePictureSize(here), usePictureSize(there)];
  if (size === false || other === false) return html`<p class="note row"><${Icon} name="info" />This browser cannot show the format of a file. What the server drew of it is beneath.</p>`;
  if (!size || !other) return null;
  return html`<section class="panel stack" aria-labelledby="compare"><h2 id="compare">See both</h2>
    <${Aligned} source=${{ url: here, size, name: files.source.name }} target=${{ url: there, size: other, name: files.target.name }} transform=${envelope.transform} matched=${Boolean(envelope.transform)} /></section>`;
}
