/* An error as people need it: what happened, what to do next, and what to quote when asking. */

import { html, useEffect, useState } from "../lib/view.js";
import { Icon } from "./icon.js";

export function ProblemBox({ problem, onRetry, retry = "Try again" }) {
  const left = useCountdown(problem.retryAfter ?? 0, problem);
  return html`<div class="problem" role="alert">
    <${Icon} name="alert" />
    <div>
      <h2>${problem.title ?? "Something went wrong in this page"}</h2>
      <p>${problem.message}</p>
      ${problem.advice && html`<p class="muted">${problem.advice}</p>`}
      ${problem.requestId && html`<p class="small">Code <code>${problem.code}</code>, request <code>${problem.requestId}</code></p>`}
      ${onRetry && html`<div class="row"><button class="button small" type="button" disabled=${left > 0} onClick=${onRetry}>${left > 0 ? `${retry} in ${left} s` : retry}</button></div>`}
    </div>
  </div>`;
}

function useCountdown(seconds, restart) {
  const [left, setLeft] = useState(Math.ceil(seconds));
  useEffect(() => {
    const end = Date.now() + 1000 * seconds;
    setLeft(Math.ceil(seconds));
    if (!seconds) return undefined;
    const timer = setInterval(() => setLeft(Math.max(0, Math.ceil((end - Date.now()) / 1000))), 250);
    return () => clearInterval(timer);
  }, [restart]);
  return left;
}
