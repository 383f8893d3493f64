/* Files on their way into a bank. They go on while another page is looked at; a few at a time, each
   with an outcome of its own. What the server refuses for the moment is sent again by itself. */

import { useLayoutEffect, useReducer } from "./view.js";
import { fresh, Problem, send } from "./api.js";

const AT_ONCE = 3;
const TRIES = 5;
const PASSING = new Set(["rate_limited", "not_ready", "unreachable"]);
const runs = new Map();
const listeners = new Set();
const tell = () => listeners.forEach((listener) => listener());

/** { items, labels, note, ending } of a bank; an item is { file, name, state, sent, problem, reference }
    with state "waiting", "sending", "added", "known", "failed" or "left". */
export const runOf = (bankId) => runs.get(bankId) ?? null;

export function useRun(bankId) {
  const [, again] = useReducer((n) => n + 1, 0);
  useLayoutEffect(() => {
    listeners.add(again);
    return () => listeners.delete(again);
  }, []);
  return runOf(bankId);
}

/** Add files ([{ file, name }]) to what is on its way already. */
export function add(bankId, files, said) {
  const run = runs.get(bankId) ?? { items: [], active: 0, ending: new AbortController() };
  if (run.ending.signal.aborted) run.ending = new AbortController();
  run.items = [...run.items, ...files.map(({ file, name }) => ({ file, name, said, key: fresh(), tries: 0, state: "waiting", sent: 0, problem: null, reference: null }))];
  runs.set(bankId, run);
  go(bankId, run);
}

export function cancel(bankId) {
  const run = runs.get(bankId);
  for (const item of run.items) if (item.state === "waiting") item.state = "left";
  run.ending.abort();
  tell();
}

/** Send once more what failed or was left. */
export function retry(bankId) {
  const run = runs.get(bankId);
  run.ending = new AbortController();
  for (const item of run.items)
    if (item.state === "failed" || item.state === "left") Object.assign(item, { state: "waiting", sent: 0, problem: null, tries: 0, key: fresh() });
  go(bankId, run);
}

export function forget(bankId) {
  runs.delete(bankId);
  tell();
}

export const isBusy = (run) => Boolean(run?.items.some(({ state }) => state === "waiting" || state === "sending"));

function go(bankId, run) {
  while (run.active < AT_ONCE) {
    const item = run.items.find(({ state }) => state === "waiting");
    if (!item) break;
    item.state = "sending";
    run.active += 1;
    one(bankId, run, item).finally(() => {
      run.active -= 1;
      go(bankId, run);
    });
  }
  tell();
}

async function one(bankId, run, item) {
  const form = new FormData();
  form.append("bank", bankId);
  form.append("name", item.name);
  for (const label of item.said.labels) form.append("labels", label);
  if (item.said.note) form.append("note", item.said.note);
  form.append("file", item.file, item.file.name);
  try {
    let status;
    item.reference = await send("/v1/references", form, {
      signal: run.ending.signal, headers: { "idempotency-key": item.key },
      onSent: (sent) => { item.sent = sent; tell(); }, onStatus: (told) => { status = told; },
    });
    item.state = status === 201 ? "added" : "known";
  } catch (problem) {
    await failed(run, item, problem);
  }
  tell();
}

async function failed(run, item, problem) {
  if (problem.name === "AbortError") item.state = "left";
  else if (problem instanceof Problem && PASSING.has(problem.code) && (item.tries += 1) < TRIES) {
    await new Promise((done) => setTimeout(done, 1000 * (problem.retryAfter || item.tries)));
    item.state = run.ending.signal.aborted ? "left" : "waiting";
  } else Object.assign(item, { state: "failed", problem });
}

addEventListener("beforeunload", (event) => {
  if ([...runs.values()].some(isBusy)) event.preventDefault();
});

/** Files and folders of a drop, folders opened: [{ file, name }] with the path as name. */
export async function filesIn(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return named(transfer.files);
  return (await Promise.all(entries.map(below))).flat();
}

/** Files of an <input>, by their path where a folder was chosen. */
export const named = (files) => [...files].filter((file) => !file.name.startsWith(".")).map((file) => ({ file, name: file.webkitRelativePath || file.name }));

async function below(entry) {
  if (entry.name.startsWith(".")) return [];
  if (entry.isFile) return [{ file: await new Promise((yes, no) => entry.file(yes, no)), name: entry.fullPath.replace(/^\//, "") }];
  const reader = entry.createReader();
  const found = [];
  for (;;) { // a folder is read a hundred entries at a time
    const some = await new Promise((yes, no) => reader.readEntries(yes, no));
    if (!some.length) break;
    found.push(...some);
  }
  return (await Promise.all(found.map(below))).flat();
}
