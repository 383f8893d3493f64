/* An upload beside what it matched: its reference, or an earlier upload. Where media of both are kept
   they are laid on each other, under cover until they are revealed; else what is known of the match is
   drawn: where it lies, and when. */

import { html, useEffect, useState } from "../lib/view.js";
import { get } from "../lib/api.js";
import { changes, channel, changesOf, sentence } from "../lib/findings.js";
import { percent } from "../lib/words.js";
import { reasonWords } from "../lib/case-words.js";
import { pref } from "../lib/prefs.js";
import { useKeys } from "../lib/keys.js";
import { Aligned } from "./aligned.js";
import { useCover, useMedia, useReveal } from "./covered.js";
import { Dialog } from "./dialog.js";
import { Field } from "./field.js";
import { Icon } from "./icon.js";
import { Loading } from "./empty-state.js";
import { usePictureSize } from "./media-view.js";
import { Player } from "./player.js";
import { ProblemBox } from "./problem.js";
import { Timeline } from "./timeline.js";

const isStill = (segments) => segments.every((one) => one.source_end === 0 && one.target_end === 0);

/** `others` are members of the cluster with kept media that it can be held against. */
export function Compare({ upload, medium, others, banks, onClose }) {
  const [matched, setMatched] = useState(null);
  const [problem, setProblem] = useState(null);
  const [picked, setPicked] = useState(null);
  useEffect(() => {
    get(`/v1/uploads/${encodeURIComponent(upload.id)}/counterparts`).then(({ data }) => setMatched(data), setProblem);
  }, [upload.id]);
  const options = matched && [
    ...upload.reasons.map((reason) => ({ reason, other: matched.find((one) => one.reference_id === reason.reference_id), words: `Reference in ${banks?.find(({ id }) => id === reason.bank_id)?.name ?? reason.bank_id}, ${percent(reason.similarity_score)}` })),
    ...others.filter((one) => one.upload_id !== upload.id).map((one) => ({ member: one, other: { upload_id: one.upload_id, media_kept: true }, words: `Upload by ${one.account_id}` })),
  ];
  const chosen = picked ?? Math.max(0, options?.findIndex(({ other }) => other?.media_kept) ?? 0);
  const here = options?.[chosen];
  return html`<${Dialog} title="Compare" kind="wide" onClose=${onClose}>
    ${problem && html`<${ProblemBox} problem=${problem} />`}
    ${!options && !problem && html`<${Loading} />`}
    ${options?.length === 0 && html`<p class="muted">It matched nothing that is kept, and it is the only one of its cluster: somebody reported it, or a policy asked for a look.</p>`}
    ${options?.length > 1 && html`<${Field} label="With" value=${String(chosen)} onInput=${(value) => setPicked(Number(value))} options=${options.map((one, i) => [String(i), one.words])} />`}
    ${here && html`<${Held} key=${chosen} upload=${upload} medium=${medium} one=${here} banks=${banks} />`}
  <//>`;
}

function Held({ upload, medium, one, banks }) {
  const both = upload.media_kept && one.other?.media_kept;
  const [found, setFound] = useState(one.reason ? { segments: one.reason.matched_segments } : null);
  const [problem, setProblem] = useState(null);
  useEffect(() => {
    if (one.reason) return;
    get(`/v1/uploads/${encodeURIComponent(upload.id)}/comparison`, { query: { other: one.other.upload_id } }).then((envelope) => {
      const segments = envelope.matched_segments.length ? envelope.matched_segments : envelope.match ? [{ ...STILL, score: envelope.similarity_score, transform: envelope.transform }] : [];
      setFound({ segments, score: envelope.similarity_score });
    }, setProblem);
  }, []);
  if (problem) return html`<${ProblemBox} problem=${problem} />`;
  if (!found) return html`<${Loading} words="Comparing the two" />`;
  const { segments } = found;
  const together = both && segments.length > 0 && !isStill(segments);
  const visual = segments.find((segment) => segment.channel === "visual");
  const ends = SIDES.map((side) => Math.max(0, ...segments.map((segment) => segment[`${side}_end`])));
  return html`<div class="stack">
    <p>${one.reason ? reasonWords(one.reason, banks) : segments.length ? `They match (${percent(found.score)}).` : "These two were not found to match each other; other members tie them together."}</p>
    ${together
      ? html`<${Together} upload=${upload} other=${one.other.upload_id} medium=${medium} segments=${segments} names=${[upload.content_id, one.words]} />`
      : both && medium === "image" && visual
      ? html`<${Laid} source=${upload.id} target=${one.other.upload_id} transform=${visual.transform} names=${[upload.content_id, one.words]} />`
      : html`<${Evidence} upload=${upload} medium=${medium} visual=${visual} kept=${one.other?.media_kept} />`}
    ${segments.length > 0 && !isStill(segments) && !together && html`<${Timeline} segments=${segments} durations=${ends} chosen=${-1} heads=${null} onChoose=${() => {}} onSeek=${null} />`}
    ${segments.length > 0 && !together && html`<ul class="said">${segments.map((segment) => html`<li><b>${channel(segment)}</b>, ${percent(segment.score)}: ${isStill(segments) ? `${changes(segment.transform).join(", ") || "one lies on the other, unchanged"}.` : sentence(segment)}</li>`)}</ul>`}
  </div>`;
}

