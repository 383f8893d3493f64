/* The sitting so far, and a word about a break when one is due. */

import { html } from "../lib/view.js";
import { isBreakDue, rested, snooze, SNOOZE_MINUTES, useShift } from "../lib/shift.js";
import { useKeys } from "../lib/keys.js";

export function ShiftBar() {
  const shift = useShift();
  const due = isBreakDue();
  const minutes = Math.floor(shift.workedMs / 60_000);
  useKeys("Break", { z: [`think of the break in ${SNOOZE_MINUTES} minutes again`, snooze] }, due);
  return html`<div class="shift">
    <p class="note" aria-label="This sitting"><span><b>${shift.looked.length}</b> looked at</span><span><b>${shift.decided}</b> decided</span><span><b>${minutes}</b> min</span></p>
    ${due && html`<div class="break" role="status">
      <div><b>Time for a break.</b> You have worked for ${Math.floor(shift.sinceBreakMs / 60_000)} minutes. Look at something far away, stand up; the queue waits.</div>
      <div class="row"><button class="button small" type="button" onClick=${snooze}>In ${SNOOZE_MINUTES} minutes <kbd>z</kbd></button><button class="button small main" type="button" onClick=${rested}>I had one</button></div>
    </div>`}
  </div>`;
}
