/* Somebody was invited, or lost their password: the link's token is good for one new password. */

import { html, useState } from "../lib/view.js";
import { post } from "../lib/api.js";
import { became } from "../lib/session.js";
import { href, navigate, useFragment } from "../lib/router.js";
import { Door, DoorForm } from "../parts/door.js";
import { NewPassword, longEnough } from "../parts/new-password.js";

export default function Invited() {
  const token = useFragment();
  const [password, setPassword] = useState("");
  if (!token)
    return html`<${Door} title="This link is not whole" lead="Open the link of your invitation again, all of it, or ask for a new one.">
      <a class="button" href=${href("/sign-in")}>Sign in</a><//>`;
  const go = async () => {
    longEnough(password);
    became(await post("/console/api/invited", { token, password }, { expect401: true }));
    navigate("/", { replace: true });
  };
  return html`<${Door} title="Welcome to reseen" lead="Choose a password, and you are in. You can add a passkey in the settings afterwards.">
    <${DoorForm} words="Start" onSubmit=${go}><${NewPassword} value=${password} onInput=${setPassword} /><//>
  <//>`;
}
