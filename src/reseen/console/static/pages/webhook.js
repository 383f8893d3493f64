/* One webhook: what was sent to it, what was answered, and sending it once more. */

import { html, useEffect, useState } from "../lib/view.js";
import { patch, post, remove } from "../lib/api.js";
import { href, navigate, setQuery, usePlace } from "../lib/router.js";
import { useLoaded } from "../lib/loaded.js";
import { ago, count, dated } from "../lib/words.js";
import { ask } from "../parts/dialog.js";
import { EmptyState, Loading } from "../parts/empty-state.js";
import { Choice } from "../parts/field.js";
import { HookForm } from "../parts/hook-form.js";
import { Pager, useList } from "../parts/pager.js";
import { ProblemBox } from "../parts/problem.js";
import { Secret } from "../parts/secret.js";
import { Trace } from "../parts/trace.js";
import { toast, toastProblem } from "../parts/toast.js";

const STATES = [["", "All"], ["false", "Not given up"], ["true", "Given up"]];
const WATCH_MS = 2000;

export default function Webhook({ id }) {
  const path = `/v1/webhooks/${encodeURIComponent(id)}`;
  const hook = useLoaded(path);
  if (hook.problem) return html`<div class="page"><h1 class="only-read">Webhook</h1><${ProblemBox} problem=${hook.problem} onRetry=${hook.again} /></div>`;
  return hook.value ? html`<${Known} hook=${hook.value} path=${path} again=${hook.again} />` : html`<${Loading} />`;
}

