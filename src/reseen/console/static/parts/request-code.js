/* The same call for a terminal and for a program. */

import { html, useState } from "../lib/view.js";
import { Choice } from "./field.js";
import { Copy } from "./copy.js";

const shell = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const python = (text) => JSON.stringify(text);

/** `sides` { source, target }, each { file } or { url }. */
export function curlOf(route, sides) {
  const at = `${location.origin}${route}?explain=true`;
  const head = `curl ${shell(at)} \\\n  -H 'Authorization: Bearer KEY'`;
  if (sides.source.url && sides.target.url)
    return `${head} \\\n  -H 'Content-Type: application/json' \\\n  -d ${shell(JSON.stringify({ source_url: sides.source.url, target_url: sides.target.url }))}`;
  const part = (name) => (sides[name].url ? `-F ${shell(`${name}_url=${sides[name].url}`)}` : `-F ${shell(`${name}=@${sides[name].file.name}`)}`);
  return `${head} \\\n  ${part("source")} \\\n  ${part("target")}`;
}

export function pythonOf(route, sides) {
  const top = `import requests\n\nanswer = requests.post(\n    ${python(`${location.origin}${route}`)},\n    params={"explain": "true"},\n    headers={"Authorization": "Bearer KEY"},\n`;
  const end = `    timeout=600,\n)\nanswer.raise_for_status()\nfound = answer.json()\nprint(found["match"], found["confidence"], found["similarity_score"])`;
  if (sides.source.url && sides.target.url)
    return `${top}    json={"source_url": ${python(sides.source.url)}, "target_url": ${python(sides.target.url)}},\n${end}`;
  const names = ["source", "target"];
  const texts = names.filter((name) => sides[name].url).map((name) => `"${name}_url": ${python(sides[name].url)}`);
  const files = names.filter((name) => sides[name].file).map((name) => `"${name}": open(${python(sides[name].file.name)}, "rb")`);
  return `${top}${texts.length ? `    data={${texts.join(", ")}},\n` : ""}    files={${files.join(", ")}},\n${end}`;
}

export function RequestCode({ route, sides, envelope }) {
  const [kind, setKind] = useState("curl");
  const { evidence, ...plain } = envelope ?? {};
  const all = [["curl", "curl"], ["python", "Python"], ...(envelope ? [["answer", "The answer"]] : [])];
  const text = kind === "curl" ? curlOf(route, sides) : kind === "python" ? pythonOf(route, sides) : JSON.stringify(evidence ? { ...plain, evidence: { pictures: evidence.pictures.map(({ name, title }) => ({ name, title, data: "…" })) } } : plain, null, 2);
  return html`<section class="stack tight" aria-labelledby="same-call">
    <div class="row apart"><h2 id="same-call">The same call</h2><${Choice} label="Language" value=${kind} options=${all} onChange=${setKind} /></div>
    <${Copy} text=${text} label=${kind === "answer" ? "the answer" : `the call in ${kind}`} />
    ${kind !== "answer" && html`<p class="note">Put a key of yours in place of KEY. <a href="/docs" target="_blank">The interface</a> has every route.</p>`}
  </section>`;
}
