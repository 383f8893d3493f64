/* Figures as tiles, and the shares in them with how sure they are. */

import { html } from "../lib/view.js";
import { percent } from "../lib/words.js";

export const Tile = ({ what, value, children }) => html`<div class="tile">
  <span class="what">${what}</span><span class="figure-now">${value}</span><p class="note">${children}</p></div>`;

/** A share that is not known is a dash. */
export const said = (share) => (share.value === null ? "–" : percent(share.value));

export const between = (share) => (share.value === null ? "" : `95 % sure between ${percent(share.low)} and ${percent(share.high)}`);

/** Days as uPlot wants them, and as people read them. */
export const seconds = (days) => days.map(({ day }) => Date.parse(day) / 1000);

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

export const dayOf = (second) => DAY.format(new Date(1000 * second));

/** The first day of a period of so many days that ends today, in UTC. */
export const since = (days) => new Date(Date.now() - 86_400_000 * (days - 1)).toISOString().slice(0, 10);

export const PERIODS = [["7", "7 days"], ["30", "30 days"], ["90", "90 days"], ["365", "A year"]];

/** The period that an address asks for. */
export const periodOf = (query) => (PERIODS.some(([days]) => days === query.get("days")) ? query.get("days") : "30");
