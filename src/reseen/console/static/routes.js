/* Every page: its address, its module, its style sheets, the right one needs, its place in the
   navigation. `:name` stands for a part of the address and reaches the page as a property. */

export const PAGES = [
  { path: "/", page: "overview", styles: ["operations"], title: "Overview", right: "review", else: "/playground", group: "Look", icon: "overview", keys: "g o" },
  { path: "/playground", page: "playground", styles: ["playground"], title: "Playground", right: "match", group: "Look", icon: "playground", keys: "g p" },
  { path: "/search", page: "search", styles: ["playground", "banks", "search"], title: "Search", right: "search", group: "Look", icon: "search", keys: "g s" },
  { path: "/uploads", page: "uploads", styles: ["banks", "review"], title: "Uploads", right: "read", group: "Decide", icon: "uploads", keys: "g i" },
  { path: "/uploads/:id", page: "upload", styles: ["banks", "review"], title: "Upload", right: "read", within: "/uploads" },
  { path: "/review", page: "review", styles: ["banks", "review"], title: "Review", right: "review", group: "Decide", icon: "review", keys: "g r" },
  { path: "/review/:id", page: "case", styles: ["playground", "review"], title: "Case", right: "review", within: "/review" },
  { path: "/clusters/:id", page: "cluster", styles: ["review"], title: "Cluster", right: "review", within: "/review" },
  { path: "/appeals", page: "appeals", styles: ["review"], title: "Appeals", right: "review", group: "Decide", icon: "appeals", keys: "g e" },
  { path: "/banks", page: "banks", styles: ["banks"], title: "Banks", right: "read", group: "Hold", icon: "banks", keys: "g b" },
  { path: "/banks/:id", page: "bank", styles: ["review", "banks"], title: "Bank", right: "read", within: "/banks" },
  { path: "/policies", page: "policies", styles: ["banks", "policies"], title: "Policies", right: "read", group: "Hold", icon: "policies", keys: "g y" },
  { path: "/policies/:id", page: "policy", styles: ["banks", "policies"], title: "Policy", right: "read", within: "/policies" },
  { path: "/quarantines", page: "quarantines", styles: ["banks", "policies"], title: "Quarantines", right: "read", group: "Hold", icon: "quarantines", keys: "g q" },
  { path: "/jobs", page: "jobs", styles: ["search"], title: "Jobs", right: "read", group: "Hold", icon: "jobs", keys: "g j" },
  { path: "/jobs/:id", page: "job", styles: ["banks", "search"], title: "Job", right: "read", within: "/jobs" },
  // Operations.
  { path: "/exchanges", page: "exchanges", styles: ["operations"], title: "Exchanges", right: "read", group: "Hold", icon: "exchanges", keys: "g x" },
  { path: "/holds", page: "holds", styles: ["operations"], title: "Legal holds", right: "hold", group: "Hold", icon: "holds", keys: "g l" },
  { path: "/webhooks", page: "webhooks", styles: ["operations"], title: "Webhooks", right: "manage", group: "Hold", icon: "webhooks", keys: "g w" },
  { path: "/webhooks/:id", page: "webhook", styles: ["operations"], title: "Webhook", right: "manage", within: "/webhooks" },
  { path: "/usage", page: "usage", styles: ["operations"], title: "Usage", right: "usage", group: "Watch", icon: "usage", keys: "g u" },
  { path: "/audit", page: "audit", styles: ["operations"], title: "Audit", right: "audit", group: "Watch", icon: "audit", keys: "g a" },
  { path: "/statements", page: "statements", styles: ["operations"], title: "Statements", right: "audit", group: "Watch", icon: "statements", keys: "g t" },
  { path: "/people", page: "people", styles: ["operations"], title: "People", right: "people", group: "Watch", icon: "people", keys: "g h" },
  { path: "/keys", page: "keys", styles: ["operations"], title: "Keys", right: "keys", group: "Watch", icon: "keys", keys: "g k" },
  { path: "/settings", page: "settings", styles: ["settings"], title: "Settings", keys: "g ," },
  { path: "/sign-in", page: "sign-in", styles: ["door"], title: "Sign in", open: true },
  { path: "/setup", page: "setup", styles: ["door"], title: "Set up", open: true },
  { path: "/invited", page: "invited", styles: ["door"], title: "Welcome", open: true },
];

/** The page of a path with the parts it names, or null. */
export function match(path) {
  for (const page of PAGES) {
    const found = partsOf(page.path, path);
    if (found) return { page, parts: found };
  }
  return null;
}

function partsOf(pattern, path) {
  const [wanted, given] = [pattern.split("/"), path.split("/")];
  if (wanted.length !== given.length) return null;
  const parts = {};
  for (const [i, name] of wanted.entries()) {
    if (name.startsWith(":") && given[i]) parts[name.slice(1)] = decodeURIComponent(given[i]);
    else if (name !== given[i]) return null;
  }
  return parts;
}
