/* Exports, saved as files. With a session the browser streams them; a key must be sent by us. */

import { address, blob } from "./api.js";
import { session } from "./session.js";

/** Save what a path answers under a name. Throws a problem. */
export async function save(path, query, name) {
  const link = document.createElement("a");
  link.download = name;
  if (session.me?.key) {
    link.href = URL.createObjectURL(await blob(path, { query }));
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  } else link.href = address(path, query);
  document.body.append(link);
  link.click();
  link.remove();
}
