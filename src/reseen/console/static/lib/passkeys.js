/* Passkeys by the browser's own WebAuthn, with the server's options and answers as JSON. */

import { post } from "./api.js";

/** Browsers make passkeys for names, not for addresses. */
export const supported = () =>
  !/^[\d.]+$|^\[/.test(location.hostname) && typeof PublicKeyCredential !== "undefined" && typeof PublicKeyCredential.parseRequestOptionsFromJSON === "function";

/** This page under the name of one's own machine, where it was opened by its address; else null. */
export const byName = () => (location.hostname === "127.0.0.1" ? location.href.replace("//127.0.0.1", "//localhost") : null);

const inner = (options) => options.publicKey ?? options;

/** Sign in; resolves to `me`. Throws a `Problem`, or an `AbortError` when the person turned back. */
export async function signInWithPasskey() {
  const options = inner(await post("/console/api/sign-in/passkey/begin", {}, { expect401: true }));
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const credential = await asked(() => navigator.credentials.get({ publicKey }));
  return post("/console/api/sign-in/passkey", { credential: credential.toJSON() }, { expect401: true });
}

/** Make one for the signed-in person; resolves to what the server keeps of it. */
export async function addPasskey(label) {
  const options = inner(await post("/console/api/passkeys/begin", {}));
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const credential = await asked(() => navigator.credentials.create({ publicKey }));
  return post("/console/api/passkeys", { credential: credential.toJSON(), label });
}

async function asked(question) {
  try {
    return await question();
  } catch (error) {
    if (error.name === "NotAllowedError") throw new DOMException("turned back", "AbortError");
    if (error.name === "InvalidStateError") throw new Error("This device already has a passkey for you here.");
    throw error;
  }
}
