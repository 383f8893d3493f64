/* Preact and htm under one name, so that a newer one changes a single line.

   `html` makes elements: html`<button onClick=${f}>Go</button>`. Markup that several elements begin
   is an array; there are no fragments and no keys are needed for it. */

export {
  html, render, h, Component, createContext,
  useState, useReducer, useEffect, useLayoutEffect, useRef, useMemo, useCallback, useContext, useErrorBoundary,
} from "../vendor/htm-preact.js";

import { useState, useRef } from "../vendor/htm-preact.js";

let made = 0;

/** An id that no other element has, for labels and descriptions. */
export function useId(prefix = "id") {
  const [id] = useState(() => `${prefix}-${++made}`);
  return id;
}

/** The latest value, for callbacks that outlive a render. */
export function useLatest(value) {
  const ref = useRef(value);
  ref.current = value;
  return ref;
}

/** Class names of what is true: classes("button", small && "small"). */
export const classes = (...names) => names.filter(Boolean).join(" ");
