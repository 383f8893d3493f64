/* How the console looks, how media are shown, how one signs in. */

import { html, useState } from "../lib/view.js";
import { post, remove } from "../lib/api.js";
import { defaultOf, pref, savePrefs } from "../lib/prefs.js";
import { can, revise, useSession } from "../lib/session.js";
import { addPasskey, byName, supported } from "../lib/passkeys.js";
import { dated } from "../lib/words.js";
import { Defaults } from "../parts/defaults.js";
import { Check, Choice, Field } from "../parts/field.js";
import { Icon } from "../parts/icon.js";
import { NewPassword, longEnough } from "../parts/new-password.js";
import { ProblemBox } from "../parts/problem.js";
import { ask } from "../parts/dialog.js";
import { toast, toastProblem } from "../parts/toast.js";

export default function Settings() {
  const { me } = useSession();
  const [theme, setTheme] = useState(pref("theme"));
  const save = (changes) => savePrefs(changes).catch(toastProblem);
  const choose = (value) => {
    setTheme(value);
    save({ theme: value });
  };
  return html`<div class="page settings">
    <div class="page-head"><div><h1>Settings</h1>
      <p>${me.key ? "You use a key, so these hold for as long as this tab is open." : "They are yours, and hold on every device you sign in from."}</p></div></div>
    <section class="panel stack" aria-labelledby="look"><h2 id="look">Look</h2>
      <${Choice} label="Theme" value=${theme} onChange=${choose} options=${[["system", "As the system"], ["light", "Light"], ["dark", "Dark"]]} />
    </section>
    <section class="panel stack" aria-labelledby="media"><div><h2 id="media">Media in review</h2>
      <p class="note">What you review can be hard to look at. These make it easier until you choose to see it.</p></div>
      <${Switch} name="blur" label="Blur media" note="Shapes and colours only, until you reveal it." onSave=${save} />
      <${Switch} name="greyscale" label="Without colour" note="Grey is easier to bear." onSave=${save} />
      <${Switch} name="muted" label="Without sound" note="Films and sounds start silent." onSave=${save} />
      <${Switch} name="hold_to_reveal" label="Reveal while held" note="It is covered again as soon as you let go." onSave=${save} />
      <${Breaks} onSave=${save} />
    </section>
    ${!me.key && can("people") && html`<${Defaults} me=${me} breaks=${BREAKS} />`}
    ${!me.key && html`<${Passkeys} me=${me} /><${Password} me=${me} />`}
  </div>`;
}

const MUST = "Your project requires this.";

function Switch({ name, label, note, onSave }) {
  const { enforced, value } = defaultOf(name);
  const fixed = enforced && value === true;
  return html`<${Check} label=${label} note=${fixed ? `${note} ${MUST}` : note} checked=${pref(name)} disabled=${fixed} onChange=${(checked) => onSave({ [name]: checked })} />`;
}

const BREAKS = [["0", "never"], ["20", "20 minutes"], ["30", "30 minutes"], ["50", "50 minutes"], ["90", "90 minutes"]];

function Breaks({ onSave }) {
  const now = String(pref("break_after_minutes") ?? 0);
  const options = BREAKS.some(([value]) => value === now) ? BREAKS : [...BREAKS, [now, `${now} minutes`]];
  const { enforced } = defaultOf("break_after_minutes");
  return html`<div class="short"><${Field} label="Remind me of a break after" value=${now} options=${options} note=${enforced ? "Your project requires one; sooner is fine." : null}
    onInput=${(value) => onSave({ break_after_minutes: Number(value) })} /></div>`;
}

function Passkeys({ me }) {
  const [label, setLabel] = useState("");
  const [problem, setProblem] = useState(null);
  const add = async (event) => {
    event.preventDefault();
    setProblem(null);
    try {
      const made = await addPasskey(label.trim() || "Passkey");
      revise({ passkeys: [...me.passkeys, made] });
      setLabel("");
      toast("Passkey added.");
    } catch (thrown) {
      if (thrown.name !== "AbortError") setProblem(thrown);
    }
  };
  const drop = async (passkey) => {
    if (!(await ask({ title: `Remove ${passkey.label}?`, text: "You can no longer sign in with it. Remove it from your device as well.", yes: "Remove", danger: true }))) return;
    try {
      await remove(`/console/api/passkeys/${encodeURIComponent(passkey.id)}`);
      revise({ passkeys: me.passkeys.filter(({ id }) => id !== passkey.id) });
    } catch (thrown) {
      toastProblem(thrown);
    }
  };
  return html`<section class="panel stack" aria-labelledby="passkeys"><div><h2 id="passkeys">Passkeys</h2>
      <p class="note">Sign in with your device's fingerprint, face or PIN. Nothing to remember, nothing to steal.</p></div>
    ${me.passkeys.length > 0 && html`<ul class="plain">${me.passkeys.map((one) => html`<li class="row apart"><span><${Icon} name="passkey" /> ${one.label} <span class="note">since ${dated(one.created_at)}</span></span>
      <button class="button small quiet" type="button" aria-label=${`Remove ${one.label}`} onClick=${() => drop(one)}>Remove</button></li>`)}</ul>`}
    ${supported()
      ? html`<form class="row ends" onSubmit=${add}><div class="grow"><${Field} label="Name of this device" value=${label} onInput=${setLabel} placeholder="Work laptop" maxlength="60" /></div>
          <button class="button" type="submit">Add a passkey</button></form>`
      : byName()
        ? html`<p class="note">Browsers make no passkeys for 127.0.0.1. <a href=${byName()}>Open this page at localhost</a>, sign in there, and add one.</p>`
        : html`<p class="note">This browser offers no passkeys here; they need a name with https, or localhost.</p>`}
    ${problem && html`<${ProblemBox} problem=${problem} />`}
  </section>`;
}

function Password({ me }) {
  const [current, setCurrent] = useState("");
  const [fresh, setFresh] = useState("");
  const [problem, setProblem] = useState(null);
  const go = async (event) => {
    event.preventDefault();
    setProblem(null);
    try {
      longEnough(fresh);
      await post("/console/api/password", { current, new: fresh }, { expect401: true });
      setCurrent("");
      setFresh("");
      revise({ has_password: true });
      toast("Password changed. Other sessions of yours are over.");
    } catch (thrown) {
      setProblem(thrown);
    }
  };
  return html`<section class="panel stack" aria-labelledby="password"><h2 id="password">Password</h2>
    <form class="stack" onSubmit=${go}>
      ${me.has_password && html`<${Field} label="Present password" type="password" value=${current} onInput=${setCurrent} autocomplete="current-password" required />`}
      <${NewPassword} label="New password" value=${fresh} onInput=${setFresh} />
      ${problem && html`<${ProblemBox} problem=${problem} />`}
      <div><button class="button" type="submit">Change the password</button></div>
    </form></section>`;
}
