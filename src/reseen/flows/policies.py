"""Policies: written as drafts, tried on what was answered, brought into force, taken back.

A version never changes. To roll back is to bring a retired version into force again: that needs no
new trial, since it was in force before. Each change is one transaction with its audit entry and its
event.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from reseen.domain.bank import Bank, Job
from reseen.domain.choices import Action, JobKind
from reseen.domain.errors import Conflict, InvalidValue
from reseen.domain.match import Cuts
from reseen.domain.moment import rfc3339
from reseen.domain.policy import Policy, PolicyDraft, PolicyState, Ruling
from reseen.domain.record import Actor, AuditDraft
from reseen.engine.policy import rule
from reseen.engine.replay import sightings_of, with_candidate
from reseen.engine.verdict import HARM
from reseen.ports import Alone, AuditLog, BankStore, JobStore, Outbox, PolicyStore, UploadStore


@dataclass(frozen=True, slots=True)
class Enacted:
    """A version that is in force now, the one that was before, and what should be known of it."""

    policy: Policy
    replaced: Policy | None
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """What a policy says of an upload, and what it was answered."""

    ruling: Ruling
    answered: Action | None


@dataclass(frozen=True, slots=True)
class Enacting:
    """All that it depends on. Any call may raise ``NotFound`` and ``NotReady``."""

    policies: PolicyStore
    banks: BankStore
    uploads: UploadStore
    jobs: JobStore
    audit: AuditLog
    outbox: Outbox
    alone: Alone
    cuts: Cuts
    clock: Callable[[], datetime]

    def draft(self, project_id: str, who: Actor, draft: PolicyDraft) -> Policy:
        """A new version, which does nothing yet. Raises ``InvalidValue``."""
        if draft.bank_id is None:
            self._check(draft, None)
        else:
            self._check(draft, self.banks.get(project_id, draft.bank_id))
        with self.alone(project_id):
            made = self.policies.add(project_id, draft, who.id)
            self._note(project_id, who, "policy.drafted", made, draft.note)
        return made

    def go_live(
        self, project_id: str, who: Actor, policy_id: str, *, force: bool = False, reason: str = ""
    ) -> Enacted:
        """Bring a version into force. Raises ``Conflict`` for one that was not tried, unless it is
        forced, ``InvalidValue`` where that is done without a ``reason``, and ``NotFound`` also
        where its bank is gone.
        """
        with self.alone(project_id):
            policy = self.policies.get(project_id, policy_id)
            bank_id, trials = policy.draft.bank_id, self.policies.trials(project_id)
            ends_trial = not policy.draft.dry_run and bank_id in trials
            if policy.state is PolicyState.LIVE and not ends_trial:
                return Enacted(policy, None, ("It is live already.",))
            is_tried = policy.backtest_id is not None or policy.state is not PolicyState.DRAFT
            is_forced = not is_tried and force
            if not is_tried and not force:
                raise Conflict(
                    f"The policy {policy.id} was not tried on past uploads; backtest it first, or"
                    " send force and a reason.",
                    field="force",
                )
            if is_forced and not reason.strip():
                raise InvalidValue(
                    "Say why it goes live without having been tried.", field="reason"
                )
            if policy.draft.bank_id is not None:
                self.banks.get(project_id, policy.draft.bank_id)
            acting = self.policies.live(project_id).get(bank_id)
            ended = trials.get(bank_id)
            replaced = ended if policy.draft.dry_run or acting == policy else acting
            live = self.policies.go_live(project_id, policy_id, self.clock())
            said = {
                "policy_id": live.id,
                "bank_id": live.draft.bank_id,
                "number": live.number,
                "replaced": None if replaced is None else replaced.id,
                "backtest_id": live.backtest_id,
                "forced": is_forced,
                "dry_run": live.draft.dry_run,
                "rollout": live.draft.rollout,
            }
            self.outbox.emit(project_id, "policy.live", said)
            self._note(project_id, who, "policy.live", live, reason, said)
        return Enacted(
            live, replaced, _remarks(policy, replaced, ended, reason, is_forced=is_forced)
        )

    def explain(self, project_id: str, policy_id: str, upload_id: str) -> Explained:
        """What this version would say of an upload, beside the others that are live. Nothing is
        done. Raises ``Conflict`` where what the upload was answered by is not kept.
        """
        policy = self.policies.get(project_id, policy_id)
        upload = self.uploads.get(project_id, upload_id)
        banks = {bank.id: bank for bank in self.banks.of_project(project_id)}
        found = None if upload.ruled is None else sightings_of(upload.reasons, banks)
        if found is None:
            why = "is not answered yet" if upload.ruled is None else "matched a bank that is gone"
            raise Conflict(f"The upload {upload.id} {why}; take another.", field="upload_id")
        policies = with_candidate(self.policies.live(project_id), policy)
        ruling = rule(found, policies, self.cuts, upload.draft.content_id)
        return Explained(ruling, upload.ruled)

    def backtest(self, project_id: str, policy_id: str, since_days: int) -> Job:
        """A job that tries a version on what was answered in so many days."""
        policy = self.policies.get(project_id, policy_id)
        since = self.clock() - timedelta(days=since_days)
        asked = {"policy": policy.id, "since": rfc3339(since)}
        return self.jobs.create(project_id, JobKind.POLICY_BACKTEST, asked)

    def _check(self, draft: PolicyDraft, bank: Bank | None) -> None:
        """Raises ``InvalidValue`` for what could never act."""
        if bank is not None and bank.role not in HARM:
            raise InvalidValue(
                f"A match with {bank.name} asks for nothing, since its role is {bank.role}; known"
                " and recent banks take policies.",
                field="bank",
            )
        own = {} if bank is None else bank.draft.cuts
        for regime, bands in draft.bands.items():
            low = own.get(regime, self.cuts).low
            for band in bands:
                if band.min_score < low:
                    raise InvalidValue(
                        f"{band.min_score:g} is never reached: of {regime}, what scores below"
                        f" {low:g} is no match at all. Lower the thresholds of the bank first.",
                        field=f"bands.{regime}",
                        limit=low,
                        actual=band.min_score,
                    )

    def _note(
        self,
        project_id: str,
        who: Actor,
        what: str,
        policy: Policy,
        reason: str,
        detail: Mapping[str, object] | None = None,
    ) -> None:
        said = detail or {"bank_id": policy.draft.bank_id, "number": policy.number}
        self.audit.append(
            project_id, AuditDraft(who, what, policy.id, reason, policy.id, detail=said)
        )


def _remarks(
    policy: Policy, replaced: Policy | None, ended: Policy | None, reason: str, *, is_forced: bool
) -> tuple[str, ...]:
    """``policy`` as it was before; ``ended``: what ran dry."""
    said: list[str] = []
    if is_forced:
        said.append(f"It was not tried on past uploads, and goes live because: {reason.strip()}")
    if policy.state is PolicyState.RETIRED:
        said.append("It was live before: a roll back.")
    if replaced is not None:
        said.append(f"Version {replaced.number} ({replaced.id}) retires.")
    if ended is not None and ended != replaced:
        said.append(f"The dry run of version {ended.number} ({ended.id}) ends.")
    if policy.draft.dry_run:
        said.append("It runs dry: each answer says what it would do, and what acts goes on acting.")
    elif policy.draft.rollout < 1.0:
        said.append(
            f"It removes within its rollout of {policy.draft.rollout:.0%}; what else it would"
            " remove is reviewed."
        )
    return tuple(said)
