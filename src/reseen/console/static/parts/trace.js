/* From anything to what was done about it: the audit, filtered. Only for those who may read it. */

import { html } from "../lib/view.js";
import { href } from "../lib/router.js";
import { can } from "../lib/session.js";

export const trace = (filter) => href(`/audit?${new URLSearchParams(filter)}`);

export const Trace = ({ subject, words = "Audit" }) =>
  can("audit") ? html`<a class="button small quiet" href=${trace({ subject })} aria-label=${`${words} of ${subject}`}>${words}</a>` : null;
