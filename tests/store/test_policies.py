import threading

import pytest

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.match import Cuts
from reseen.domain.policy import PolicyDraft
from reseen.domain.record import Actor
from reseen.flows.policies import Enacting
from reseen.store.alone import alone_in
from reseen.store.audit import SqlAuditLog
from reseen.store.banks import SqlBankStore
from reseen.store.database import Database, utc_now
from reseen.store.jobs import SqlJobStore
from reseen.store.outbox import SqlOutbox
from reseen.store.policies import SqlPolicyStore
from reseen.store.uploads import SqlUploadStore
from reseen.testing.policy_store_contract import PolicyStoreContract

ANN = Actor("key_ann", "admin")


class TestSqlPolicyStore(PolicyStoreContract):
    @pytest.fixture
    def store(self, either: Database) -> SqlPolicyStore:
        return SqlPolicyStore(either)


def test_versions_that_go_live_at_once_replace_each_other_one_by_one(either: Database) -> None:
    audit, outbox = SqlAuditLog(either), SqlOutbox(either)
    policies = SqlPolicyStore(either)
    enacting = Enacting(
        policies,
        SqlBankStore(either),
        SqlUploadStore(either),
        SqlJobStore(either),
        audit,
        outbox,
        alone_in(either),
        Cuts(0.3, 0.6, 0.9),
        utc_now,
    )
    made = [enacting.draft(PROJECT, ANN, PolicyDraft(severity=n)).id for n in range(6)]

    def work(policy_id: str) -> None:
        enacting.go_live(PROJECT, ANN, policy_id, force=True, reason="a trial")

    threads = [threading.Thread(target=work, args=(one,)) for one in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    events = outbox.events(PROJECT, type="policy.live").items
    live = policies.live(PROJECT)[None].id
    replaced = {event.data["replaced"] for event in events}
    assert {event.data["policy_id"] for event in events} == set(made)
    assert replaced == {None, *made} - {live}
    entries = audit.entries(PROJECT, what="policy.live").items
    assert {entry.draft.detail["replaced"] for entry in entries} == replaced
    assert audit.verify(PROJECT).broken_at is None
