"""What people decide about uploads, as it is kept: cases, decisions, policies, and what is held
back or must stay.

What one request or one arrival writes through several of these is one transaction
(``IdempotencyStore.together``). Any call may raise ``NotReady``; what is looked for by its id and
is not there is ``NotFound``; a write that names an older version is ``Conflict``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from reseen.domain.policy import Policy, PolicyDraft
from reseen.domain.review import (
    Appeal,
    AppealState,
    Case,
    CaseState,
    Consequence,
    ConsequenceState,
    Decision,
    DecisionState,
    Lease,
)
from reseen.domain.statement import Restricted
from reseen.ports.banks import Page


class Restrictions(Protocol):
    """What was removed. Any call may raise ``NotReady``."""

    def after(self, project_id: str, upload_id: str = "", limit: int = 500) -> Sequence[Restricted]:
        """Uploads that the policies or a decision removed at some time, by id, from behind this one
        on.
        """
        ...


class CaseStore(Protocol):
    """One case a cluster, and the queue that they form."""

    def open(self, case: Case) -> Case:
        """Its ``id`` is given by the store; the cluster's case where it has one already."""
        ...

    def get(self, project_id: str, case_id: str) -> Case:
        """The one that it became part of, where it did."""
        ...

    def of_cluster(self, project_id: str, cluster_id: str) -> Case | None: ...

    def save(self, case: Case) -> Case:
        """Where the kept one has this ``version``; the case with the next. Else ``Conflict``."""
        ...

    def claim(
        self, project_id: str, lease: Lease, now: datetime, case_id: str | None = None
    ) -> Case | None:
        """The highest in the queue that nobody holds, or the one that this holder has; no two
        people ever get the same. ``case_id``: that one, or ``Conflict``.
        """
        ...

    def release(self, project_id: str, case_id: str, holder: str) -> Case: ...

    def list(
        self,
        project_id: str,
        *,
        state: CaseState | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Case]:
        """Highest rank first."""
        ...

    def merge(self, project_id: str, kept: str, absorbed: Sequence[str]) -> Case | None:
        """Clusters became one: the cases of ``absorbed`` clusters are part of that of ``kept``, or
        of the highest of them, which has their appeals; ``None`` where there was none.
        """
        ...


class DecisionStore(Protocol):
    """Decisions, what followed from them, and appeals."""

    def add(self, decision: Decision) -> Decision: ...

    def get(self, project_id: str, decision_id: str) -> Decision: ...

    def save(self, decision: Decision, expected: DecisionState) -> None:
        """Raises ``Conflict`` where its state is another than ``expected``."""
        ...

    def list(
        self,
        project_id: str,
        *,
        cluster_id: str | None = None,
        state: DecisionState | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Decision]:
        """Newest first."""
        ...

    def merge(
        self, project_id: str, kept: str, absorbed: Sequence[str], case_id: str | None
    ) -> None:
        """Clusters became one: the decisions and appeals of all are its own, and of this case."""
        ...

    def by_reference(self, project_id: str, reference_id: str) -> Decision | None:
        """The decision in force that put this reference into a bank."""
        ...

    def add_consequences(self, consequences: Sequence[Consequence]) -> None: ...

    def next_number(self, decision_id: str) -> int:
        """Of its next consequence, from 0."""
        ...

    def consequences(self, decision_id: str) -> tuple[Consequence, ...]: ...

    def mark(
        self, decision_id: str, number: int, state: ConsequenceState, note: str = ""
    ) -> None: ...

    def closed_at(self, decision_id: str) -> datetime | None:
        """When it came into force, or when the last appeal against it was answered."""
        ...

    def add_appeal(self, appeal: Appeal) -> Appeal:
        """Raises ``Conflict`` where one on this upload is open."""
        ...

    def appeal(self, project_id: str, appeal_id: str) -> Appeal: ...

    def save_appeal(self, appeal: Appeal, expected: AppealState) -> None: ...

    def appeals(
        self,
        project_id: str,
        *,
        case_id: str | None = None,
        state: AppealState | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Appeal]: ...


class PolicyStore(Protocol):
    """Versions of policies; of each bank, and of the project, at most one is live and acts, and
    one more runs dry.
    """

    def add(self, project_id: str, draft: PolicyDraft, by: str) -> Policy: ...

    def get(self, project_id: str, policy_id: str) -> Policy: ...

    def list(
        self,
        project_id: str,
        *,
        bank_id: str | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Policy]: ...

    def live(self, project_id: str) -> Mapping[str | None, Policy]:
        """Those that act, by bank id; ``None``: the project's."""
        ...

    def trials(self, project_id: str) -> Mapping[str | None, Policy]:
        """Those that run dry beside them, likewise."""
        ...

    def tried(self, project_id: str, policy_id: str, job_id: str) -> Policy:
        """Remember the backtest."""
        ...

    def go_live(self, project_id: str, policy_id: str, at: datetime) -> Policy:
        """The one that was live retires, and what ran dry beside it; for one that runs dry, only
        the latter. A retired one may come back.
        """
        ...


@dataclass(frozen=True, slots=True)
class Quarantine:
    """A reference that matches far too much, and until when it is held back."""

    reference_id: str
    since: datetime
    until: datetime
    why: str


class Quarantines(Protocol):
    """References that match far too much: for a while they remove nothing by themselves."""

    def put(self, project_id: str, reference_id: str, until: datetime, why: str) -> None: ...

    def get(self, project_id: str, reference_id: str) -> Quarantine:
        """Raises ``NotFound``."""
        ...

    def list(self, project_id: str, now: datetime) -> Sequence[Quarantine]:
        """Those that have not ended, by reference."""
        ...

    def active(self, project_id: str, now: datetime) -> Mapping[str, datetime]:
        """By reference, until when."""
        ...

    def lift(self, project_id: str, reference_id: str) -> None:
        """Raises ``NotFound``."""
        ...


@dataclass(frozen=True, slots=True)
class LegalHold:
    """Nothing of the subject is deleted while it is held: an upload, a cluster, a case, or an
    account (``review.ACCOUNT`` and its name). A hold follows what it holds: to the cluster that
    another one became part of, and to each part of one that was split.
    """

    id: str
    project_id: str
    subject: str
    reason: str
    by: str
    at: datetime
    released_by: str | None = None
    released_at: datetime | None = None


class LegalHolds(Protocol):
    """What must be kept."""

    def hold(self, project_id: str, subject: str, reason: str, by: str) -> LegalHold: ...

    def release(self, project_id: str, hold_id: str, by: str) -> LegalHold:
        """Raises ``NotFound``, and ``Conflict`` where it was released."""
        ...

    def held(self, project_id: str, subjects: Sequence[str]) -> frozenset[str]:
        """Those of these that are held now."""
        ...

    def list(self, project_id: str, cursor: str | None = None, limit: int = 100) -> Page[LegalHold]:
        """Newest first."""
        ...
