/* What jobs are about, in words. */

import { dated, duration } from "./words.js";

/** Whether a list holds something; undefined while it is not known. */
export const isAny = ({ items, loading, problem }) => (items.length ? true : loading || problem ? undefined : false);

const NAMES = {
  bank: "Bank", bank_id: "Bank", reference_id: "Reference", ingest_job_id: "Ingest", window_s: "How far back", since: "Since",
  thresholds: "Thresholds", policy_id: "Policy", total: "In all", added: "Added", known: "Held already", failed: "Failed",
  matched: "Matched", searched: "Looked at", would_match: "Would match", matched_before: "Matched before",
};

const named = (name) => NAMES[name] ?? `${name[0].toUpperCase()}${name.slice(1).replaceAll("_", " ")}`;

function told(name, value) {
  if (value === null || value === undefined || value === "") return "none";
  if (typeof value === "number" && name.endsWith("_s")) return duration(value);
  if (typeof value === "number") return new Intl.NumberFormat("en", { maximumFractionDigits: 4 }).format(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value)) return dated(value);
  return String(value);
}

/** An object as rows [name, words]; what is nested is told with its place: "Thresholds, still, low". */
export function facts(said, before = []) {
  return Object.entries(said ?? {}).flatMap(([name, value]) => {
    const place = [...before, named(name)];
    if (Array.isArray(value) && value.every((one) => typeof one !== "object")) return [[place.join(", "), value.join(", ") || "none"]];
    if (value && typeof value === "object") return facts(value, place);
    return [[place.join(", "), told(name, value)]];
  });
}
