/* To take a decision back, and to say what that could reverse. */

import { post } from "./api.js";
import { setLast } from "./desk.js";
import * as shift from "./shift.js";

export const WHY = "Taken back by whoever reviewed it, right after the decision.";

/** The decision as it is now, undone. Throws the problem. */
export async function undo(decisionId, reason = WHY) {
  const undone = await post(`/v1/decisions/${encodeURIComponent(decisionId)}/undo`, { reason }, { idempotent: true });
  shift.decided(-1);
  setLast(null);
  return undone;
}

const KINDS = { reference: ["reference in a bank", "references in banks"], action: ["upload's action", "uploads' actions"], event: ["message to others", "messages to others"], media: ["deleted medium", "deleted media"] };

/** [{ kind, words, reversed, stayed: [note] }] */
export function became(consequences) {
  return Object.keys(KINDS).map((kind) => {
    const these = (consequences ?? []).filter((one) => one.kind === kind);
    const reversed = these.filter((one) => one.state === "reversed").length;
    const stayed = these.filter((one) => one.state === "irreversible").map((one) => one.note || "it cannot be reversed");
    return { kind, all: these.length, words: KINDS[kind][these.length === 1 ? 0 : 1], reversed, stayed };
  }).filter(({ all }) => all);
}
