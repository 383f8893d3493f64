/* The envelope of a match in plain words. */

import { clock, percent } from "./words.js";

const HEADS = {
  high: ["A copy", "What the source shows or plays comes from the target."],
  medium: ["Probably a copy", "Enough agrees to call it a match. Look at the evidence before you act on it."],
  low: ["Perhaps related", "Something agrees, too little to call it a match."],
  none: ["No match", "Nothing of the target was found in the source."],
};

/** { head, lead, tone } */
export function verdict({ confidence, match }) {
  const [head, lead] = HEADS[confidence];
  return { head, lead, tone: match ? "accent" : confidence === "low" ? "warn" : "" };
}

/** What a score means, for whoever does not know it. */
export const meaning = (score) =>
  score > 0.99 ? "Of pairs that score as high, more than 99 % are true copies." : score > 0 ? `Of pairs that score ${score.toFixed(2)}, about ${percent(score)} are true copies.` : "Nothing agreed, so there is nothing to weigh.";

const area = ([, , w, h]) => w * h;
const within = ([x, y, w, h]) => Math.max(0, Math.min(1, x + w) - Math.max(0, x)) * Math.max(0, Math.min(1, y + h) - Math.max(0, y));

/** How a picture was changed: ["mirrored", "turned 12° clockwise", ...]. */
export function changes(transform) {
  if (!transform) return [];
  const { mirrored, rotated, inverted, cropped, inset } = transform;
  const turned = Math.abs(rotated);
  return [
    mirrored && "mirrored",
    turned >= 1 && (turned > 179 ? "upside down" : `turned ${Math.round(turned)}° ${rotated > 0 ? "clockwise" : "anticlockwise"}`),
    inverted && "colours of a negative",
    cropped && `cropped to ${percent(within(cropped) / area(cropped))} of the target`,
    inset && `filling ${percent(area(inset))} of the source`,
  ].filter(Boolean);
}

/** How a stretch was changed: speed and pitch, as heard from the target to the source. */
export function changesOf({ rate, pitch, transform }) {
  const faster = rate ? (Math.abs(rate) - 1) * 100 : 0;
  return [
    rate < 0 && "backwards",
    Math.abs(faster) >= 0.5 && `${Math.abs(faster).toFixed(1)} % ${faster > 0 ? "faster" : "slower"}`,
    Math.abs(pitch ?? 0) >= 0.1 && `${Math.abs(pitch).toFixed(1)} semitones ${pitch > 0 ? "higher" : "lower"}`,
    ...changes(transform),
  ].filter(Boolean);
}

export const span = (start, end) => `${clock(start)}–${clock(end)}`;

const CHANNELS = { visual: "Pictures", audio: "Sound" };
export const channel = (segment) => CHANNELS[segment.channel];

/** One stretch in a sentence. */
export function sentence(segment) {
  const { source_start: a, source_end: b, target_start: c, target_end: d, clock: kind } = segment;
  const what = segment.channel === "audio" ? "The sound" : "The picture";
  const still = (start, end) => start === 0 && end === 0;
  const words = changesOf(segment);
  const how = words.length ? `: ${words.join(", ")}` : "";
  if (kind === "still" && still(a, b)) return `The still is seen at ${span(c, d)} of the target${how}.`;
  if (kind === "still") return `The target's still is seen at ${span(a, b)} of the source${how}.`;
  const rough = kind === "unknown" ? " shows the same scene as " : " repeats ";
  return `${what} at ${span(a, b)} of the source${rough}${span(c, d)} of the target${how}.`;
}

const SIDES = { source: "source", target: "target" };

/** What could not be used, and what damaged files did not give. */
export const reservations = ({ skipped, remarks }) => [
  ...(remarks ?? []).map(({ field, remark }) => `The ${SIDES[field] ?? field} is damaged: ${remark}.`),
  ...(skipped ?? []).map(({ signal, reason }) => `${signal} was not used: ${reason}.`),
];
