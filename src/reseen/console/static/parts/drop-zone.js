/* Files by drop, by choice or by paste. html`<${DropZone} label="..." accept="image/*" onFiles=${f} />`
   hands over an array. Children stand beneath the words. */

import { html, useId, useRef, useState, classes } from "../lib/view.js";
import { Icon } from "./icon.js";

export function DropZone({ label, words = "Drop a file here, or", choose = "choose one", icon = "drop", accept, multiple = false, onFiles, children }) {
  const [over, setOver] = useState(false);
  const depth = useRef(0);
  const id = useId("drop");
  const enter = (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    depth.current += 1;
    setOver(true);
  };
  const leave = () => {
    depth.current = Math.max(0, depth.current - 1);
    if (!depth.current) setOver(false);
  };
  const drop = (event) => {
    event.preventDefault();
    depth.current = 0;
    setOver(false);
    take(event.dataTransfer.files);
  };
  const take = (files) => files.length && onFiles(multiple ? [...files] : [files[0]]);
  const chosen = (event) => {
    take(event.target.files);
    event.target.value = "";
  };
  return html`<div class=${classes("drop", over && "over")} role="group" aria-label=${label} onDragEnter=${enter} onDragOver=${(e) => e.preventDefault()}
    onDragLeave=${leave} onDrop=${drop} onPaste=${(e) => e.clipboardData.files.length && take(e.clipboardData.files)}>
    <${Icon} name=${icon} />
    <p>${words} <label for=${id}>${choose}</label>
      <input id=${id} type="file" accept=${accept} multiple=${multiple} aria-label=${`${label}: ${choose}`} onChange=${chosen} /></p>
    ${children}
  </div>`;
}

// A file that misses the zone must not replace the page.
for (const name of ["dragover", "drop"])
  addEventListener(name, (event) => [...(event.dataTransfer?.types ?? [])].includes("Files") && event.preventDefault());