function Known({ hook, path, again }) {
  const dead = usePlace().query.get("dead") ?? "";
  const list = useList(`${path}/deliveries`, { dead, limit: 50 });
  const [open, setOpen] = useState(null);
  const waits = list.items.some((one) => one.state === "waiting");
  useEffect(() => {
    if (!waits || list.loading || list.more || document.hidden) return undefined;
    const timer = setTimeout(list.again, WATCH_MS);
    return () => clearTimeout(timer);
  }, [list.items, list.loading]);
  const act = (work, words) => async () => {
    try {
      const told = await work();
      toast(typeof words === "function" ? words(told) : words);
      again();
      list.again();
    } catch (problem) {
      toastProblem(problem);
    }
  };
  const test = act(() => post(`${path}/test`, undefined, { idempotent: true }), "A test event is on its way.");
  const pause = act(() => patch(path, { enabled: !hook.enabled }, { idempotent: true }), hook.enabled ? "Paused. What happens meanwhile is not sent to it." : "On again.");
  const revive = act(() => post(`${path}/replay`, undefined, { idempotent: true }), (told) => (told.deliveries ? `${count(told.deliveries, "event")} will be sent once more.` : "Nothing was given up."));
  const replay = (one) => act(() => post(`/v1/events/${encodeURIComponent(one.event.id)}/replay`, { webhook_id: hook.id }, { idempotent: true }), "It is sent once more, under the same id.");
  const rotate = async () => {
    if (!(await ask({ title: "Change the secret?", text: "The present one signs nothing any more, at once. Your platform refuses events until it knows the new one; they are tried again meanwhile.", yes: "Change it", danger: true }))) return;
    try {
      setOpen({ secret: (await post(`${path}/rotate`)).secret });
    } catch (problem) {
      toastProblem(problem);
    }
  };
  const drop = async () => {
    if (!(await ask({ title: "Delete this webhook?", text: "What waits for it is given up, and the list of what was sent to it goes with it.", yes: "Delete", danger: true }))) return;
    try {
      await remove(path);
      navigate("/webhooks");
      toast("Webhook deleted.");
    } catch (problem) {
      toastProblem(problem);
    }
  };
  const save = async (body) => {
    await patch(path, body, { idempotent: true });
    setOpen(null);
    toast("Saved.");
    again();
  };
  return html`<div class="page">
    <div class="page-head"><div><a class="note back" href=${href("/webhooks")}>Webhooks</a><h1>${new URL(hook.url).host}</h1><p><code>${hook.url}</code></p></div>
      <div class="actions"><button class="button main" type="button" onClick=${test} disabled=${!hook.enabled}>Send a test event</button>
        <button class="button" type="button" onClick=${pause}>${hook.enabled ? "Pause" : "Resume"}</button>
        <button class="button" type="button" onClick=${() => setOpen({ edit: true })}>Change</button>
        <button class="button" type="button" onClick=${rotate}>Change the secret</button>
        <button class="button danger" type="button" onClick=${drop}>Delete</button></div></div>
    <dl class="facts panel"><dt>State</dt><dd><span class=${hook.enabled ? "tag good" : "tag warn"}>${hook.enabled ? "on" : "paused"}</span></dd>
      <dt>Events</dt><dd>${hook.types.length ? hook.types.join(", ") : "all"}</dd><dt>Made</dt><dd>${dated(hook.created_at)}</dd>
      <dt>Id</dt><dd><code>${hook.id}</code> <${Trace} subject=${hook.id} /></dd></dl>
    <section class="stack" aria-labelledby="sent"><div class="row apart"><h2 id="sent">Deliveries</h2>
        <div class="row"><${Choice} label="Which deliveries" value=${dead} options=${STATES} onChange=${(value) => setQuery({ dead: value })} />
          <button class="button small" type="button" onClick=${list.again}>Refresh</button>
          <button class="button small" type="button" onClick=${revive}>Replay all given up</button></div></div>
      ${list.problem ? html`<${ProblemBox} problem=${list.problem} onRetry=${list.again} />`
        : list.items.length ? html`<div><div class="entries">${list.items.map((one) => html`<${Sent} key=${one.id} one=${one} onReplay=${replay(one)} />`)}</div><${Pager} list=${list} one="delivery" many="deliveries" /></div>`
          : !list.loading && html`<div class="panel flush"><${EmptyState} icon="webhooks" title=${dead === "true" ? "Nothing was given up" : "Nothing was sent yet"}>${dead === "true" ? "What is refused for days ends up here, and can be replayed." : "Send a test event to see whether your platform takes it."}<//></div>`}
    </section>
    ${open?.edit && html`<${HookForm} title="Change the webhook" yes="Save" hook=${hook} onSave=${save} onClose=${() => setOpen(null)} />`}
    ${open?.secret && html`<${Secret} title="The new secret" label="the secret" text=${open.secret} onClose=${() => setOpen(null)}>What is posted to <code>${hook.url}</code> is signed with it from now on.<//>`}
  </div>`;
}

const TAGS = { delivered: "tag good", waiting: "tag warn", dead: "tag danger" };
const WORDS = { delivered: "delivered", waiting: "waiting", dead: "given up" };

function answerOf(one) {
  if (one.status !== null) return `answered ${one.status}`;
  return one.attempts ? "no answer" : "not tried yet";
}

function Sent({ one, onReplay }) {
  return html`<details class="entry"><summary><span class="when">${dated(one.event.created_at)}</span>
      <span class="told"><b>${one.event.type}</b> <span class="muted">${answerOf(one)}, ${count(one.attempts, "attempt")}</span></span>
      <span class=${TAGS[one.state]}>${WORDS[one.state]}</span></summary>
    <dl class="facts"><dt>Event</dt><dd><code>${one.event.id}</code></dd>
      ${one.state === "waiting" && one.due_at && html`<dt>Next try</dt><dd>${ago(one.due_at)}</dd>`}
      ${one.delivered_at && html`<dt>Delivered</dt><dd>${dated(one.delivered_at)}</dd>`}
      ${one.error && html`<dt>Last error</dt><dd>${one.error}</dd>`}
      ${one.event.compensates && html`<dt>Takes back</dt><dd><code>${one.event.compensates}</code></dd>`}
      <dt>Data</dt><dd><pre tabindex="0" role="region" aria-label="Data of the event">${JSON.stringify(one.event.data, null, 2)}</pre></dd>
      <dt></dt><dd><button class="button small" type="button" onClick=${onReplay}>Send it once more</button></dd></dl>
  </details>`;
}
