/* The evidence that the server drew, each with words for those who do not see it. */

import { html, useState } from "../lib/view.js";
import { changesOf, sentence } from "../lib/findings.js";
import { Dialog } from "./dialog.js";

export function Exhibits({ envelope }) {
  const [large, setLarge] = useState(null);
  const pictures = envelope.evidence?.pictures ?? [];
  if (!pictures.length) return null;
  const url = ({ media_type: type, data }) => `data:${type};base64,${data}`;
  return html`<section class="stack" aria-labelledby="exhibits">
    <div><h2 id="exhibits">What the server drew</h2><p class="note">The same pictures come with every answer to <code>?explain=true</code>. Upload is the source, reference the target.</p></div>
    <div class="exhibits">${pictures.map((picture) => html`<figure class="exhibit">
      <button type="button" aria-label=${`Enlarge: ${picture.title}`} onClick=${() => setLarge(picture)}><img src=${url(picture)} alt=${described(picture, envelope)} /></button>
      <figcaption class="row apart"><span>${picture.title}</span><a class="note" href=${url(picture)} download=${picture.name}>Save</a></figcaption>
    </figure>`)}</div>
    ${large && html`<${Dialog} title=${large.title} kind="wide" onClose=${() => setLarge(null)}>
      <img class="exhibit-large" src=${url(large)} alt=${described(large, envelope)} /><p class="note">${described(large, envelope)}</p><//>`}
  </section>`;
}

/** What is to be seen, from the name the server gives it: "segment-2-sound.png" is of the second surest. */
function described({ name, title }, { matched_segments: segments, transform }) {
  const [, number, kind] = /^segment-(\d+)-(\w+)\.png$/.exec(name) ?? [];
  const segment = number && [...segments].sort((a, b) => b.score - a.score)[number - 1];
  if (name === "timeline.png") return `${title}. ${segments.map(sentence).join(" ")}`;
  if (kind === "sound") return `${title}: the source above, the target beneath. Diamonds mark peaks that agree, lines join them. ${heard(segment)}`;
  if (kind === "film") return `${title}: frames of the source above the frames of the target that go with them. ${segment ? sentence(segment) : ""}`;
  const words = changesOf(segment ?? { transform });
  return `${title}: the source, the target, and the target laid over the source in tiles. What both show is outlined.${words.length ? ` ${words.join(", ")}.` : ""}`;
}

const heard = (segment) => (segment ? sentence(segment) : "");
