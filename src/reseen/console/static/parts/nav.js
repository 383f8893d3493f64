/* The navigation: what the signed-in person may open, in groups. */

import { html } from "../lib/view.js";
import { PAGES } from "../routes.js";
import { href } from "../lib/router.js";
import { can, session, signOut } from "../lib/session.js";
import { Icon, Mark } from "./icon.js";
import { toastProblem } from "./toast.js";

const GROUPS = { Look: "Look", Decide: "Decide", Hold: "Collections", Watch: "Administration" };

export const Brand = () => html`<a class="brand" href=${href("/")} aria-label="reseen, start"><${Mark} /><span>reseen</span></a>`;

/** Pages with a place in the navigation that this person may open. */
export const reachable = () => PAGES.filter((page) => page.group && can(page.right));

export function Nav({ here, onKeys, onGo }) {
  const pages = reachable();
  const at = here?.within ?? here?.path;
  const link = (page) => html`<li><a class="place" href=${href(page.path)} aria-current=${page.path === at ? "page" : undefined} onClick=${onGo}>
    <${Icon} name=${page.icon} />${page.title}</a></li>`;
  const groups = Object.entries(GROUPS).map(([group, words]) => [words, pages.filter((page) => page.group === group)]).filter(([, all]) => all.length);
  const { me } = session;
  return html`<nav class="side" aria-label="Console">
    <${Brand} />
    ${groups.map(([group, all]) => html`<div><h2>${group}</h2><ul class="places">${all.map(link)}</ul></div>`)}
    <div class="last">
      <div class="whoever"><div class="cut">${me.key ? "Signed in with a key" : me.name}</div>
        <div class="note cut">${me.key ? "for as long as this tab is open" : `${me.role} of ${me.project?.name ?? me.project}`}</div></div>
      <a class="place" href=${href("/settings")} aria-current=${at === "/settings" ? "page" : undefined} onClick=${onGo}><${Icon} name="settings" />Settings</a>
      <button class="place" type="button" onClick=${onKeys}><${Icon} name="keyboard" />Keyboard <kbd>?</kbd></button>
      <button class="place" type="button" onClick=${() => signOut().catch(toastProblem)}><${Icon} name="out" />Sign out</button>
    </div>
  </nav>`;
}
