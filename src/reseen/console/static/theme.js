// Runs before anything is painted, so that a chosen theme does not flash. Not a module: those wait.
try {
  const chosen = localStorage.getItem("reseen-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage may be refused; the system's theme is used then.
}
