/* Policies in words: what a version says, one line an aspect, and what two versions say differently. */

import { actionWords, REGIMES } from "./holdings.js";

export const CHANNELS = [["visual", "Pictures"], ["audio", "Sound"], ["file", "Equal files"]];
export const STATE_TONES = { draft: "", live: "good", retired: "" };
export const WHOLE_PROJECT = "Every bank without a policy of its own";

/** A share as people write it, with all its digits: 0.125 is "12.5 %". */
export const asPercent = (share) => String(Number((100 * share).toFixed(4)));
const shareOf = (share) => `${asPercent(share)}\u00a0%`;

/** Whether a match with a bank can ask for anything. */
export const takesPolicies = ({ role }) => role === "known" || role === "recent";

export const nameOf = (banks, bankId) => (bankId === null ? WHOLE_PROJECT : banks?.find(({ id }) => id === bankId)?.name ?? bankId);

const bandWords = (bands) => (bands?.length
  ? `${[...bands].sort((a, b) => b.min_score - a.min_score).map(({ min_score: score, action }) => `${actionWords(action).toLowerCase()} from ${score}`).join(", ")}; below, nothing`
  : "the bank's action at each confidence");

const least = (value, words) => (value ? words : "none asked for");

/** What a version says: [[aspect, words]]. Takes what was sent as well as what was answered. */
export function sayings({ bands, overlap, channels, rollout, dry_run: dry, severity, two_person: two, note }) {
  return [
    ...REGIMES.map(([regime, words]) => [words, bandWords(bands[regime])]),
    ["Least of the upload, in time", least(overlap.seconds, `${overlap.seconds} s`)],
    ["Least share of the upload", least(overlap.upload_share, shareOf(overlap.upload_share))],
    ["Least share of the reference", least(overlap.reference_share, shareOf(overlap.reference_share))],
    ["What counts", CHANNELS.filter(([name]) => channels.includes(name)).map(([, words]) => words.toLowerCase()).join(", ") || "nothing"],
    ["Rollout", rollout === 1 ? "all uploads" : `removes of ${shareOf(rollout)} of the uploads`],
    ["Runs", dry ? "dry: says what it would do, and does nothing" : "for real"],
    ["Severity of its cases", String(severity)],
    ["Second person", two ? "must agree" : "not needed"],
    ["Note", note || "none"],
  ];
}

/** What the second version says otherwise: [{ aspect, before, after }]. */
export function changes(before, after) {
  const now = new Map(sayings(before));
  return sayings(after).filter(([aspect, words]) => now.get(aspect) !== words).map(([aspect, words]) => ({ aspect, before: now.get(aspect), after: words }));
}

/** What acts and what runs dry among the versions of one bank, the newest first. */
export function standingOf(versions) {
  const live = versions.filter(({ state }) => state === "live");
  return { acting: live.find((one) => !one.dry_run) ?? null, dry: live.find((one) => one.dry_run) ?? null };
}

/** A few words for a list: what a version does, most of all. */
export function summary(policy) {
  const said = REGIMES.filter(([regime]) => policy.bands[regime]?.length).map(([regime, words]) => `${words.toLowerCase()}: ${bandWords(policy.bands[regime])}`);
  if (!said.length) said.push("the bank's action at each confidence");
  if (policy.rollout < 1) said.push(`removes of ${shareOf(policy.rollout)}`);
  return said.join(" · ");
}
