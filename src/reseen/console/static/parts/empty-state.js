/* Nothing is here, why, and what to do about it. */

import { html } from "../lib/view.js";
import { Icon } from "./icon.js";

export const EmptyState = ({ icon, title, children, actions, heading = "h2" }) => html`
  <div class="empty">
    ${icon && html`<${Icon} name=${icon} />`}
    <${heading}>${title}<//>
    <p>${children}</p>
    ${actions && html`<div class="row">${actions}</div>`}
  </div>`;

export const Loading = ({ words = "Loading" }) =>
  html`<div class="loading" role="status"><span class="row"><span class="spinner" aria-hidden="true"></span>${words}…</span></div>`;
