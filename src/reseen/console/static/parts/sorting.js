/* A reviewer's word on what belongs together: take members out, say that one belongs elsewhere, make
   two clusters one; and take such a word back. */

import { html, useEffect, useState } from "../lib/view.js";
import { get, post, remove } from "../lib/api.js";
import { href } from "../lib/router.js";
import { ago, count, percent } from "../lib/words.js";
import { askWhy } from "./dialog.js";
import { toast, toastProblem } from "./toast.js";

const at = (cluster) => `/v1/clusters/${encodeURIComponent(cluster.id ?? cluster)}`;

export function Sorting({ cluster, chosen, onDone, always = false }) {
  const [links, setLinks] = useState(null);
  const [words, setWords] = useState(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    const later = setTimeout(() => { // what is decided at once needs none of it
      get(`${at(cluster)}/links`, { query: { limit: 50 } }).then(({ data }) => setLinks(data), () => {});
      get(`${at(cluster)}/words`, { query: { limit: 50 } }).then(({ data }) => setWords(data), () => {});
    }, 250);
    return () => clearTimeout(later);
  }, [cluster.id, cluster.version]);
  const doing = async (work, said) => {
    if (busy) return;
    setBusy(true);
    try {
      await work();
      toast(said);
      await onDone();
    } catch (problem) {
      toastProblem(problem);
      if (problem.status === 409) await onDone();
    } finally {
      setBusy(false);
    }
  };
  const split = async () => {
    const title = `Take ${count(chosen.length, "member")} out?`;
    const reason = await askWhy({ title, text: "They become a cluster of their own with a case of its own. The rest keeps its case and its decision. You can take this word back.", yes: "Take out" });
    if (reason === null) return;
    doing(() => post(`${at(cluster)}/split`, { version: cluster.version, members: chosen, reason }, { idempotent: true }), "Taken out, into a cluster of their own.");
  };
  const merge = async (link) => {
    const reason = await askWhy({ title: "Make the two one?", text: `They share this: ${link.meaning}. One verdict will hold for both. You can take this word back.`, yes: "Make one" });
    if (reason === null) return;
    doing(async () => {
      const other = await get(at(link.cluster_id));
      await post("/v1/clusters/merge", { clusters: [cluster, other].map(({ id, version }) => ({ id, version })), reason }, { idempotent: true });
    }, "The two are one now.");
  };
  const pin = async (link) => {
    const reason = await askWhy({ title: "Move it there?", text: `The chosen member leaves this cluster for the other one. They share this: ${link.meaning}. You can take this word back.`, yes: "Move it" });
    if (reason === null) return;
    doing(async () => {
      const other = await get(at(link.cluster_id));
      await post(`${at(other)}/pins`, { version: other.version, reference_id: chosen[0], reason }, { idempotent: true });
    }, "It belongs to the other cluster now.");
  };
  const unsay = (word) => doing(() => remove(`${at(cluster)}/words/${encodeURIComponent(word.id)}`, { idempotent: true }), "The word is taken back.");
  const holding = words?.filter((one) => one.holds) ?? [];
  if (!always && !chosen.length && !links?.length && !holding.length) return null;
  return html`<section class="panel stack tight" aria-labelledby="sorting"><h2 id="sorting">What belongs together</h2>
    ${chosen.length > 0 && html`<div class="row"><button class="button small" type="button" disabled=${busy || chosen.length >= cluster.members} onClick=${split}>Take ${count(chosen.length, "member")} out</button></div>`}
    ${links?.length > 0 && html`<h3>Has something in common with</h3><ul class="links">${links.map((link) => html`<li key=${link.cluster_id}>
      <div><a href=${href(`/clusters/${link.cluster_id}`)}>another cluster</a> <span class="note">${percent(link.similarity_score)}: ${link.meaning}</span></div>
      <div class="row"><button class="button small" type="button" disabled=${busy} onClick=${() => merge(link)}>Make one</button>
        ${chosen.length === 1 && html`<button class="button small" type="button" disabled=${busy} onClick=${() => pin(link)}>The chosen one belongs there</button>`}</div></li>`)}</ul>`}
    ${holding.length > 0 && html`<h3>What reviewers said</h3><ul class="links">${holding.map((word) => html`<li key=${word.id}>
      <div>${wordOf(word)} <span class="note">${ago(word.at)}</span></div><button class="button small" type="button" disabled=${busy} onClick=${() => unsay(word)}>Take back</button></li>`)}</ul>`}
    ${always && links && words && !links.length && !holding.length && !chosen.length && html`<p class="muted">Nothing else resembles it, and no reviewer said anything of it. Choose members below to take them out.</p>`}
  </section>`;
}

const wordOf = (word) => (word.apart.length ? `Held apart: ${count(word.pairs, "pair")} of members.` : `Held together: ${count(word.pairs, "pair")} of members.`);
