/* A webhook that is made or changed: where to, and which events. */

import { html, useState } from "../lib/view.js";
import { EVENTS } from "../lib/events.js";
import { Dialog } from "./dialog.js";
import { Check, Field } from "./field.js";
import { ProblemBox } from "./problem.js";

export function HookForm({ title, yes, hook, onSave, onClose }) {
  const [url, setUrl] = useState(hook?.url ?? "");
  const [types, setTypes] = useState(new Set(hook?.types ?? []));
  const [all, setAll] = useState(!hook?.types?.length);
  const [state, setState] = useState({ busy: false, problem: null });
  const go = async (event) => {
    event.preventDefault();
    setState({ busy: true, problem: null });
    try {
      await onSave({ url: url.trim(), types: all ? [] : [...types] });
    } catch (problem) {
      setState({ busy: false, problem });
    }
  };
  const toggle = (type, on) => {
    const next = new Set(types);
    if (on) next.add(type);
    else next.delete(type);
    setTypes(next);
  };
  const { problem } = state;
  return html`<${Dialog} title=${title} onClose=${onClose}><form class="stack" onSubmit=${go}>
    <${Field} label="Address" type="url" value=${url} onInput=${setUrl} required placeholder="https://platform.example/hooks/reseen"
      note="Events are posted there as JSON, signed. Addresses that are not public are refused, unless the operator allows them." wrong=${problem?.field === "url" ? problem.message : null} />
    <${Check} label="All events" checked=${all} onChange=${setAll} note="Those that come with later versions, too." />
    ${!all && html`<fieldset><legend class="only-read">Which events</legend><div class="types">${EVENTS.map(([type, words]) => html`<${Check} key=${type} label=${html`<code>${type}</code>`} note=${words} checked=${types.has(type)} onChange=${(on) => toggle(type, on)} />`)}</div></fieldset>`}
    ${problem && problem.field !== "url" && html`<${ProblemBox} problem=${problem} />`}
    <div class="dialog-foot"><button class="button" type="button" onClick=${onClose}>Cancel</button>
      <button class="button main" type="submit" disabled=${state.busy || (!all && !types.size)}>${yes}</button></div>
  </form><//>`;
}
