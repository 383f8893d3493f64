/* Line icons of one weight, 20 units wide, drawn for this console. Decoration: the words beside them,
   or the button's label, say what they mean. */

import { html } from "../lib/view.js";

const DRAWN = {
  overview: "M3 11h5V3H3zm9 6h5V9h-5zM3 17h5v-3H3zm9-11h5V3h-5z",
  playground: "M8 14a4.5 4.5 0 1 1 0-9 4.5 4.5 0 0 1 0 9zm4 1a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9z",
  search: "M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zm4-1.5 4 4",
  uploads: "M10 13V4M6.5 7.5 10 4l3.5 3.5M3 12v4.5h14V12",
  review: "M3 6.5 10 3l7 3.5-7 3.5zM3 10l7 3.5 7-3.5M3 13.5 10 17l7-3.5",
  appeals: "M4 4h12v9H9l-3.5 3.5V13H4zM8 8.5h4",
  banks: "M4 5c0-1.1 2.7-2 6-2s6 .9 6 2-2.7 2-6 2-6-.9-6-2zm0 0v10c0 1.1 2.7 2 6 2s6-.9 6-2V5M4 10c0 1.1 2.7 2 6 2s6-.9 6-2",
  policies: "M10 3l6 2v5c0 3.500-2.500 6-6 7-3.500-1-6-3.500-6-7V5zm-2.500 7 2 2 3.500-4",
  quarantines: "M7.500 3h5l4.500 4.500v5L12.500 17h-5L3 12.500v-5zm.5 4.500v5m4-5v5",
  jobs: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zm0-11v4l2.5 2",
  exchanges: "M3 7h13m-3-3 3 3-3 3M17 13H4m3-3-3 3 3 3",
  webhooks: "M8 12a3 3 0 1 1-3-3l3-5.5M12 8a3 3 0 1 0-2-2.6L13 11m-4 2h6a2.5 2.5 0 1 1-2 4",
  usage: "M3 17h14M5.5 14V9m4.5 5V4m4.5 10V7",
  audit: "M5 3h7l3 3v11H5zM8 9h4m-4 3h4",
  people: "M7.5 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 16.5c0-2.5 2-4 5-4s5 1.5 5 4M13 4.3a3 3 0 0 1 0 5.4m1.5 3c2 .5 3 1.8 3 3.8",
  keys: "M7 13.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zm3.5-3.5H17v3m-3-3v2",
  holds: "M5 9h10v8H5zm2 0V6.500a3 3 0 0 1 6 0V9m-3 3v2",
  statements: "M4 3h12v14l-3-2-3 2-3-2-3 2zM7 7h6m-6 3.500h6",
  settings: "M3 6h7m4 0h3M3 14h3m4 0h7M12 8.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4zm-4 8a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z",
  image: "M3 4h14v12H3zm0 9.5 4-4 4 4 2.5-2.5L17 14.5M13 8.2a.8.8 0 1 0 0-1.6.8.8 0 0 0 0 1.6z",
  video: "M3 5h9.5v10H3zm9.5 4L17 6.5v7L12.5 11",
  audio: "M4 8v4m3-7v10m3-12v14m3-11v8m3-5v2",
  drop: "M10 3v9m-3.5-3.5L10 12l3.5-3.5M3 13v3.5h14V13",
  menu: "M3 6h14M3 10h14M3 14h14",
  close: "m5 5 10 10M15 5 5 15",
  check: "m4 10.5 4 4 8-9",
  alert: "M10 3 18 17H2zm0 5v4m0 2.4v.1",
  info: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zm0-8v4.5m0-7v.1",
  copy: "M7 7V3.5h9.5V13H13M3.5 7H13v9.5H3.5z",
  swap: "M6 4 3 7l3 3M3 7h12m-1 3 3 3-3 3m3-3H5",
  play: "M6 4v12l10-6z",
  pause: "M7 4v12m6-12v12",
  out: "M8 4H4v12h4m4-9 3 3-3 3m3-3H8",
  sun: "M10 13.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM10 2v1.5m0 13V18m8-8h-1.5m-13 0H2m13.7-5.7-1.1 1.1m-9.2 9.2-1.1 1.1m11.4 0-1.1-1.1M5.4 5.4 4.3 4.3",
  keyboard: "M2.5 5h15v10h-15zM5.5 8h.1m2.9 0h.1m2.9 0h.1m2.9 0h.1M6 12h8",
  eye: "M2 10c2-3.5 4.7-5 8-5s6 1.5 8 5c-2 3.5-4.7 5-8 5s-6-1.5-8-5zm8 2.200a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.400z",
  down: "m5 8 5 5 5-5",
  left: "m12 5-5 5 5 5",
  right: "m8 5 5 5-5 5",
  plus: "M10 4v12M4 10h12",
  trash: "M4 6h12M8 6V3.5h4V6M6 6l.7 10.500h6.600L14 6",
  undo: "M7 4 3.5 7.5 7 11m-3-3.500h8a4.5 4.5 0 0 1 0 9H8",
  passkey: "M8 9.500a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 16.500c0-2.5 2-4.5 5.5-4.500m6-4a2.5 2.5 0 0 1 1 4.800V17l-1-1-1 1v-4.200a2.5 2.5 0 0 1 1-4.800z",
};

export const Icon = ({ name }) =>
  html`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><path d=${DRAWN[name]} /></svg>`;

export const Mark = () => html`
  <svg viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke-width="2.4">
    <circle class="ring-source" cx="9" cy="12" r="6.5" /><circle class="ring-target" cx="15" cy="12" r="6.5" />
  </svg>`;
