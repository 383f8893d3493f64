/* Both sides of a match that has a clock: the timeline, the two media beneath it, and one transport for
   both. A segment that is chosen plays on both sides from its start, second for second.

   `sides` { source, target } are each { name, kind, file, url }: a Blob and an address of it. Under
   cover (`veiled`) they are null, and `under` is a cover or null: nothing of the media is in the page
   then. Once both are there, they play on from where they were. `silent` begins without sound. */

import { classes, html, useCallback, useEffect, useRef, useState } from "../lib/view.js";
import { useKeys } from "../lib/keys.js";
import { InStep } from "../lib/in-step.js";
import { clock } from "../lib/words.js";
import { channel, changesOf, span } from "../lib/findings.js";
import { Aligned } from "./aligned.js";
import { Choice } from "./field.js";
import { Icon } from "./icon.js";
import { Timeline } from "./timeline.js";
import { Waveform } from "./waveform.js";

const LISTEN = [["source", "Source"], ["both", "Both"], ["target", "Target"]];
const SILENCE = ["none", "Neither"];
const SIDES = ["source", "target"];
const RESTING = { playing: false, source: null, target: null, drift: 0 };

export function Player({ sides, segments, veiled = false, silent = false }) {
  const elements = useRef({ source: null, target: null });
  const [durations, setDurations] = useState({ source: null, target: null });
  const [failed, setFailed] = useState({});
  const [chosen, setChosen] = useState(0);
  const [heads, setHeads] = useState(RESTING);
  const [listening, setListening] = useState(silent ? "none" : "both");
  const [moment, setMoment] = useState(null);
  const step = useRef(null);
  const left = useRef(null);
  const open = SIDES.every((side) => sides[side].url);
  const ready = open && SIDES.every((side) => durations[side] !== null);
  useEffect(() => {
    if (!ready) return undefined;
    const pair = new InStep(elements.current.source, elements.current.target, (now) => { left.current = now; setHeads(now); });
    const before = left.current;
    step.current = pair;
    pair.listen(listening);
    if (segments.length) pair.choose(segments[chosen]);
    if (veiled) {
      goOn(pair, before);
      pair.play();
    }
    return () => { pair.close(); step.current = null; };
  }, [ready]);
  useEffect(() => (open ? () => { setHeads(RESTING); setMoment(null); setFailed({}); setDurations({ source: null, target: null }); } : undefined), [open]);
  const known = useRef({});
  const loaded = useCallback((side, duration) => {
    known.current[side] = duration;
    setDurations((now) => ({ ...now, [side]: duration }));
  }, []);
  const play = (i) => {
    if (i === chosen && heads.playing) return step.current.pause();
    setChosen(i);
    setMoment(null);
    left.current = null;
    step.current?.choose(segments[i]);
    return step.current?.play();
  };
  const listen = (to) => {
    setListening(to);
    step.current?.listen(to);
  };
  const toggle = () => step.current?.toggle();
  const seek = (seconds) => step.current?.seek(seconds);
  const by = (seconds) => seek(Math.max(0, (heads.source ?? heads.target ?? 0) + seconds));
  const hold = () => {
    if (!ready) return;
    step.current.pause();
    setMoment({ source: grab(elements.current.source), target: grab(elements.current.target), at: heads });
  };
  const segment = segments[chosen];
  const seen = segment?.channel === "visual" && SIDES.every((side) => sides[side].kind !== "audio" && !failed[side]);
  const heard = silent ? [SILENCE, ...LISTEN] : LISTEN;
  useKeys("Playing", {
    " ": ["play or pause both", toggle],
    ArrowLeft: ["back a second", () => by(-1)],
    ArrowRight: ["on a second", () => by(1)],
    l: [`listen to source, both${silent ? ", target or neither" : " or target"}`, () => listen(heard[(heard.findIndex(([name]) => name === listening) + 1) % heard.length][0])],
    n: ["next segment", () => segments.length && play((chosen + 1) % segments.length)],
    ...(seen ? { f: ["compare this moment", hold] } : {}),
  });
  const fail = (side) => () => {
    setFailed((now) => ({ ...now, [side]: true }));
    loaded(side, longest(segments, side));
  };
  const head = (side) => (ready && durations[side] > 0 ? heads[side] : null);
  const lengths = SIDES.map((side) => known.current[side] ?? longest(segments, side));
  return html`<div class=${classes("player stack", veiled && "veiled")}>
    ${(ready || veiled) && segments.length > 0 && html`<${Timeline} segments=${segments} durations=${lengths} chosen=${chosen} heads=${{ source: head("source"), target: head("target") }} onChoose=${play} onSeek=${seek} />`}
    <div class="beside">
      ${SIDES.map((side) => html`<${Side} key=${side} side=${side} one=${sides[side]} failed=${failed[side]} veiled=${veiled} hold=${elements.current} onLoaded=${loaded} onFail=${fail(side)} onSeek=${(seconds) => step.current?.seekFrom(side, seconds)} head=${head(side)} duration=${durations[side]} />`)}
    </div>
    <div class="transport">
      <button class="button main" type="button" onClick=${toggle} disabled=${!ready}><${Icon} name=${heads.playing ? "pause" : "play"} />${heads.playing ? "Pause" : "Play both"}</button>
      <span class="row"><span class="note" id="listen-to">Listen to</span><${Choice} label="Listen to" value=${listening} options=${heard} onChange=${listen} /></span>
      ${seen && html`<button class="button" type="button" onClick=${hold} disabled=${!ready}><${Icon} name="eye" />Compare this moment</button>`}
      ${segment && html`<span class="note pace">${segments.length > 1 ? `Segment ${chosen + 1} of ${segments.length}: ` : ""}${segment.rate < 0 ? "backwards; the target is shown place by place, without sound" : speed(segment)}</span>`}
    </div>
    ${moment?.source && moment?.target && html`<section aria-label="This moment"><h3>Source at ${clock(moment.at.source ?? 0)}, target at ${clock(moment.at.target ?? 0)}</h3>
      <${Aligned} source=${{ ...moment.source, name: sides.source.name }} target=${{ ...moment.target, name: sides.target.name }} transform=${segment.transform} keys="This moment" /></section>`}
    ${segments.length > 0 && html`<${Segments} segments=${segments} chosen=${chosen} playing=${heads.playing} onPlay=${play} />`}
  </div>`;
}

