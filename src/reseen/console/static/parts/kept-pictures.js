/* Pictures of the cluster that a reference was promoted from, where the media are still kept. Under
   cover until somebody reveals one; each look is asked of the server, which writes it down. */

import { html, classes, useEffect, useState } from "../lib/view.js";
import { blob } from "../lib/api.js";
import { useAnswer } from "../lib/holdings.js";
import { pref } from "../lib/prefs.js";
import { href } from "../lib/router.js";
import { Icon } from "./icon.js";

const SHOWN = 4;

export function KeptPictures({ clusterId }) {
  const { value, problem } = useAnswer(`/v1/clusters/${clusterId}/members`, { limit: SHOWN });
  if (problem) return html`<p class="note">Its cluster is gone, and so are its media.</p>`;
  const members = value?.data ?? [];
  return html`<section class="stack tight" aria-label="From its cluster"><h3>From its <a href=${href(`/clusters/${clusterId}`)}>cluster</a></h3>
    <div class="kept">${members.map((one) => html`<${Kept} key=${one.upload_id ?? one.id} upload=${one.upload_id ?? one.id} />`)}</div></section>`;
}

function Kept({ upload }) {
  const [url, setUrl] = useState(null);
  const [open, setOpen] = useState(false);
  const [problem, setProblem] = useState(null);
  useEffect(() => () => url && URL.revokeObjectURL(url), [url]);
  const reveal = async () => {
    setOpen(true);
    try {
      setUrl(URL.createObjectURL(await blob(`/v1/uploads/${upload}/media`)));
    } catch (thrown) {
      setProblem(thrown);
    }
  };
  const close = () => { setOpen(false); setUrl(null); };
  return html`<figure class="kept-one">
    <div class=${classes("kept-place", pref("greyscale") && "grey")}>${open && url ? html`<img src=${url} alt=${`Upload ${upload}`} />` : html`<${Icon} name="eye" />`}</div>
    ${problem ? html`<p class="note">${problem.status === 404 ? "Not kept any more." : problem.message}</p>`
      : html`<button class="button small" type="button" onClick=${open ? close : reveal}>${open ? "Cover" : "Reveal"}<span class="only-read"> upload ${upload}</span></button>`}
  </figure>`;
}
