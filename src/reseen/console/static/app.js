/* The console: who is here, which page the address names, the frame around it.

   A page is a module `pages/NAME.js` whose default export is a component; routes.js names it. It is
   loaded when it is first opened. */

import { html, render, useEffect, useErrorBoundary, useRef, useState } from "./lib/view.js";
import { load, session, useSession, can } from "./lib/session.js";
import { href, navigate, usePlace } from "./lib/router.js";
import { known, useKeys } from "./lib/keys.js";
import { applyTheme, pref } from "./lib/prefs.js";
import { style } from "./lib/styles.js";
import { match, PAGES } from "./routes.js";
import { Brand, Nav, reachable } from "./parts/nav.js";
import { Dialog } from "./parts/dialog.js";
import { Icon } from "./parts/icon.js";
import { EmptyState, Loading } from "./parts/empty-state.js";
import { ProblemBox } from "./parts/problem.js";
import { Toasts } from "./parts/toast.js";

const modules = new Map();

function open({ page, styles }) {
  if (!modules.has(page)) {
    const wanted = Promise.all([import(`./pages/${page}.js`), ...styles.map(style)]);
    modules.set(page, wanted);
    wanted.catch(() => modules.delete(page));
  }
  return modules.get(page);
}

function Page({ page, parts }) {
  const [shown, setShown] = useState(null);
  useEffect(() => {
    let gone = false;
    open(page).then(([{ default: View }]) => gone || setShown({ page, View }), (error) => gone || setShown({ page, error }));
    return () => { gone = true; };
  }, [page]);
  if (shown?.page !== page) return html`<${Loading} />`;
  if (shown.error) return html`<${EmptyState} icon="alert" heading="h1" title="This page could not be loaded" actions=${html`<button class="button" type="button" onClick=${() => location.reload()}>Load anew</button>`}>
    The server may have been updated, or cannot be reached. Loading the console anew usually helps.<//>`;
  return html`<${Guarded} key=${location.pathname}><${shown.View} ...${parts} /><//>`;
}

function Guarded({ children }) {
  const [error, reset] = useErrorBoundary((thrown) => console.error(thrown));
  return error ? html`<div class="page"><${ProblemBox} problem=${error} onRetry=${reset} /></div>` : children;
}

function Shortcuts({ onClose }) {
  const [groups] = useState(known);
  return html`<${Dialog} title="Keyboard" kind="wide" onClose=${onClose}>
    <div class="shortcuts">${groups.map(({ title, rows }) => html`<section><h3>${title}</h3>
      <dl>${rows.map(({ keys, words }) => html`<dt>${words}</dt><dd>${said(keys)}</dd>`)}</dl></section>`)}</div>
  <//>`;
}

const SAID = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", " ": "Space", Escape: "Esc" };
const said = (keys) => (keys === " " ? html`<kbd>Space</kbd>` : keys.split(" ").map((part) => html`<kbd>${part.split("+").map((key) => SAID[key] ?? key).join(" ")}</kbd> `));

function Frame({ page, children }) {
  const [menu, setMenu] = useState(false);
  const [keys, setKeys] = useState(false);
  const main = useRef();
  const first = useRef(true);
  useKeys("Everywhere", {
    "?": ["show what the keyboard does", () => setKeys(true)],
    ...Object.fromEntries([...reachable(), ...PAGES.filter(({ path }) => path === "/settings")].map(({ keys: name, title, path }) => [name, [`go to ${title.toLowerCase()}`, () => navigate(path)]])),
  });
  useEffect(() => {
    setMenu(false);
    if (first.current) first.current = false;
    else main.current.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [location.pathname]);
  const nav = { here: page, onKeys: () => { setMenu(false); setKeys(true); } };
  return html`<div class="shell">
    <a class="skip" href="#main" onClick=${(e) => { e.preventDefault(); main.current.focus(); }}>Skip to the page</a>
    <header class="bar">
      <button class="button quiet only-icon" type="button" aria-label="Menu" aria-expanded=${String(menu)} onClick=${() => setMenu(true)}><${Icon} name="menu" /></button>
      <${Brand} /><span class="here">${page?.title}</span>
    </header>
    <${Nav} ...${nav} />
    <main id="main" tabindex="-1" ref=${main}>${children}</main>
    ${menu && html`<${Dialog} title="Menu" kind="drawer" onClose=${() => setMenu(false)}><${Nav} ...${nav} onGo=${() => setMenu(false)} /><//>`}
    ${keys && html`<${Shortcuts} onClose=${() => setKeys(false)} />`}
  </div>`;
}

function App() {
  const { known: ready, me, ways } = useSession();
  const { path, query } = usePlace();
  const found = match(path);
  const wanted = ready && toward(found, path, query, me, ways);
  useEffect(() => { if (wanted) navigate(wanted, { replace: true }); }, [wanted]);
  useEffect(() => { document.title = found ? `${found.page.title} · reseen` : "reseen"; }, [found?.page]);
  useEffect(() => { if (me?.settings?.theme) applyTheme(me.settings.theme); }, [me?.settings?.theme]);
  if (!ready || wanted) return html`<${Loading} />`;
  const shown = found ? html`<${Page} key=${found.page.page} ...${found} />` : html`<${EmptyState} icon="search" heading="h1" title="There is no such page" actions=${html`<a class="button main" href=${href("/")}>To the start</a>`}>
    The address may be mistyped, or the page has moved. The navigation leads to everything there is.<//>`;
  return html`${found?.page.open ? html`<div class="door">${shown}</div>` : html`<${Frame} page=${found?.page}>${shown}<//>`}<${Toasts} />`;
}

/** Where to go instead, if this page cannot be shown to this person. */
function toward(found, path, query, me, ways) {
  if (found?.page.open) {
    if (me && found.page.path === "/sign-in") return safe(query.get("next"));
    return null;
  }
  if (!me) return ways.setup ? "/setup" : `/sign-in?next=${encodeURIComponent(path + location.search)}`;
  if (found?.page.right && !can(found.page.right)) return found.page.else ?? "/playground";
  return null;
}

/** A page of ours; whatever else an address asks for leads to the start. */
const safe = (next) => (next && /^\/[^/\\]?/.test(next) && match(next.split("?")[0]) ? next : "/");

render(html`<${App} />`, document.getElementById("app"));
applyTheme(pref("theme"));
load();
