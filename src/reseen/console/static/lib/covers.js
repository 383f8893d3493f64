/* Covers of kept media: what a picture is before it is revealed. The server draws them so coarse that
   nothing can be made out; they live in this tab only. */

import { blob } from "./api.js";
import { pref } from "./prefs.js";

const MOST = 400;
const held = new Map();

/** An address of the cover. Throws the problem. */
export function cover(uploadId) {
  const colour = !pref("greyscale");
  const key = `${uploadId} ${colour}`;
  if (!held.has(key)) {
    const wanted = blob(`/v1/uploads/${encodeURIComponent(uploadId)}/cover`, { query: { colour: colour || null } }).then((file) => URL.createObjectURL(file));
    wanted.catch(() => held.delete(key));
    held.set(key, wanted);
    if (held.size > MOST) {
      const [[oldest, address]] = held;
      held.delete(oldest);
      address.then((url) => URL.revokeObjectURL(url), () => {});
    }
  }
  return held.get(key);
}

/** The media themselves, for which the server writes down who looked. */
export const media = (uploadId, options) => blob(`/v1/uploads/${encodeURIComponent(uploadId)}/media`, options);
