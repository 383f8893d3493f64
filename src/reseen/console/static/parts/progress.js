/* Work that goes on: `fraction` 0 to 1, or null where nobody knows how much is left. */

import { html } from "../lib/view.js";

export const Progress = ({ words, fraction = null, children }) => html`
  <div class="progress">
    <div class="row apart"><span role="status">${words}</span>${children}</div>
    <div class=${fraction === null ? "track unknown" : "track"} role="progressbar" aria-label=${words}
      aria-valuemin="0" aria-valuemax="100" aria-valuenow=${fraction === null ? undefined : Math.round(100 * fraction)}>
      <div style=${fraction === null ? {} : { width: `${100 * fraction}%` }}></div>
    </div>
  </div>`;
