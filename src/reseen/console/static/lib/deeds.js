/* What the audit says, in plain words. A deed that has no words here is told by its own name. */

const DEEDS = {
  "appeal.answered": "answered an appeal", "appeal.opened": "opened an appeal",
  "case.claimed": "took a case", "case.decided": "decided a case", "case.released": "gave a case back",
  "cluster.merged": "merged clusters", "cluster.merged_by_hand": "merged clusters", "cluster.pinned": "pinned a cluster together",
  "cluster.split": "split a cluster", "cluster.word_taken_back": "took back what was said of a cluster",
  "console.defaults_changed": "changed what the console shows by default",
  "decision.declined": "declined a decision", "decision.in_force": "put a decision in force", "decision.proposed": "proposed a decision", "decision.undone": "undid a decision",
  "event.replayed": "sent an event once more", "hold.placed": "placed a legal hold", "hold.released": "released a legal hold",
  "key.created": "made a key", "key.revoked": "revoked a key", "key.rotated": "replaced a key",
  "media.read": "looked at media", "media.deleted": "deleted media",
  "person.added": "added a person", "person.disabled": "disabled a person", "person.enabled": "enabled a person", "person.invited": "invited a person",
  "person.passkey_added": "added a passkey", "person.passkey_removed": "removed a passkey", "person.password_changed": "changed a password",
  "person.reset": "made a new invitation", "person.role_changed": "changed a role", "person.sign_in_failed": "failed to sign in", "person.signed_in": "signed in", "person.signed_out": "signed out",
  "policy.backtested": "tried a policy on past scores", "policy.drafted": "drafted a policy", "policy.live": "put a policy live",
  "reference.quarantined": "put a reference in quarantine", "reference.quarantine_lifted": "lifted a quarantine",
  "upload.accepted": "accepted an upload for later", "upload.answered": "answered an upload", "upload.covered": "covered an upload by a decision", "upload.failed": "could not answer an upload",
  "upload.forgotten": "forgot an upload", "upload.given_back": "gave an upload back", "upload.reported": "reported an upload", "upload.revised": "answered an upload anew",
  "webhook.changed": "changed a webhook", "webhook.created": "made a webhook", "webhook.gave_up": "gave up on a webhook", "webhook.removed": "removed a webhook",
  "webhook.revived": "replayed all that was given up", "webhook.secret_rotated": "changed a webhook's secret", "webhook.tested": "tried a webhook",
};

/** All that can be filtered by: [[what, words]]. */
export const KINDS = Object.entries(DEEDS).sort(([, a], [, b]) => a.localeCompare(b));

export const deed = (what) => DEEDS[what] ?? what.replace(/[._]/g, " ");

/** Who did it, as people call them. */
export const doer = (entry) => (entry.who === "reseen" ? "reseen" : entry.name || `${entry.role} ${entry.who}`);

const PAGES = { upl: "/uploads/", cas: "/review/", clu: "/clusters/", bnk: "/banks/", bank: "/banks/", pol: "/policies/", whk: "/webhooks/" };

/** The page of an object, where it has one. */
export const pageOf = (id) => {
  const way = PAGES[id.split("_")[0]];
  return way ? way + encodeURIComponent(id) : null;
};