const STILL = { source_start: 0, source_end: 0, target_start: 0, target_end: 0, channel: "visual", clock: "still", rate: null, pitch: null };

/** Both media of an upload and another: { open, button, problem, sides: [{ cover, url, file }] }, fetched
    while they are revealed and not kept. */
function useBoth(ids, hasPicture = true) {
  const { open, set, holds, press } = useReveal(!pref("blur"));
  const covers = ids.map((id) => useCover(hasPicture ? id : null));
  const media = [useMedia(open ? ids[0] : null), useMedia(open ? ids[1] : null)];
  useKeys("Compare", { r: [holds ? "reveal both while held" : "reveal both, or cover them again", () => set(holds || !open), holds ? { hold: () => set(false) } : {}] });
  const loading = media.some((one) => one.loading);
  return {
    isShown: media.every((one) => one.url),
    problem: media.find((one) => one.problem)?.problem,
    sides: covers.map((cover, i) => ({ cover, url: media[i].url ?? null, file: media[i].file ?? null, isPicture: media[i].isPicture })),
    button: html`<div class="row apart"><p class="note">The source is the upload, the target what it matched. Each reveal is written down.</p>
      <button class="button small" type="button" aria-pressed=${String(open)} ...${press}><${Icon} name="eye" />${loading ? "Loading…" : holds ? "Hold to reveal both" : open ? "Cover both" : "Reveal both"} <kbd>r</kbd></button></div>`,
  };
}

/** Both pictures on each other, under cover unless revealed. */
function Laid({ source, target, transform, names }) {
  const { isShown, problem, sides, button } = useBoth([source, target]);
  const urls = sides.map(({ url, cover }) => url ?? cover);
  const sizes = [usePictureSize(urls[0]), usePictureSize(urls[1])];
  return html`<div class="stack tight ${pref("greyscale") ? "grey-media" : ""} ${isShown ? "" : "closed"}">
    ${button}
    ${problem && html`<${ProblemBox} problem=${problem} />`}
    ${sizes[0] && sizes[1] ? html`<${Aligned} source=${{ url: urls[0], size: sizes[0], name: names[0] }} target=${{ url: urls[1], size: sizes[1], name: names[1] }} transform=${transform} />` : html`<${Loading} />`}
  </div>`;
}

const SIDES = ["source", "target"];

/** What plays one side: the kind of its cluster, but a still has no length. */
const kindIn = (segments, side, medium) =>
  segments.every((segment) => segment[`${side}_end`] === 0) ? "image" : medium === "image" ? "video" : medium;

/** Both films or sounds in step, under cover unless revealed. */
function Together({ upload, other, medium, segments, names }) {
  const { isShown, problem, sides, button } = useBoth([upload.id, other], medium !== "audio");
  const shown = sides.map(({ cover, url, file, isPicture }, i) => ({ name: names[i], kind: isPicture ? "image" : kindIn(segments, SIDES[i], medium), url: isShown ? url : null, file, under: cover }));
  return html`<div class="stack tight ${pref("greyscale") ? "grey-media" : ""}">
    ${button}
    ${problem && html`<${ProblemBox} problem=${problem} />`}
    <${Player} sides=${{ source: shown[0], target: shown[1] }} segments=${segments} veiled silent=${pref("muted")} />
  </div>`;
}

/** What is known of a match without the media of both. */
function Evidence({ upload, medium, visual, kept }) {
  const under = useCover(upload.media_kept && medium !== "audio" ? upload.id : null);
  const size = usePictureSize(under) || [4, 3];
  const box = visual?.transform?.inset ?? visual?.transform?.cropped;
  const [x, y, w, h] = clipped(box ?? [0, 0, 1, 1]).map((one, i) => one * size[i % 2]);
  return html`<div class="evidence-box">
    ${visual && html`<svg viewBox="0 0 ${size[0]} ${size[1]}" role="img" aria-label="Where the reference lies in the upload">
      ${under ? html`<image href=${under} width=${size[0]} height=${size[1]} />` : html`<rect class="frame" width=${size[0]} height=${size[1]} />`}
      <rect class="lies" x=${x} y=${y} width=${w} height=${h} /></svg>`}
    <div><p><b>${medium === "image" || !kept ? "Only one side can be shown." : "They have no moment in common."}</b>
      ${kept ? " The two are of kinds that cannot be laid on each other." : " No media of the reference are kept: banks hold fingerprints, not files. What is drawn here comes from the match itself."}</p>
      ${visual && html`<p class="note">The outlined part of the upload is what the reference shows${changesOf(visual).length ? `: ${changesOf(visual).join(", ")}` : ", unchanged"}.</p>`}</div>
  </div>`;
}

function clipped([x, y, w, h]) {
  const [left, top] = [Math.max(0, x), Math.max(0, y)];
  return [left, top, Math.min(1, x + w) - left, Math.min(1, y + h) - top];
}
