/* The first person of a new server: proves to be its owner with the key that the server printed. The
   printed link carries the key after a #, which browsers never send to a server. */

import { html, useEffect, useState } from "../lib/view.js";
import { post } from "../lib/api.js";
import { became, session } from "../lib/session.js";
import { href, navigate, useFragment } from "../lib/router.js";
import { Door, DoorForm } from "../parts/door.js";
import { Field } from "../parts/field.js";
import { NewPassword, longEnough } from "../parts/new-password.js";

export default function Setup() {
  const given = useFragment();
  const [key, setKey] = useState(given);
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  useEffect(() => { if (given) setKey(given); }, [given]);
  if (!session.ways.setup)
    return html`<${Door} title="This server is set up" lead="It has people already. Sign in, or ask an admin to invite you.">
      <a class="button main" href=${href("/sign-in")}>Sign in</a><//>`;
  const go = async () => {
    longEnough(password);
    became(await setUp({ key: key.trim(), name: name.trim(), password }));
    navigate("/", { replace: true });
  };
  return html`<${Door} title="Set up reseen" lead="Make the first account. It owns this server's project and can invite others.">
    <${DoorForm} words="Make the account" onSubmit=${go}>
      <${Field} label="Owner key" type="password" value=${key} onInput=${setKey} autocomplete="off" spellcheck=${false} required
        note=${given ? "Taken from the link that the server printed." : "The server printed it at its first start. Another: reseen keys create --role owner"} />
      <${Field} label="Your name" value=${name} onInput=${setName} autocomplete="username" required autofocus=${Boolean(given)} />
      <${NewPassword} value=${password} onInput=${setPassword} />
    <//>
  <//>`;
}

async function setUp(said) {
  try {
    return await post("/console/api/setup", said, { expect401: true });
  } catch (problem) {
    if (problem.status !== 401) throw problem;
    throw Object.assign(new Error("This is not a key of an owner here."), { title: "The key is not right", advice: "Copy all of the link that the server printed at its first start, or make another key: reseen keys create --role owner" });
  }
}
