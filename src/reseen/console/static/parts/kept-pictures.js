/* What the cluster that a reference was promoted from shows, where the media are still kept: under
   cover until somebody reveals one, and every look is written down by the server. */

import { html } from "../lib/view.js";
import { useAnswer } from "../lib/holdings.js";
import { href } from "../lib/router.js";
import { Covered } from "./covered.js";

const SHOWN = 4;
const LOOKED_AT = 100;

export function KeptPictures({ clusterId, medium }) {
  const { value, problem } = useAnswer("/v1/uploads", { cluster: clusterId, limit: LOOKED_AT });
  const all = value?.data ?? [];
  const kept = all.filter((one) => one.media_kept).slice(0, SHOWN);
  if (problem?.status === 404) return html`<p class="note">The cluster that it comes from is gone, and so are its media.</p>`;
  return html`<section class="stack tight" aria-label="From its cluster">
    <h3>From its <a href=${href(`/clusters/${clusterId}`)}>cluster</a></h3>
    ${problem && html`<p class="note">${problem.message}</p>`}
    ${value && !kept.length && html`<p class="note">No media of it are kept any more.</p>`}
    ${kept.length > 0 && html`<div class="kept">${kept.map((one) => html`<${Covered} key=${one.id} uploadId=${one.id} medium=${medium ?? "image"} name=${`upload ${one.content_id}`} />`)}</div>`}
  </section>`;
}
