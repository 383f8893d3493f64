/* How loud a sound is over its length, from the file itself, with the place that plays. Where the
   browser cannot decode it, or it is too large to, nothing is drawn. */

import { html, useEffect, useState } from "../lib/view.js";

const BARS = 160;
const LARGEST = 24e6;
const RATE = 8000;

async function loudness(file) {
  const context = new OfflineAudioContext(1, 1, RATE);
  const sound = await context.decodeAudioData(await file.arrayBuffer());
  const samples = sound.getChannelData(0);
  const step = Math.max(1, Math.floor(samples.length / BARS));
  const bars = Array.from({ length: BARS }, (_, i) => {
    let sum = 0;
    for (let at = i * step; at < (i + 1) * step && at < samples.length; at += 4) sum += samples[at] ** 2;
    return Math.sqrt((4 * sum) / step);
  });
  const most = Math.max(...bars, 1e-6);
  return bars.map((bar) => bar / most);
}

/** `share` 0 to 1 is where it plays; `onSeek(share)` is asked for another place. */
export function Waveform({ file, share, onSeek, otherwise }) {
  const [bars, setBars] = useState(null);
  useEffect(() => {
    let gone = false;
    setBars(null);
    if (file.size < LARGEST) loudness(file).then((found) => gone || setBars(found), () => gone || setBars(null));
    return () => { gone = true; };
  }, [file]);
  if (!bars) return otherwise;
  const seek = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    onSeek((event.clientX - box.left) / box.width);
  };
  const path = (some, from) => some.map((bar, i) => `M${from + i + 0.5} ${(50 - 46 * bar).toFixed(1)}V${(50 + 46 * bar + 0.5).toFixed(1)}`).join("");
  const now = Math.round(BARS * (share ?? 0));
  return html`<svg class="waveform" viewBox="0 0 ${BARS} 100" preserveAspectRatio="none" aria-hidden="true" onClick=${seek}>
    <path class="heard" d=${path(bars.slice(0, now), 0)} /><path d=${path(bars.slice(now), now)} /></svg>`;
}
