/* What a reviewer has before them: the queue, read ahead, so that the next case is there when the one
   before is decided; what is kept of each as it was looked at; and the last decision, for undo. */

import { useLayoutEffect, useReducer } from "./view.js";
import { get, post } from "./api.js";
import { session } from "./session.js";
import { cover } from "./covers.js";

const AHEAD = 20;
const COVERS_AHEAD = 4;

const desk = { queue: [], briefs: new Map(), skipped: new Set(), mine: null, last: null, untell: null, banks: null };
const listeners = new Set();
const tell = () => listeners.forEach((listener) => listener());

export function useDesk() {
  const [, again] = useReducer((n) => n + 1, 0);
  useLayoutEffect(() => {
    listeners.add(again);
    return () => listeners.delete(again);
  }, []);
  return desk;
}

/** The id under which the server knows who works here; a key learns it when it takes a case. */
export const me = () => session.me?.id ?? desk.mine;

/** Whether a moment lies ahead still. */
const holds = (lease) => lease && new Date(lease.until) > new Date();

export const isMine = (brief) => holds(brief.case.lease) && brief.case.lease.holder === me();
export const isOthers = (brief) => Boolean(holds(brief.case.lease)) && brief.case.lease.holder !== me();

export function remember(brief) {
  desk.briefs.set(brief.case.id, brief);
  return brief;
}

export const known = (id) => desk.briefs.get(id) ?? null;

export async function read(id, options) {
  return remember(await get(`/v1/briefs/${encodeURIComponent(id)}`, options));
}

/** Take the case, or hold it anew. Throws the problem where somebody else has it. */
export async function take(id) {
  const taken = await post(`/v1/cases/${encodeURIComponent(id)}/take`);
  desk.mine = taken.lease?.holder ?? desk.mine;
  const brief = desk.briefs.get(id);
  if (brief) remember({ ...brief, case: taken, holder: session.me?.name ?? "" });
  return taken;
}

export async function release(id) {
  const given = await post(`/v1/cases/${encodeURIComponent(id)}/release`);
  const brief = desk.briefs.get(id);
  if (brief) remember({ ...brief, case: given, holder: "" });
  return given;
}

const FRESH_MS = 10_000;
let readAt = 0;

/** Read ahead where little is left of what was, or that is old. */
export function keepAhead() {
  if (desk.queue.length >= AHEAD / 4 && Date.now() - readAt < FRESH_MS) return;
  lookAhead().catch(() => {});
}

/** Read the head of the queue, and the covers of what comes first in it. */
export async function lookAhead() {
  readAt = Date.now();
  const pages = await Promise.all(["appealed", "open"].map((state) => get("/v1/briefs", { query: { state, limit: AHEAD } })));
  const found = pages.flatMap(({ data }) => data).sort((a, b) => b.case.rank - a.case.rank);
  desk.queue = found.map((brief) => remember(brief).case.id);
  for (const brief of found.filter(isFor).slice(0, COVERS_AHEAD)) if (brief.upload?.media_kept && brief.medium !== "audio") cover(brief.upload.id).catch(() => {});
  tell();
}

/** Whether this is work for whoever sits here. */
const isFor = (brief) =>
  brief.case.state !== "decided" && !isOthers(brief) && !desk.skipped.has(brief.case.id) && !(brief.proposal && brief.proposal.by === me());

/** The next case that nobody else works on, taken; null where nothing waits. `but` was just looked at. */
export async function takeNext(but = null) {
  for (let turn = 0; turn < 2; turn += 1) {
    for (const id of desk.queue) {
      const brief = known(id);
      if (id === but || !brief || !isFor(brief)) continue;
      try {
        await take(id);
        return id;
      } catch (problem) {
        if (problem.status !== 409 && problem.status !== 404) throw problem;
        desk.queue = desk.queue.filter((one) => one !== id);
      }
    }
    await lookAhead();
  }
  return null;
}

export function skip(id) {
  desk.skipped.add(id);
}

export function revisit() {
  desk.skipped.clear();
}

/** It is decided: it leaves the queue that was read ahead. */
export function gone(id) {
  desk.queue = desk.queue.filter((one) => one !== id);
  const brief = desk.briefs.get(id);
  if (brief) remember({ ...brief, case: { ...brief.case, state: "decided", lease: null } });
}

/** `untell` takes away what is said of it, once it is no longer the last. */
export function setLast(decision, untell = null) {
  desk.untell?.();
  Object.assign(desk, { last: decision, untell });
  tell();
}

/** The banks of the project, once. */
export async function banks() {
  desk.banks ??= get("/v1/banks", { query: { limit: 1000 } }).then(({ data }) => data);
  desk.banks.catch(() => { desk.banks = null; });
  return desk.banks;
}
