/* Two pictures and the transform between them: next to each other with what they share outlined, or
   the target laid over the source: in turns, half through, or as the difference.

   html`<${Aligned} source=${{ url, size: [w, h], name }} target=${...} transform=${transform} />` */

import { html, useEffect, useId, useState } from "../lib/view.js";
import { useKeys } from "../lib/keys.js";
import { stillPreferred } from "../lib/prefs.js";
import { matrixOf, shared } from "../lib/geometry.js";
import { changes } from "../lib/findings.js";
import { Choice } from "./field.js";
import { Icon } from "./icon.js";

const BLINK_MS = 700;
const MODES = [["beside", "Side by side"], ["blink", "Blink"], ["onion", "Onion skin"], ["difference", "Difference"]];

export function Aligned({ source, target, transform, matched = true, first = "beside", keys = "Pictures" }) {
  const [mode, setMode] = useState(first);
  const [through, setThrough] = useState(50);
  const blink = useBlink(mode === "blink");
  const matrix = matrixOf(transform, source.size, target.size);
  const region = matched ? shared(matrix, source.size, target.size) : null;
  useKeys(keys, {
    b: ["side by side", () => setMode("beside")],
    k: ["blink", () => setMode("blink")],
    o: ["onion skin", () => setMode("onion")],
    d: ["difference", () => setMode("difference")],
    t: ["change between source and target", () => (mode === "blink" ? blink.turn() : setMode("blink"))],
    "[": ["more of the source", () => setThrough((now) => Math.max(0, now - 10))],
    "]": ["more of the target", () => setThrough((now) => Math.min(100, now + 10))],
  });
  const laid = { source, target, transform, matrix, region };
  return html`<div class="aligned">
    <div class="row apart">
      <${Choice} label="How to compare" value=${mode} options=${MODES} onChange=${setMode} />
      ${mode === "blink" && html`<div class="row">
        <span class="shown-side ${blink.target ? "of-target" : "of-source"}" role="status">${blink.target ? "Target" : "Source"}</span>
        <button class="button small" type="button" onClick=${blink.turn}><${Icon} name="swap" />Turn</button>
        <button class="button small" type="button" onClick=${blink.toggle}><${Icon} name=${blink.running ? "pause" : "play"} />${blink.running ? "Hold" : "Blink"}</button>
      </div>`}
      ${mode === "onion" && html`<label class="row slide"><span class="of-source">Source</span>
        <input type="range" min="0" max="100" value=${through} aria-label="How much of the target shows" aria-valuetext=${`${through} % target`} onInput=${(e) => setThrough(Number(e.target.value))} />
        <span class="of-target">Target</span></label>`}
      ${mode === "difference" && html`<span class="note">Black where both are the same.</span>`}
    </div>
    ${mode === "beside"
      ? html`<div class="beside">
          <${Framed} side="source" picture=${source} outline=${region?.source} />
          <${Framed} side="target" picture=${target} outline=${region?.target} />
        </div>`
      : html`<${Laid} ...${laid} mode=${mode} opacity=${mode === "blink" ? Number(blink.target) : mode === "onion" ? through / 100 : 1} />`}
    ${mode !== "beside" && html`<p class="note">The target is laid over the source${changes(transform).length ? `, changed as it was: ${changes(transform).join(", ")}` : ""}.</p>`}
  </div>`;
}

function useBlink(active) {
  const [target, setTarget] = useState(false);
  const [running, setRunning] = useState(() => !stillPreferred());
  useEffect(() => {
    if (!active || !running) return undefined;
    const timer = setInterval(() => setTarget((now) => !now), BLINK_MS);
    return () => clearInterval(timer);
  }, [active, running]);
  return {
    target, running,
    toggle: () => setRunning(!running),
    turn: () => { setRunning(false); setTarget(!target); },
  };
}

const NAMES = { source: "Source", target: "Target" };
const LETTERS = "ABCDEFGH";
const points = (polygon) => polygon.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");

function Framed({ side, picture, outline }) {
  const [w, h] = picture.size;
  const scale = Math.max(w, h) / 480;
  return html`<figure class="framed of-${side}">
    <svg viewBox="0 0 ${w} ${h}" role="img" aria-label=${`${NAMES[side]}${outline ? ", with what both show outlined" : ""}`}>
      <image href=${picture.url} width=${w} height=${h} preserveAspectRatio="none" />
      ${outline?.length > 2 && html`
        <path class="shade" fill-rule="evenodd" d="M0 0H${w}V${h}H0z M${points(outline).replaceAll(" ", " L")}z" />
        <polygon class="outline halo" points=${points(outline)} />
        <polygon class="outline" points=${points(outline)} />
        ${outline.length <= LETTERS.length && outline.map(([x, y], i) => html`<g class="corner" transform="translate(${inside(x, w, scale)} ${inside(y, h, scale)}) scale(${scale})">
          <circle r="11" /><text text-anchor="middle" dy="4.5">${LETTERS[i]}</text></g>`)}`}
    </svg>
    <figcaption><span class="side-name">${NAMES[side]}</span> <span class="note cut">${picture.name}</span><span class="note nowrap">${w} × ${h}</span></figcaption>
  </figure>`;
}

/** A corner's letter stays within the picture. */
const inside = (value, size, scale) => Math.min(Math.max(value, 14 * scale), size - 14 * scale).toFixed(1);

function Laid({ source, target, transform, matrix, region, mode, opacity }) {
  const [w, h] = source.size;
  const isDifference = mode === "difference";
  const cut = useId("cut");
  const kept = isDifference && region?.source.length > 2 ? points(region.source) : `0,0 ${w},0 ${w},${h} 0,${h}`;
  const over = { opacity: String(opacity), mixBlendMode: isDifference ? "difference" : "normal", filter: transform?.inverted ? "invert(1)" : "none" };
  return html`<figure class="laid ${mode}">
    <svg viewBox="0 0 ${w} ${h}" role="img" aria-label=${`Target laid over source: ${mode}`}>
      <clipPath id=${cut}><polygon points=${kept} /></clipPath>
      <g class="stage" clip-path="url(#${cut})">
        <image href=${source.url} width=${w} height=${h} preserveAspectRatio="none" />
        <image href=${target.url} width=${target.size[0]} height=${target.size[1]} preserveAspectRatio="none" transform="matrix(${matrix.join(" ")})" style=${over} />
      </g>
      ${region?.source.length > 2 && html`<polygon class="outline quiet" points=${points(region.source)} />`}
    </svg>
  </figure>`;
}
