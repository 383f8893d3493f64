/* Sign in by name and password, passkey or the organisation's own sign-in; or use a key for this tab. */

import { html, useState } from "../lib/view.js";
import { post } from "../lib/api.js";
import { became, session, useKey } from "../lib/session.js";
import { signInWithPasskey, supported } from "../lib/passkeys.js";
import { Door, DoorForm } from "../parts/door.js";
import { Field } from "../parts/field.js";
import { Icon } from "../parts/icon.js";
import { ProblemBox } from "../parts/problem.js";

export default function SignIn() {
  const { ways, over } = session;
  const others = (ways.passkeys && supported()) || ways.oidc;
  return html`<${Door} title="Sign in" lead=${over ? "Your session is over. Sign in again to go on where you were." : null}>
    ${ways.password && html`<${ByPassword} />`}
    ${others && ways.password && html`<div class="or">or</div>`}
    ${others && html`<div class="stack tight">
      ${ways.passkeys && supported() && html`<${ByPasskey} />`}
      ${ways.oidc && html`<a class="button" href="/console/api/oidc/start">${ways.oidc.label}</a>`}
    </div>`}
    ${ways.password || others
      ? html`<details><summary>Use a key instead</summary><${ByKey} /></details>`
      : html`<${ByKey} />`}
  <//>`;
}

function ByPassword() {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const go = async () => became(await post("/console/api/sign-in", { name, password }, { expect401: true }));
  return html`<${DoorForm} words="Sign in" onSubmit=${go}>
    <${Field} label="Name" value=${name} onInput=${setName} autocomplete="username webauthn" required autofocus />
    <${Field} label="Password" type="password" value=${password} onInput=${setPassword} autocomplete="current-password" required />
  <//>`;
}

function ByPasskey() {
  const [problem, setProblem] = useState(null);
  const go = async () => {
    setProblem(null);
    try {
      became(await signInWithPasskey());
    } catch (thrown) {
      if (thrown.name !== "AbortError") setProblem(thrown);
    }
  };
  return html`<button class="button" type="button" onClick=${go}><${Icon} name="passkey" />Sign in with a passkey</button>
    ${problem && html`<${ProblemBox} problem=${problem} />`}`;
}

function ByKey() {
  const [key, setKey] = useState("");
  return html`<${DoorForm} words="Use this key" onSubmit=${() => useKey(key.trim())}>
    <${Field} label="Key" type="password" value=${key} onInput=${setKey} autocomplete="off" required spellcheck=${false}
      note="It stays in the memory of this tab: it is not stored, and gone when you load the page anew." />
  <//>`;
}
