/* Who is signed in. `session.me` is what `/console/api/me` answers, or null.

   Without a session a key can be used for as long as the tab lives: it is held in memory only, never
   stored, and gone on reload. */

import { useLayoutEffect, useReducer } from "./view.js";
import * as api from "./api.js";

const listeners = new Set();

export const session = { known: false, me: null, ways: null, over: false };

function tell(change) {
  Object.assign(session, change);
  for (const listener of listeners) listener();
}

/** Re-render when the session changes. */
export function useSession() {
  const [, again] = useReducer((n) => n + 1, 0);
  useLayoutEffect(() => { // not after painting: a change in between would be missed
    listeners.add(again);
    return () => listeners.delete(again);
  }, []);
  return session;
}

/** How one may sign in, and who is signed in already. Where the server says that nobody is
    (`signed_in`), it is not asked who. */
export async function load() {
  let ways = null;
  try {
    ways = await api.get("/console/api/ways", { expect401: true });
  } catch {
    ways = { setup: false, password: false, passkeys: false, oidc: null, signed_in: false };
  }
  if (ways.signed_in === false) return tell({ known: true, ways, me: null });
  try {
    const me = await api.get("/console/api/me", { expect401: true });
    session.ways = ways;
    became(me);
  } catch {
    tell({ known: true, ways, me: null });
  }
}

/** Somebody signed in; `me` is what the server answered. */
export function became(me) {
  api.use({ csrf: me.csrf });
  tell({ known: true, me, over: false, ways: { ...session.ways, setup: false } });
}

/** What of `me` was changed by a call, as its settings. */
export function revise(change) {
  tell({ me: { ...session.me, ...change } });
}

/** Use a key for this tab. Throws the problem when the server refuses it. */
export async function useKey(key) {
  api.use({ key });
  try {
    await api.get("/v1/banks", { query: { limit: 1 }, expect401: true });
  } catch (problem) {
    api.use({});
    throw problem;
  }
  tell({ known: true, over: false, me: { id: null, name: "a key", role: null, project: null, rights: null, settings: {}, defaults: {}, passkeys: [], key: true } });
}

export async function signOut() {
  if (session.me && !session.me.key) {
    try {
      await api.post("/console/api/sign-out", undefined, { expect401: true });
    } catch (problem) {
      if (problem.status !== 401) throw problem;
    }
  }
  api.use({});
  tell({ me: null, over: false });
}

api.whenSignedOut(() => {
  if (!session.me) return;
  api.use({});
  tell({ me: null, over: true });
});

/** Whether the signed-in person may: `can("review")`. A key's rights are known to the server only. */
export function can(right) {
  const { me } = session;
  if (!me) return false;
  if (!me.rights) return true;
  return me.rights.some((name) => name.toLowerCase() === right);
}
