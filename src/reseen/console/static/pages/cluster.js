/* All about one cluster: what is in it, what it resembles, what was said and decided of it. */

import { html, useEffect, useState } from "../lib/view.js";
import { get } from "../lib/api.js";
import { useKeys } from "../lib/keys.js";
import { href, navigate } from "../lib/router.js";
import { VERDICTS } from "../lib/case-words.js";
import { ago, count, dated } from "../lib/words.js";
import { Loading } from "../parts/empty-state.js";
import { Members, useMembers } from "../parts/members.js";
import { ProblemBox } from "../parts/problem.js";
import { Sorting } from "../parts/sorting.js";
import { Spread } from "../parts/spread.js";
import { Counts } from "../parts/standing.js";

export default function ClusterPage({ id }) {
  const [state, setState] = useState({});
  const load = async () => {
    try {
      const cluster = await get(`/v1/clusters/${encodeURIComponent(id)}`);
      const [decisions, brief, words] = await Promise.all([
        get("/v1/decisions", { query: { cluster: cluster.id, limit: 50 } }).then(({ data }) => data),
        cluster.case_id ? get(`/v1/briefs/${cluster.case_id}`) : null,
        get(`/v1/clusters/${cluster.id}/words`, { query: { limit: 50 } }).then(({ data }) => data),
      ]);
      setState({ cluster, decisions, brief, words });
    } catch (problem) {
      setState({ problem });
    }
  };
  useEffect(() => { load(); }, [id]);
  if (state.problem) return html`<div class="page"><${ProblemBox} problem=${state.problem} onRetry=${load} /></div>`;
  if (!state.cluster) return html`<${Loading} />`;
  return html`<${Known} key=${state.cluster.id} ...${state} onReload=${load} />`;
}

function Known({ cluster, decisions, brief, words, onReload }) {
  const [chosen, setChosen] = useState([]);
  const members = useMembers(cluster.id);
  useKeys("Cluster", { o: ["open its case", () => cluster.case_id && navigate(`/review/${cluster.case_id}`)], q: ["back to the queue", () => navigate("/review")] });
  const toggle = (reference) => setChosen((now) => (now.includes(reference) ? now.filter((one) => one !== reference) : [...now, reference]));
  const history = historyOf(cluster, decisions, brief, words);
  return html`<div class="page case">
    <div class="page-head"><div><a class="note back" href=${href("/review")}>Review</a><h1>${count(cluster.members, "near-copy", "near-copies")} by ${count(cluster.accounts, "account")}</h1>
      <p><code>${cluster.id}</code>, version ${cluster.version}. First seen ${dated(cluster.opened_at)}, last ${ago(cluster.last_upload_at)}.</p></div>
      <div class="actions">${cluster.case_id ? html`<a class="button main" href=${href(`/review/${cluster.case_id}`)}>Open its case</a>` : html`<span class="tag">no case</span>`}</div></div>
    <div class="case-body">
      <div class="stack"><section class="panel stack tight" aria-labelledby="spread"><div class="row apart"><h2 id="spread">Spread</h2>${cluster.bursting_since && html`<span class="tag danger">burst since ${ago(cluster.bursting_since)}</span>`}</div>
        <${Counts} cluster=${cluster} />${brief && html`<${Spread} arrivals=${brief.arrivals} large />`}</section>
        <${Sorting} cluster=${cluster} chosen=${chosen} always onDone=${async () => { setChosen([]); members.again(); await onReload(); }} /></div>
      <section class="panel stack tight" aria-labelledby="history"><h2 id="history">History</h2>
        <ol class="history">${history.map((one) => html`<li><time class="note" datetime=${one.at}>${dated(one.at)}</time><p>${one.words}</p></li>`)}</ol></section>
    </div>
    <${Members} list=${members} representative=${cluster.representative.reference_id} chosen=${chosen} onChoose=${toggle} />
  </div>`;
}

/** What happened to it, the newest first. */
function historyOf(cluster, decisions, brief, words) {
  const all = [
    { at: cluster.opened_at, words: "It was first uploaded." },
    cluster.bursting_since && { at: cluster.bursting_since, words: "Unusually many accounts began to upload it." },
    brief && { at: brief.case.opened_at, words: `A case was opened: ${brief.case.why}.` },
    ...words.map((word) => ({ at: word.at, words: word.apart.length ? "A reviewer held members apart." : "A reviewer held members together." })),
    ...decisions.map((one) => ({ at: one.at, words: `${one.state === "proposed" ? "Proposed" : "Decided"}: ${VERDICTS[one.verdict].toLowerCase()}${one.policy ? ` (${one.policy})` : ""}${one.reason ? `. ${one.reason}` : ""}` })),
    ...decisions.filter((one) => one.ended_at).map((one) => ({ at: one.ended_at, words: `${one.state === "declined" ? "The proposal was declined" : "The decision was undone"}: ${one.end_reason}` })),
  ];
  return all.filter(Boolean).sort((a, b) => (a.at < b.at ? 1 : -1));
}
