/* Files that the page itself makes, for the browser to keep. */

/** A file of lines, saved under a name. */
export function save(name, text, type = "text/plain") {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Rows as CSV. What a table would take for a formula is kept from being one. */
export function csv(head, rows) {
  const cell = (value) => {
    const said = String(value ?? "");
    const safe = /^[=+\-@\t\r]/.test(said) ? `'${said}` : said;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return [head, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}
