"""A version of a policy, tried on the past before it goes live.

Uploads that are kept are ruled on again, exactly, from the reasons that they were answered with
(``engine.replay``): held against what they were answered, against what the policies that are live
would answer now, and against what people decided. Past searches have scores and nothing else, so
what is told of them takes no account of overlap, rollout, quarantine and what is allowed.

A version that runs dry is tried as if it acted: that is what one wants to know of it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from reseen.domain.bank import Bank, Job
from reseen.domain.choices import Action
from reseen.domain.errors import InvalidValue
from reseen.domain.match import Cuts
from reseen.domain.moment import rfc3339
from reseen.domain.policy import Policy
from reseen.domain.record import SYSTEM_ACTOR, AuditDraft
from reseen.domain.review import Upload
from reseen.engine.policy import RISING, asked_of, policy_of, rule
from reseen.engine.replay import sightings_of, with_candidate
from reseen.engine.verdict import HARM
from reseen.flows.jobs import Hold
from reseen.ports import Alone, AuditLog, BankStore, PolicyStore, ScoreLog, UploadStore

EXAMPLES = 20
"""Uploads listed of each change."""
PAGE = 500
CHECKED_EVERY = 10_000

type Policies = Mapping[str | None, Policy]


@dataclass(slots=True)
class Comparison:
    """How often each action became which other, with examples of each change."""

    counts: Counter[tuple[Action, Action]] = field(default_factory=Counter)
    examples: dict[tuple[Action, Action], list[str]] = field(default_factory=dict)

    def add(self, before: Action, after: Action, name: str) -> None:
        change = before, after
        self.counts[change] += 1
        some = self.examples.setdefault(change, [])
        if before is not after and len(some) < EXAMPLES:
            some.append(name)

    def said(self) -> dict[str, Any]:
        """``table``: a row for each action before, a column for each one after."""
        gravest = tuple(reversed(RISING))
        table = {str(b): {str(a): self.counts[b, a] for a in gravest} for b in gravest}
        changes = [
            {
                "before": str(before),
                "after": str(after),
                "count": self.counts[before, after],
                "examples": self.examples[before, after],
            }
            for before in gravest
            for after in gravest
            if before is not after and self.counts[before, after]
        ]
        return {
            "before": {name: sum(row.values()) for name, row in table.items()},
            "after": {str(a): sum(row[str(a)] for row in table.values()) for a in gravest},
            "table": table,
            "changes": changes,
        }


@dataclass(slots=True)
class Trial:
    """What came of the uploads that were looked at."""

    uploads: int = 0
    not_replayed: int = 0
    answered: Comparison = field(default_factory=Comparison)
    live: Comparison = field(default_factory=Comparison)
    decided: Comparison = field(default_factory=Comparison)

    def add(
        self,
        upload: Upload,
        banks: Mapping[str, Bank],
        live: Policies,
        proposed: Policies,
        usual: Cuts,
    ) -> None:
        """Rule on an upload again, twice. One that was not answered is left out."""
        if upload.ruled is None:
            return
        self.uploads += 1
        found = sightings_of(upload.reasons, banks)
        if found is None:
            self.not_replayed += 1
            return
        content_id = upload.draft.content_id
        now = rule(found, live, usual, content_id).action
        then = rule(found, proposed, usual, content_id).action
        self.answered.add(upload.ruled, then, upload.id)
        self.live.add(now, then, upload.id)
        if upload.decision_id is not None and upload.action is not None:
            self.decided.add(upload.action, then, upload.id)

    def said(self) -> dict[str, Any]:
        share = self.not_replayed / self.uploads if self.uploads else 0.0
        return {
            "total": self.uploads,
            "not_replayed": self.not_replayed,
            "not_replayed_share": round(share, 4),
            "answered": self.answered.said(),
            "live": self.live.said(),
            "decided": self.decided.said(),
        }


@dataclass(frozen=True, slots=True)
class Trying:
    """``work`` is a ``flows.jobs.Handler``; a job's request is ``{"policy": id, "since": RFC
    3339}``.
    """

    policies: PolicyStore
    banks: BankStore
    uploads: UploadStore
    scores: ScoreLog
    audit: AuditLog
    alone: Alone
    cuts: Cuts

    def work(self, job: Job, hold: Hold) -> Mapping[str, Any]:
        """Raises ``NotFound`` for the policy, ``InvalidValue``."""
        project_id, since = job.project_id, _since(job)
        policy = self.policies.get(project_id, str(job.request.get("policy")))
        banks = {bank.id: bank for bank in self.banks.of_project(project_id)}
        live = self.policies.live(project_id)
        proposed = with_candidate(live, policy)
        trial = Trial()
        for upload in self._uploads(project_id, since, hold):
            trial.add(upload, banks, live, proposed, self.cuts)
        searches = self._searches(policy, since, banks, live, proposed, hold)
        result = {
            "policy": policy.id,
            "number": policy.number,
            "since": rfc3339(since),
            "as_if_acting": policy.draft.dry_run,
            "uploads": trial.said(),
            "searches": searches.said(),
        }
        with self.alone(project_id):
            tried = self.policies.tried(project_id, policy.id, job.id)
            detail = {"job_id": job.id, "uploads": trial.uploads}
            said = AuditDraft(
                SYSTEM_ACTOR, "policy.backtested", tried.id, policy_id=tried.id, detail=detail
            )
            self.audit.append(project_id, said)
        return result

    def _uploads(self, project_id: str, since: datetime, hold: Hold) -> Iterator[Upload]:
        cursor: str | None = None
        while True:
            hold.check()
            page = self.uploads.list(project_id, cursor=cursor, limit=PAGE)
            for upload in page.items:
                if upload.received_at < since:
                    return
                yield upload
            cursor = page.next
            if cursor is None:
                return

    def _searches(
        self,
        policy: Policy,
        since: datetime,
        banks: Mapping[str, Bank],
        live: Policies,
        proposed: Policies,
        hold: Hold,
    ) -> Comparison:
        """By score alone, in the banks that the policy rules; a query counts once, by the gravest
        action.
        """
        asked: dict[str, tuple[Action, Action]] = {}
        for bank in banks.values():
            ruling = policy_of(bank.id, proposed)
            if bank.role not in HARM or ruling is None or ruling.id != policy.id:
                continue
            past = self.scores.since(policy.project_id, bank.id, since)
            for number, one in enumerate(past):
                if number % CHECKED_EVERY == 0:
                    hold.check()
                held = asked.get(one.query_sha256, (Action.PASS, Action.PASS))
                now = asked_of(bank, live, one.regime, one.score, self.cuts)
                then = asked_of(bank, proposed, one.regime, one.score, self.cuts)
                asked[one.query_sha256] = _gravest(held, (now, then))
        compared = Comparison()
        for sha256, (before, after) in asked.items():
            compared.add(before, after, sha256)
        return compared


def _gravest(one: tuple[Action, Action], other: tuple[Action, Action]) -> tuple[Action, Action]:
    before, after = (max(pair, key=RISING.index) for pair in zip(one, other, strict=True))
    return before, after


def _since(job: Job) -> datetime:
    try:
        since = datetime.fromisoformat(str(job.request.get("since")))
    except ValueError:
        raise InvalidValue("since is a time as in RFC 3339.", field="since") from None
    return since if since.tzinfo is not None else since.replace(tzinfo=UTC)
