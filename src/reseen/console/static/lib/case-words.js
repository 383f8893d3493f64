/* Cases, reasons and decisions in words. */

import { ago, count, percent } from "./words.js";

export const VERDICTS = { harmful: "Harmful", allowed: "Allowed", no_action: "No action" };
export const MEANS = {
  harmful: "Removed, and the next copy is caught.",
  allowed: "Let pass, and the next copy is cleared.",
  no_action: "Let pass; nothing is said of the next copy.",
};
export const TONES = { harmful: "danger", allowed: "good", no_action: "" };
const ROLES = { known: "known harm", recent: "recently actioned", allowed: "allowed", seen: "seen before" };

/** Why an upload is here, one sentence. */
export function reasonWords(reason, banks) {
  const bank = banks?.find(({ id }) => id === reason.bank_id)?.name;
  const sure = { high: "Surely", medium: "Probably", low: "Perhaps" }[reason.confidence] ?? "Perhaps";
  return `${sure} a copy (${percent(reason.similarity_score)}) of a reference in ${bank ? `“${bank}”` : "a bank"}, ${ROLES[reason.role] ?? reason.role}.`;
}

/** Reasons that ask for something, and how many that only say: it was uploaded before. */
export function sorted(reasons) {
  const asking = reasons.filter(({ role }) => role !== "seen");
  return { asking, before: reasons.length - asking.length };
}

export const severityWords = (severity) => (severity >= 80 ? "severe" : severity >= 50 ? "serious" : severity >= 20 ? "moderate" : "mild");
export const severityTone = (severity) => (severity >= 80 ? "danger" : severity >= 50 ? "warn" : "");

export const reachWords = (reach) => (reach ? `seen by ${count(reach, "person", "people")}` : "reach unknown");

/** What is different between two looks at a case: sentences. */
export function differences(before, now) {
  const { case: a, cluster: x } = before;
  const { case: b, cluster: y } = now;
  return [
    x.id !== y.id && "The cluster became part of another one.",
    y.members !== x.members && `It has ${count(y.members, "member")}, and had ${x.members}.`,
    y.uploads !== x.uploads && `It was uploaded ${y.uploads} times, and ${x.uploads} when you looked.`,
    y.accounts !== x.accounts && `By ${count(y.accounts, "account")}, not ${x.accounts}.`,
    b.severity !== a.severity && `Its severity is ${b.severity}, not ${a.severity}.`,
    b.state !== a.state && { decided: "Somebody decided it.", appealed: "Somebody appealed.", open: "It waits again." }[b.state],
    b.why !== a.why && `It is here because ${b.why}.`,
    b.lease && b.lease.holder !== a.lease?.holder && `${now.holder || "Somebody else"} took it ${ago(new Date(new Date(b.lease.until) - 15 * 60_000))}.`,
    now.proposal && now.proposal.id !== before.proposal?.id && `Somebody proposes: ${VERDICTS[now.proposal.verdict].toLowerCase()}.`,
  ].filter(Boolean);
}
