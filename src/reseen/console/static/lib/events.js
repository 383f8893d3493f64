/* The types of events that webhooks may want, as the server tells them, and what each tells of. */

export const EVENTS = [
  ["upload.answered", "An upload was searched for and answered"],
  ["upload.failed", "An upload cannot be answered"],
  ["upload.action_changed", "Something else is to be done with an upload"],
  ["upload.uncovered", "An upload left the cluster that was decided"],
  ["cluster.bursting", "Far more accounts than usual upload one thing"],
  ["reference.quarantined", "A reference matched far too much"],
  ["decision.in_force", "A decision holds from now on"],
  ["appeal.opened", "Another look was asked for"],
  ["appeal.answered", "Somebody took the other look"],
  ["policy.live", "A policy rules from now on"],
];
