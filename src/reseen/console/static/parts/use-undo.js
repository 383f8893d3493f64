/* Undo, within reach of every page of review: by key, from the toast, and with what became of it. */

import { html, useState } from "../lib/view.js";
import { useDesk, gone, read } from "../lib/desk.js";
import { undo } from "../lib/taking-back.js";
import { TakenBack } from "./taken-back.js";
import { toast, toastProblem } from "./toast.js";

export function useUndo(onUndone = () => {}) {
  const desk = useDesk();
  const [shown, setShown] = useState(null);
  const of = async (id, reason) => {
    try {
      const undone = await undo(id, reason);
      await read(undone.case_id).catch(() => gone(undone.case_id));
      setShown(undone);
      onUndone(undone);
    } catch (problem) {
      toastProblem(problem);
    }
  };
  return {
    of,
    last: () => (desk.last ? of(desk.last.id) : toast("There is no decision of yours in this tab to take back. Decided cases can be undone on their page.")),
    dialog: shown && html`<${TakenBack} decision=${shown} onClose=${() => setShown(null)} />`,
  };
}
