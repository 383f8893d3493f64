/* Two tracks on one scale of seconds, and what they share: a segment is a button on each track, and a
   band from one to the other. Pictures and sound have tracks of their own.

   `durations` [source, target] in seconds; `heads` where both play, or null; `onChoose(i)` and
   `onSeek(seconds of the source)`. */

import { html } from "../lib/view.js";
import { clock } from "../lib/words.js";
import { channel, sentence } from "../lib/findings.js";
import { Icon } from "./icon.js";

const LANES = [["visual", "video", "Pictures"], ["audio", "audio", "Sound"]];
const TICKS = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];

export function Timeline({ segments, durations, chosen, heads, onChoose, onSeek }) {
  const whole = Math.max(...durations, 0.001);
  const step = TICKS.find((one) => whole / one <= (innerWidth < 640 ? 4 : 8)) ?? 7200;
  const marks = Array.from({ length: Math.floor(whole / step) + 1 }, (_, i) => i * step);
  const numbered = segments.map((segment, i) => ({ segment, i }));
  const share = (seconds) => `${((100 * seconds) / whole).toFixed(3)}%`;
  return html`<div class="timeline">
    ${LANES.map(([name, icon, words]) => {
      const mine = numbered.filter(({ segment }) => segment.channel === name);
      return mine.length > 0 && html`<section class="lane" aria-label=${`${words}: what both share`}>
        <h3><${Icon} name=${icon} />${words}</h3>
        ${["source", "target"].map((side, row) => html`
          <${Track} side=${side} duration=${durations[row]} share=${share} head=${heads?.[side]} onSeek=${side === "source" || !durations[0] ? onSeek : null}>
            ${mine.map(({ segment, i }) => html`<${Piece} segment=${segment} side=${side} number=${i + 1} share=${share} whole=${whole} on=${i === chosen} onChoose=${() => onChoose(i)} />`)}
          <//>
          ${row === 0 && html`<svg class="bands" viewBox="0 0 1000 32" preserveAspectRatio="none" aria-hidden="true">${mine.map(({ segment, i }) => html`<polygon class=${i === chosen ? "on" : ""} points=${band(segment, whole)} />`)}</svg>`}`)}
      </section>`;
    })}
    <div class="scale" aria-hidden="true">${marks.map((mark) => html`<span class=${mark > 0.95 * whole ? "at-end" : ""} style=${{ left: share(mark) }}>${clock(mark, step < 1 ? 1 : 0)}</span>`)}</div>
  </div>`;
}

function Track({ side, duration, share, head, onSeek, children }) {
  const seek = (event) => {
    if (event.target !== event.currentTarget) return;
    const box = event.currentTarget.getBoundingClientRect();
    onSeek(((event.clientX - box.left) / box.width) * duration);
  };
  return html`<div class="track of-${side}">
    <span class="side-name">${side === "source" ? "Source" : "Target"}</span>
    <div class="rail">
      <div class="length" style=${{ width: share(Math.max(duration, 0)) }} onClick=${onSeek ? seek : undefined}></div>
      ${children}
      ${head !== null && head !== undefined && html`<div class="head" style=${{ left: share(head) }}></div>`}
    </div>
  </div>`;
}

const SHORTEST = 0.008;

function Piece({ segment, side, number, share, whole, on, onChoose }) {
  const [start, end] = [segment[`${side}_start`], segment[`${side}_end`]];
  const place = { left: share(start), width: share(Math.max(end - start, SHORTEST * whole)) };
  return html`<button type="button" class="piece ${on ? "on" : ""}" style=${place} aria-pressed=${String(on)}
    aria-label=${`Play segment ${number} from the ${side}, ${channel(segment).toLowerCase()}. ${sentence(segment)}`} title=${sentence(segment)} onClick=${onChoose}>
    <span aria-hidden="true">${number}</span></button>`;
}

function band(segment, whole) {
  const at = (seconds) => ((1000 * seconds) / whole).toFixed(1);
  const least = SHORTEST * whole;
  const end = (side) => Math.max(segment[`${side}_end`], segment[`${side}_start`] + least);
  const top = [segment.source_start, end("source")];
  const foot = segment.rate < 0 ? [end("target"), segment.target_start] : [segment.target_start, end("target")];
  return `${at(top[0])},0 ${at(top[1])},0 ${at(foot[1])},32 ${at(foot[0])},32`;
}
