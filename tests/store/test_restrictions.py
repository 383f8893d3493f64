"""What was removed is found with all that decisions did to it, on both databases."""

from dataclasses import replace
from datetime import timedelta

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.choices import Action
from reseen.domain.cluster import Node
from reseen.domain.media import Medium
from reseen.domain.review import (
    Consequence,
    ConsequenceKind,
    ConsequenceState,
    Decision,
    DecisionDraft,
    Verdict,
)
from reseen.domain.statement import Act
from reseen.store.clusters import SqlClusterStore
from reseen.store.database import Database
from reseen.store.decisions import SqlDecisionStore
from reseen.store.restrictions import SqlRestrictions
from reseen.store.uploads import SqlUploadStore
from reseen.testing.bank_store_contract import OTHER_PROJECT
from reseen.testing.decision_store_contract import decision
from reseen.testing.upload_store_contract import NOON, upload


def decided(
    store: SqlDecisionStore, made: Decision, number: int, subject: str, minutes: int
) -> Consequence:
    at = NOON + timedelta(minutes=minutes)
    one = Consequence(made.id, number, ConsequenceKind.ACTION, subject, at, before="review")
    store.add_consequences([one])
    return one


def test_what_was_removed_comes_with_what_decisions_did(either: Database) -> None:
    uploads, decisions = SqlUploadStore(either), SqlDecisionStore(either)
    SqlClusterStore(either).add_nodes(PROJECT, [Node(7, Medium.VIDEO, 1)])
    never, by_policy, by_person, allowed = (
        uploads.add(replace(upload(f"post-{n}"), ruled=ruled, content=n + 5))
        for n, ruled in enumerate((Action.REVIEW, Action.REMOVE, Action.REVIEW, Action.REVIEW))
    )
    other = uploads.add(replace(upload("post-9"), project_id=OTHER_PROJECT, ruled=Action.REMOVE))
    harmful, harmless = (
        decisions.add(decision()),
        decisions.add(replace(decision(minutes=5), draft=DecisionDraft(Verdict.ALLOWED))),
    )
    decided(decisions, harmful, 0, by_person.id, 1)
    decisions.mark(harmful.id, 0, ConsequenceState.REVERSED)
    decided(decisions, harmless, 0, by_person.id, 6)
    decided(decisions, harmless, 1, allowed.id, 6)
    event = Consequence(harmful.id, 1, ConsequenceKind.EVENT, "evt_1", NOON)
    decisions.add_consequences([event])
    found = {one.upload.id: one for one in SqlRestrictions(either).after(PROJECT)}
    assert set(found) == {by_policy.id, by_person.id}
    assert never.id not in found
    assert found[by_policy.id].acts == ()
    assert found[by_policy.id].medium is None
    assert found[by_person.id].medium is Medium.VIDEO
    assert found[by_person.id].upload == uploads.get(PROJECT, by_person.id)
    assert found[by_person.id].acts == (
        Act(harmful, NOON + timedelta(minutes=1), Action.REVIEW, undone=True),
        Act(harmless, NOON + timedelta(minutes=6), Action.REVIEW),
    )
    assert [one.upload for one in SqlRestrictions(either).after(OTHER_PROJECT)] == [other]


def test_they_come_by_id_a_few_at_a_time(either: Database) -> None:
    uploads, restrictions = SqlUploadStore(either), SqlRestrictions(either)
    made = [uploads.add(replace(upload(f"post-{n}"), ruled=Action.REMOVE)).id for n in range(5)]
    first = restrictions.after(PROJECT, limit=3)
    rest = restrictions.after(PROJECT, first[-1].upload.id, limit=3)
    assert [one.upload.id for one in (*first, *rest)] == sorted(made)
    assert restrictions.after(PROJECT, rest[-1].upload.id) == []
