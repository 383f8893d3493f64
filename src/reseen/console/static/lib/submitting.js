/* Uploads that are submitted here, as a platform would. They go on while another page is looked at,
   one after the other, each with an answer of its own. */

import { useLayoutEffect, useReducer } from "./view.js";
import { fresh, Problem, send } from "./api.js";

const TRIES = 5;
const PASSING = new Set(["rate_limited", "not_ready", "unreachable"]);
const REPORT = "Somebody at the console asks for a look.";
const run = { items: [], busy: false };
const listeners = new Set();
const tell = () => listeners.forEach((listener) => listener());

/** What was submitted from this tab: { items, busy }; an item is { file, account, looked, state, upload,
    problem } with state "waiting", "sending", "answered" or "failed". */
export function useSubmitted() {
  const [, again] = useReducer((n) => n + 1, 0);
  useLayoutEffect(() => {
    listeners.add(again);
    return () => listeners.delete(again);
  }, []);
  return run;
}

/** Submit files: [{ file, account }]. With `looked`, what passes is reported, so that it waits in review. */
export function submit(files, { looked = false } = {}) {
  if (!run.busy) run.items = run.items.filter(({ state }) => state === "failed");
  run.items = [...run.items, ...files.map(({ file, account }) => ({ file, account, looked, content: `${file.name}-${fresh().slice(0, 8)}`, state: "waiting", upload: null, problem: null }))];
  go();
}

export function retry() {
  for (const item of run.items) if (item.state === "failed") item.state = "waiting";
  go();
}

export function forget() {
  run.items = [];
  tell();
}

async function go() {
  if (run.busy) return;
  run.busy = true;
  tell();
  for (let item; (item = run.items.find(({ state }) => state === "waiting")); tell()) {
    item.state = "sending";
    tell();
    try {
      await one(item);
      item.state = "answered";
    } catch (problem) {
      Object.assign(item, { state: "failed", problem });
    }
  }
  run.busy = false;
  tell();
}

async function one(item) {
  item.upload = await patient("/v1/uploads", { content_id: item.content, account_id: item.account }, item.file);
  const isSeen = item.upload.action !== "pass" || item.upload.decision_id;
  if (item.looked && !isSeen) item.upload = await patient(`/v1/uploads/${encodeURIComponent(item.upload.id)}/reports`, { reason: REPORT }, item.file);
}

/** What the server refuses for the moment is sent again. */
async function patient(path, said, file) {
  const headers = { "idempotency-key": fresh() };
  for (let tries = 1; ; tries += 1) {
    const form = new FormData();
    for (const [name, value] of Object.entries(said)) form.append(name, value);
    form.append("file", file, file.name);
    try {
      return await send(path, form, { headers });
    } catch (problem) {
      if (!(problem instanceof Problem) || !PASSING.has(problem.code) || tries === TRIES) throw problem;
      await new Promise((done) => setTimeout(done, 1000 * (problem.retryAfter || tries)));
    }
  }
}

addEventListener("beforeunload", (event) => run.busy && event.preventDefault());
