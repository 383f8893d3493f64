/* Numbers and times as people read them. */

const PLURALS = new Intl.PluralRules("en");

/** count(3, "member") is "3 members"; an irregular plural comes third. */
export const count = (n, one, many = `${one}s`) => `${whole(n)} ${PLURALS.select(n) === "one" ? one : many}`;

export const whole = (n) => new Intl.NumberFormat("en").format(Math.round(n));

/** 0.9612 is "96 %"; what is almost all or nothing is not rounded to it. */
export function percent(fraction) {
  const value = 100 * fraction;
  const rounded = value > 0 && value < 1 ? "< 1" : value < 100 && value > 99 ? "> 99" : String(Math.round(value));
  return `${rounded} %`;
}

/** Seconds as a clock: "0:09.0", "1:02:33". */
export function clock(seconds, decimals = 1) {
  const sign = seconds < 0 ? "-" : "";
  const scale = 10 ** decimals;
  const all = Math.round(Math.abs(seconds) * scale) / scale;
  const [h, m, s] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  const rest = s.toFixed(h ? 0 : decimals).padStart(decimals && !h ? 3 + decimals : 2, "0");
  return `${sign}${h ? `${h}:${String(m).padStart(2, "0")}` : m}:${rest}`;
}

/** How long: "0.4 s", "12 s", "3 min", "2 h", "5 d". */
export function duration(seconds) {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} d`;
}

export function bytes(n) {
  if (n < 1000) return `${n} B`;
  const unit = n < 1e6 ? "kB" : n < 1e9 ? "MB" : "GB";
  const value = n / (n < 1e6 ? 1e3 : n < 1e9 ? 1e6 : 1e9);
  return `${value.toFixed(value < 10 ? 1 : 0)} ${unit}`;
}

/** "3 min ago", "in 2 h". */
export function ago(moment, now = Date.now()) {
  const seconds = (now - new Date(moment).getTime()) / 1000;
  if (Math.abs(seconds) < 5) return "just now";
  return seconds > 0 ? `${duration(seconds)} ago` : `in ${duration(-seconds)}`;
}

const DATED = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

export const dated = (moment) => DATED.format(new Date(moment));