const speed = ({ rate, clock: kind }) =>
  kind === "aligned" ? (Math.abs(rate - 1) < 0.005 ? "both run at the same speed" : `the target runs at ${rate.toFixed(2)} times its speed, to keep step`) : "without a common clock";

const longest = (segments, side) => Math.max(0, ...segments.map((segment) => segment[`${side}_end`]));

const AT_END_S = 0.2;

/** Go on from where both were left, unless that was the end of the segment. */
function goOn(pair, before) {
  const side = typeof before?.source === "number" ? "source" : "target";
  const at = before?.[side];
  if (typeof at === "number" && !(at > pair.segment?.[`${side}_end`] - AT_END_S)) pair.seek(at);
}

function Side({ side, one, failed, veiled, hold, onLoaded, onFail, onSeek, head, duration }) {
  const { name, kind, file, url, under } = one;
  const ref = useCallback((element) => { hold[side] = element; }, []);
  const label = `${side === "source" ? "Source" : "Target"}: ${name}`;
  const media = { ref, src: url, "aria-label": label, preload: "auto", onLoadedMetadata: (e) => onLoaded(side, Number.isFinite(e.target.duration) ? e.target.duration : 0), onError: onFail };
  return html`<figure class="framed of-${side}">
    ${!url
      ? html`<div class="covered"><div class="veil">${under ? html`<img class="under" src=${under} alt="" draggable=${false} />` : html`<span class="nothing"><${Icon} name=${kind} /></span>`}</div></div>`
      : failed
      ? html`<div class="unseen"><${Icon} name=${kind} /><span class="note">This browser cannot play the format.${veiled ? "" : " The evidence of the server is beneath."}</span></div>`
      : kind === "image"
        ? html`<img ref=${ref} src=${url} alt=${label} onLoad=${() => onLoaded(side, 0)} onError=${onFail} />`
        : kind === "video"
          ? html`<video ...${media} playsinline></video>`
          : html`<div class="sounding"><${Waveform} file=${file} share=${duration ? head / duration : 0} onSeek=${(share) => onSeek(share * duration)} otherwise=${html`<${Icon} name="audio" />`} /><audio ...${media}></audio></div>`}
    <figcaption><span class="side-name">${side === "source" ? "Source" : "Target"}</span> <span class="note cut">${name}</span>
      ${duration > 0 && html`<span class="note nowrap">${head === null ? "" : `${clock(head)} of `}${clock(duration)}</span>`}</figcaption>
  </figure>`;
}

/** A film's present frame, or a still, as a picture: { url, size }. */
function grab(element) {
  const size = [element.videoWidth || element.naturalWidth, element.videoHeight || element.naturalHeight];
  if (!size[0]) return null;
  const canvas = Object.assign(document.createElement("canvas"), { width: size[0], height: size[1] });
  canvas.getContext("2d").drawImage(element, 0, 0);
  return { url: canvas.toDataURL("image/jpeg", 0.92), size };
}

function Segments({ segments, chosen, playing, onPlay }) {
  const still = ({ clock: kind }, start, end) => (kind === "still" && start === 0 && end === 0 ? "still" : span(start, end));
  return html`<div class="table-box" tabindex="0" role="region" aria-label="Segments"><table class="table">
    <caption class="only-read">What both share</caption>
    <thead><tr><th scope="col">Segment</th><th scope="col">Channel</th><th scope="col">Source</th><th scope="col">Target</th><th scope="col">Speed</th><th scope="col">Changed</th><th scope="col" class="number">Pitch</th><th scope="col" class="number">Score</th></tr></thead>
    <tbody>${segments.map((one, i) => html`<tr class=${i === chosen ? "on" : ""}>
      <td><button class="button small" type="button" aria-label=${`${playing && i === chosen ? "Pause" : "Play"} segment ${i + 1}`} onClick=${() => onPlay(i)}><${Icon} name=${playing && i === chosen ? "pause" : "play"} />${i + 1}</button></td>
      <td data-title="Channel">${channel(one)}</td>
      <td data-title="Source" class="nowrap">${still(one, one.source_start, one.source_end)}</td><td data-title="Target" class="nowrap">${still(one, one.target_start, one.target_end)}</td>
      <td data-title="Speed" class="nowrap">${one.rate ? `× ${one.rate.toFixed(3)}` : one.clock === "unknown" ? "not told" : ""}</td>
      <td data-title="Changed">${changesOf({ transform: one.transform }).join(", ") || (one.channel === "visual" ? "as it was" : "")}</td>
      <td data-title="Pitch" class="number nowrap">${one.pitch === undefined || one.pitch === null ? "" : `${one.pitch > 0 ? "+" : ""}${one.pitch.toFixed(2)}`}</td>
      <td data-title="Score" class="number">${one.score.toFixed(2)}</td></tr>`)}</tbody>
  </table></div>`;
}
