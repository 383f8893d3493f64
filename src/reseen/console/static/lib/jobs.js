/* What jobs are about, in words. */

import { dated, duration, percent } from "./words.js";

/** Whether a list holds something; undefined while it is not known. */
export const isAny = ({ items, loading, problem }) => (items.length ? true : loading || problem ? undefined : false);

const NAMES = {
  bank: "Bank", bank_id: "Bank", reference_id: "Reference", reference_ids: "References", ingest_job_id: "Ingest", window_s: "How far back",
  since: "Since", thresholds: "Thresholds", policy: "Policy", total: "In all", references: "References", matches: "Matches", remarks: "Remarks",
  days: "Days", gained: "Would match, and did not", lost: "Would match no more", gained_examples: "Examples that would match", lost_examples: "Examples that would match no more",
  precision: "Precision", not_replayed: "Could not be tried", not_replayed_share: "Could not be tried, of all", answered: "Against the answers then",
  live: "Against the policy in force", decided: "Against the decisions", before: "Before", after: "After", table: "From, to", changes: "Changes",
};

const named = (name) => NAMES[name] ?? `${name[0].toUpperCase()}${name.slice(1).replaceAll("_", " ")}`;

function told(name, value) {
  if (value === null || value === undefined || value === "") return "none";
  if (typeof value === "number" && name.endsWith("_share")) return percent(value);
  if (typeof value === "number" && name.endsWith("_s")) return duration(value);
  if (typeof value === "number") return new Intl.NumberFormat("en", { maximumFractionDigits: 4 }).format(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value)) return dated(value);
  return String(value);
}

/** An object as rows [name, words]; what is nested is told with its place: "Thresholds, still, low". Of
    a list of objects, how many there are. */
export function facts(said, before = []) {
  return Object.entries(said ?? {}).flatMap(([name, value]) => {
    const place = [...before, named(name)];
    if (Array.isArray(value) && value.every((one) => typeof one !== "object")) return [[place.join(", "), value.join(", ") || "none"]];
    if (Array.isArray(value)) return [[place.join(", "), String(value.length)]];
    if (value && typeof value === "object") return facts(value, place);
    return [[place.join(", "), told(name, value)]];
  });
}
