/* Kept media under cover. They are fetched when they are revealed, every time anew: the server writes
   each look down. Let go, they are covered again, and nothing of them stays in the page.

   html`<${Covered} uploadId=... medium="image" name="..." held=${boolean} kept=${boolean} />`
   `held` is true while the page's own key is held down. */

import { html, classes, useEffect, useRef, useState } from "../lib/view.js";
import { cover, media } from "../lib/covers.js";
import { pref } from "../lib/prefs.js";
import { Icon } from "./icon.js";

export function Covered({ uploadId, medium, name, kept = true, held = false, small = false, onLooked }) {
  const place = useRef();
  const near = useNear(place);
  const { open: pressed, press, words } = useReveal();
  const blurs = pref("blur");
  const open = kept && uploadId && (held || pressed || (!blurs && near && (!small || medium === "image")));
  const under = useCover(kept && near && medium !== "audio" ? uploadId : null);
  const { url, isPicture, problem, loading } = useMedia(open ? uploadId : null, onLooked);
  const grey = pref("greyscale") && "grey";
  return html`<div class=${classes("covered", small && "small", url && "open", grey)} ref=${place}>
    <div class="veil">
      ${url ? html`<${Shown} url=${url} medium=${isPicture ? "image" : medium} name=${name} />`
        : under ? html`<img class="under" src=${under} alt="" draggable=${false} />`
        : html`<span class="nothing"><${Icon} name=${medium ?? "image"} /></span>`}
    </div>
    ${kept ? html`<button class="button small reveal" type="button" aria-pressed=${String(Boolean(open))} aria-label=${`${words}: ${name}`} ...${press}>
        <${Icon} name="eye" />${small ? "" : loading ? "Loading…" : words}</button>`
      : html`<span class="tag">${small ? "not kept" : "The media are not kept any more"}</span>`}
    ${problem && html`<p class="wrong small" role="alert">${problem.message}</p>`}
  </div>`;
}

/** To reveal what is covered, while a button is held or until it is pressed again, as a person has it:
    { open, set, holds, press (for the button), words }. */
export function useReveal(first = false) {
  const [open, setOpen] = useState(first);
  const holds = pref("hold_to_reveal");
  const press = holds
    ? {
        onPointerDown: (event) => { if (!event.button) { event.currentTarget.setPointerCapture?.(event.pointerId); setOpen(true); } },
        onPointerUp: () => setOpen(false), onPointerCancel: () => setOpen(false), onLostPointerCapture: () => setOpen(false),
        onKeyDown: (event) => { if (event.key === " " || event.key === "Enter") { event.preventDefault(); setOpen(true); } },
        onKeyUp: (event) => { if (event.key === " " || event.key === "Enter") setOpen(false); }, onBlur: () => setOpen(false),
        onContextMenu: (event) => event.preventDefault(),
      }
    : { onClick: () => setOpen(!open) };
  return { open, set: setOpen, holds, press, words: holds ? "Hold to reveal" : open ? "Cover again" : "Reveal" };
}

const PICTURES = /^GIF8|^RIFF.{4}WEBP|^.PNG|^.{4}ftypavi[fs]/s;

/** Whether a file is one of pictures, by its first bytes: no player plays a film that is a GIF, which
    moves by itself. */
const holdsPictures = async (file) => PICTURES.test(String.fromCharCode(...new Uint8Array(await file.slice(0, 12).arrayBuffer())));

function Shown({ url, medium, name }) {
  const quiet = pref("muted");
  if (medium === "video") return html`<video src=${url} aria-label=${name} ref=${(one) => one && (one.muted = quiet)} autoplay loop playsinline controls></video>`;
  if (medium === "audio") return html`<div class="nothing"><${Icon} name="audio" /><audio src=${url} aria-label=${name} ref=${(one) => one && (one.muted = quiet)} autoplay controls></audio></div>`;
  return html`<img src=${url} alt=${name} draggable=${false} />`;
}

function useNear(place) {
  const [near, setNear] = useState(false);
  useEffect(() => {
    const watch = new IntersectionObserver(([one]) => { if (one.isIntersecting) { setNear(true); watch.disconnect(); } }, { rootMargin: "200px" });
    watch.observe(place.current);
    return () => watch.disconnect();
  }, []);
  return near;
}

export function useCover(uploadId) {
  const [url, setUrl] = useState(null);
  useEffect(() => {
    let gone = false;
    setUrl(null);
    if (uploadId) cover(uploadId).then((address) => gone || setUrl(address), () => {});
    return () => { gone = true; };
  }, [uploadId, pref("greyscale")]);
  return url;
}

/** The media, for as long as `uploadId` names them: { url, file, isPicture, loading, problem }. */
export function useMedia(uploadId, onLooked) {
  const [state, setState] = useState({});
  useEffect(() => {
    if (!uploadId) return undefined;
    const ending = new AbortController();
    let url = null;
    setState({ loading: true });
    media(uploadId, { signal: ending.signal }).then(async (file) => {
      const isPicture = await holdsPictures(file);
      if (ending.signal.aborted) return;
      url = URL.createObjectURL(file);
      setState({ url, file, isPicture });
      onLooked?.(uploadId);
    }, (problem) => problem.name === "AbortError" || setState({ problem }));
    return () => {
      ending.abort();
      if (url) URL.revokeObjectURL(url);
      setState({});
    };
  }, [uploadId]);
  return uploadId ? state : {};
}
