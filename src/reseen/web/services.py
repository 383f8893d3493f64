"""What the web layer is handed: everything it does, it does through these.

``reseen serve`` makes them of what ``wiring`` built; a test makes its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reseen.domain.access import Key
from reseen.domain.media import Medium
from reseen.flows.admitting import Admitting
from reseen.flows.answer import Verdict
from reseen.flows.appeals import Appealing
from reseen.flows.briefing import Briefing
from reseen.flows.covering import Covering
from reseen.flows.holding import Holding
from reseen.flows.hooks import Hooking
from reseen.flows.ingest import Ingesting
from reseen.flows.keeping import Keeping
from reseen.flows.keying import Keying
from reseen.flows.later import Later
from reseen.flows.looking import Looking
from reseen.flows.moderate import Moderating
from reseen.flows.obtain import OpenFile
from reseen.flows.policies import Enacting
from reseen.flows.preferring import Preferring
from reseen.flows.quarantine import Quarantining
from reseen.flows.reckoning import Reckoning
from reseen.flows.reports import Reporting
from reseen.flows.review import Reviewing
from reseen.flows.search import Searching
from reseen.flows.sorting import Sorting
from reseen.flows.staffing import Staffing
from reseen.flows.stating import Stating
from reseen.flows.unlocking import Unlocking
from reseen.flows.vouching import Vouching
from reseen.ports import (
    AuditLog,
    BankStore,
    CaseStore,
    ClusterStore,
    DecisionStore,
    Endpoints,
    Fetched,
    Fetcher,
    IdempotencyStore,
    IndexService,
    JobStore,
    LegalHolds,
    Outbox,
    PolicyStore,
    Quarantines,
    ReferenceStore,
    UploadStore,
)
from reseen.ports.briefing import Glances
from reseen.ports.people import PasskeyStore, PeopleStore

type Compare = Callable[[Fetched, Fetched, frozenset[Medium], bool], Verdict]
"""``compare(source, target, allowed, explain)``; raises the media errors with ``field``."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where uploads come in and cases are decided."""

    moderating: Moderating
    later: Later
    reporting: Reporting
    reviewing: Reviewing
    appealing: Appealing
    sorting: Sorting
    quarantining: Quarantining
    looking: Looking
    keeping: Keeping
    briefing: Briefing
    covering: Covering
    hooking: Hooking
    holding: Holding
    stating: Stating
    enacting: Enacting
    reckoning: Reckoning
    uploads: UploadStore
    clusters: ClusterStore
    cases: CaseStore
    decisions: DecisionStore
    policies: PolicyStore
    quarantines: Quarantines
    holds: LegalHolds
    audit: AuditLog
    outbox: Outbox
    endpoints: Endpoints
    glances: Glances


@dataclass(frozen=True, slots=True)
class Access:
    """How people are let in."""

    admitting: Admitting
    staffing: Staffing
    keying: Keying
    preferring: Preferring
    people: PeopleStore
    passkeys: PasskeyStore
    unlocking: Unlocking
    vouching: Vouching | None = None
    """By an OpenID provider, where an operator set one up."""


@dataclass(frozen=True, slots=True)
class Services:
    scratch: Callable[[], Path]
    """The folder where a request's files lie while they are compared."""

    fetcher: Fetcher
    open_file: OpenFile
    compare: Compare
    authenticate: Callable[[str], Key]
    """The key that a secret belongs to; raises ``Unauthenticated``."""

    check_ready: Callable[[], None]
    """Raises ``NotReady`` while something that matching needs is missing."""

    banks: BankStore
    references: ReferenceStore
    jobs: JobStore
    idempotency: IdempotencyStore
    index: IndexService
    searching: Searching
    ingesting: Ingesting
    desk: Desk
    access: Access
