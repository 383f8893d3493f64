/* Plots with uPlot, in the console's colours, as wide as their place, with the numbers as a table for
   those who do not see them.

   html`<${Plot} title="Queries a day" x=${seconds} series=${[{ label: "high", values, colour: "--source" }]} />`
   `x` are seconds since 1970, or plain numbers with `time=${false}`; `format` says a value; `kind`
   "line" (default), "area" or "bars"; `yMax` fixes the upper end. A null value is a gap. */

import { html, useEffect, useRef, useState } from "../lib/view.js";
import { useDark } from "../lib/prefs.js";
import { style } from "../lib/styles.js";

const COLOURS = ["--source", "--target", "--accent", "--muted"];

export function Plot({ title, x, series, time = true, kind = "line", height = 200, yMax, format = String, formatX, onPick }) {
  const place = useRef();
  const drawn = useRef();
  const dark = useDark();
  const [, ready] = useState(false);
  useEffect(() => {
    let gone = false;
    let watch;
    (async () => {
      const [{ default: UPlot }] = await Promise.all([import("../vendor/uplot.js"), sheet()]);
      if (gone) return;
      const options = optionsOf(UPlot, { series, time, kind, height, yMax, format, formatX, width: place.current.clientWidth });
      drawn.current = new UPlot(options, [x, ...series.map((one) => one.values)], place.current);
      if (onPick) drawn.current.over.addEventListener("click", () => onPick(drawn.current.cursor.idx));
      watch = new ResizeObserver(() => drawn.current?.setSize({ width: place.current.clientWidth, height }));
      watch.observe(place.current);
      ready(true);
    })();
    return () => {
      gone = true;
      watch?.disconnect();
      drawn.current?.destroy();
      drawn.current = null;
    };
  }, [dark, kind, height, yMax, time, JSON.stringify(series.map((one) => [one.label, one.values])), JSON.stringify(x)]);
  const say = formatX ?? ((value) => (time ? new Date(1000 * value).toISOString().slice(0, 16).replace("T", " ") : String(value)));
  return html`<figure class="plot" aria-label=${title}>
    <div ref=${place} aria-hidden="true"></div>
    <details class="note"><summary>${title}: the numbers</summary>
      <div class="table-box" tabindex="0" role="region" aria-label=${`${title}, as a table`}><table class="table">
        <thead><tr><th scope="col">${time ? "Time" : ""}</th>${series.map((one) => html`<th scope="col" class="number">${one.label}</th>`)}</tr></thead>
        <tbody>${x.map((value, i) => html`<tr><td>${say(value)}</td>${series.map((one) => html`<td class="number">${one.values[i] === null ? "" : format(one.values[i])}</td>`)}</tr>`)}</tbody>
      </table></div>
    </details>
  </figure>`;
}

let loaded;
function sheet() {
  loaded ??= new Promise((resolve) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = new URL("../vendor/uplot.css", import.meta.url);
    link.onload = resolve;
    link.onerror = resolve;
    document.head.append(link);
  });
  return loaded;
}

/** A colour of the tokens as the canvas needs it; `light-dark()` is resolved by an element. */
function colour(name) {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const said = getComputedStyle(probe).color;
  probe.remove();
  return said;
}

/** Half a bar more at both ends. */
const roomForBars = ({ data: [x] }, low, high) => {
  const half = x.length > 1 ? (x.at(-1) - x[0]) / (x.length - 1) / 2 : 1;
  return [low - half, high + half];
};

function optionsOf(UPlot, { series, time, kind, height, yMax, format, formatX, width }) {
  const [line, words] = [colour("--line"), colour("--muted")];
  const axis = { stroke: words, font: "12px system-ui", grid: { stroke: line, width: 1 }, ticks: { show: false } };
  const paths = kind === "bars" ? UPlot.paths.bars({ size: [0.7, 48] }) : undefined;
  return {
    width, height,
    padding: [8, 8, 0, 0],
    cursor: { points: { size: 6 }, drag: { setScale: false } },
    scales: { x: { time, ...(kind === "bars" ? { range: roomForBars } : {}) }, y: { range: (_, low, high) => [Math.min(0, low), yMax ?? Math.max(high * 1.08, 1e-9)] } },
    axes: [
      { ...axis, grid: { show: false }, ...(formatX ? { values: (_, all) => all.map(formatX) } : {}) },
      { ...axis, size: 56, values: (_, all) => all.map((value) => format(value)) },
    ],
    series: [{ ...(formatX ? { label: time ? "Day" : "", value: (_, at) => (at === null || at === undefined ? "" : formatX(at)) } : {}) }, ...series.map((one, i) => {
      const stroke = colour(one.colour ?? COLOURS[i % COLOURS.length]);
      const fill = kind === "line" ? undefined : stroke.replace(/^rgb\((.*)\)$/, `rgba($1, ${kind === "bars" ? 0.7 : 0.18})`);
      return { label: one.label, stroke, fill, width: kind === "bars" ? 0 : 1.75, dash: one.dash, paths, points: { show: false }, value: (_, value) => (value === null ? "" : format(value)) };
    })],
  };
}
