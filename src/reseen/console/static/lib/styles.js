/* A page's own style sheet, loaded with the page and kept. */

const loaded = new Map();

/** Resolves when the sheet holds: `await style("playground")`. */
export function style(name) {
  if (!loaded.has(name)) {
    loaded.set(name, new Promise((resolve) => {
      const link = document.createElement("link");
      link.rel = "stylesheet";
      link.href = new URL(`../styles/${name}.css`, import.meta.url);
      link.onload = resolve;
      link.onerror = resolve; // a page without its colours is better than none
      document.head.append(link);
    }));
  }
  return loaded.get(name);
}
