/* Media that are at hand in this browser: files that were dropped, under an address of their own. */

import { html, useEffect, useMemo, useState } from "../lib/view.js";
import { Icon } from "./icon.js";

const KINDS = /^(image|video|audio)\//;
const BY_ENDING = { image: /\.(jpe?g|png|webp|gif|avif|heic|heif|bmp|tiff?)$/i, video: /\.(mp4|m4v|mov|webm|mkv|ts|avi)$/i, audio: /\.(mp3|wav|m4a|aac|ogg|oga|opus|flac)$/i };

/** What a file seems to be; the server looks at its bytes. */
export function kindOf(file) {
  const told = KINDS.exec(file.type)?.[1];
  if (told) return told;
  return Object.keys(BY_ENDING).find((kind) => BY_ENDING[kind].test(file.name)) ?? "image";
}

const STILL_READ_MS = 10_000; // a picture that changes sides while it is read would be missing

/** An address for a file, for as long as the component shows it. */
export function useObjectUrl(file) {
  const url = useMemo(() => (file ? URL.createObjectURL(file) : null), [file]);
  useEffect(() => () => url && setTimeout(() => URL.revokeObjectURL(url), STILL_READ_MS), [url]);
  return url;
}

/** A picture's size once it is known: [width, height], null before, false where it cannot be shown. */
export function usePictureSize(url) {
  const [size, setSize] = useState(null);
  useEffect(() => {
    let gone = false;
    setSize(null);
    if (!url) return undefined;
    const image = new Image();
    image.onload = () => gone || setSize([image.naturalWidth, image.naturalHeight]);
    image.onerror = () => gone || setSize(false);
    image.src = url;
    return () => { gone = true; };
  }, [url]);
  return size;
}

/** A look at a file that was chosen; `small` where it is shown larger elsewhere. */
export function Preview({ file, label, small = false }) {
  const url = useObjectUrl(file);
  const kind = kindOf(file);
  const [failed, setFailed] = useState(null);
  if (failed === url) return html`<div class="preview unseen"><${Icon} name=${kind} /><span class="note">No preview: this browser does not know the format.</span></div>`;
  const fail = () => setFailed(url);
  if (kind === "image") return html`<div class="preview"><img src=${url} alt=${label} onError=${fail} /></div>`;
  if (kind === "video") return html`<div class="preview"><video src=${url} aria-label=${label} muted playsinline preload="metadata" controls=${!small} onError=${fail}></video></div>`;
  return html`<div class="preview sounds"><${Icon} name="audio" /><audio src=${url} aria-label=${label} preload="metadata" controls onError=${fail}></audio></div>`;
}
