# ruff: noqa: S101 the suite of a port is made of assertions
"""What every ``ports.DecisionStore`` must do: an adapter's test class inherits this."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.errors import Conflict, InvalidValue, NotFound
from reseen.domain.review import (
    Appeal,
    AppealState,
    Consequence,
    ConsequenceKind,
    ConsequenceState,
    Decision,
    DecisionDraft,
    DecisionState,
    Verdict,
)
from reseen.ports import DecisionStore
from reseen.testing.bank_store_contract import OTHER_PROJECT

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def decision(cluster_id: str = "clu_1", minutes: int = 0) -> Decision:
    draft = DecisionDraft(Verdict.HARMFUL, "violence", "It shows an attack.", ("attack",))
    at = NOON + timedelta(minutes=minutes)
    return Decision("", PROJECT, "cas_1", cluster_id, draft, DecisionState.IN_FORCE, "key_ann", at)


def appeal(upload_id: str = "upl_1", minutes: int = 0) -> Appeal:
    at = NOON + timedelta(minutes=minutes)
    return Appeal("", PROJECT, "cas_1", upload_id, "dec_1", "Not mine.", AppealState.OPEN, at)


class DecisionStoreContract:
    """``store`` gives an empty store."""

    @pytest.fixture
    def store(self) -> Iterator[DecisionStore]:
        raise NotImplementedError

    def test_a_decision_comes_back(self, store: DecisionStore) -> None:
        kept = store.add(decision())
        assert kept.id.startswith("dec_")
        assert store.get(PROJECT, kept.id) == kept
        for project_id, decision_id in ((OTHER_PROJECT, kept.id), (PROJECT, "dec_none")):
            with pytest.raises(NotFound):
                store.get(project_id, decision_id)

    def test_it_changes_only_from_the_state_that_is_expected(self, store: DecisionStore) -> None:
        kept = store.add(decision())
        ended = NOON + timedelta(hours=1)
        undone = replace(
            kept, state=DecisionState.UNDONE, ended_by="key_bob", ended_at=ended, end_reason="no"
        )
        store.save(undone, DecisionState.IN_FORCE)
        assert store.get(PROJECT, kept.id) == undone
        with pytest.raises(Conflict, match="undone"):
            store.save(kept, DecisionState.IN_FORCE)
        with pytest.raises(NotFound):
            store.save(replace(kept, id="dec_none"), DecisionState.IN_FORCE)

    def test_lists_page_newest_first_and_filter(self, store: DecisionStore) -> None:
        made = [store.add(decision(f"clu_{n % 2}", minutes=n)) for n in range(5)]
        first = store.list(PROJECT, limit=3)
        rest = store.list(PROJECT, cursor=first.next, limit=3)
        assert [*first.items, *rest.items] == made[::-1]
        assert store.list(PROJECT, cluster_id="clu_1").items == (made[3], made[1])
        assert store.list(PROJECT, state=DecisionState.UNDONE).items == ()
        with pytest.raises(InvalidValue, match="cursor"):
            store.list(PROJECT, cursor="dec_none")

    def test_consequences_are_kept_in_order_and_marked(self, store: DecisionStore) -> None:
        kept = store.add(decision())
        assert store.next_number(kept.id) == 0
        some = [
            Consequence(kept.id, 0, ConsequenceKind.REFERENCE, "ref_7", NOON),
            Consequence(kept.id, 1, ConsequenceKind.ACTION, "upl_1", NOON, before="review"),
        ]
        store.add_consequences(some)
        store.add_consequences([])
        assert store.consequences(kept.id) == tuple(some)
        assert store.next_number(kept.id) == 2
        store.mark(kept.id, 1, ConsequenceState.IRREVERSIBLE, "gone")
        marked = store.consequences(kept.id)[1]
        assert (marked.state, marked.note) == (ConsequenceState.IRREVERSIBLE, "gone")

    def test_it_is_closed_when_it_came_into_force_or_was_last_appealed(
        self, store: DecisionStore
    ) -> None:
        kept, other = store.add(decision()), store.add(decision())
        assert store.closed_at(kept.id) is None
        store.add_consequences(
            [
                Consequence(kept.id, n, ConsequenceKind.ACTION, "upl_1", NOON + timedelta(hours=n))
                for n in (1, 0)
            ]
        )
        assert store.closed_at(kept.id) == NOON
        mine = store.add_appeal(replace(appeal("upl_1"), decision_id=kept.id))
        theirs = store.add_appeal(replace(appeal("upl_2"), decision_id=other.id))
        assert store.closed_at(kept.id) == NOON
        for one, hours in ((mine, 5), (theirs, 9)):
            answered = NOON + timedelta(hours=hours)
            upheld = replace(one, state=AppealState.UPHELD, answered_at=answered)
            store.save_appeal(upheld, AppealState.OPEN)
        assert store.closed_at(kept.id) == NOON + timedelta(hours=5)

    def test_the_decision_behind_a_reference_is_found_while_it_is_in_force(
        self, store: DecisionStore
    ) -> None:
        kept = store.add(decision())
        store.add_consequences([Consequence(kept.id, 0, ConsequenceKind.REFERENCE, "ref_7", NOON)])
        assert store.by_reference(PROJECT, "ref_7") == kept
        assert store.by_reference(PROJECT, "ref_8") is None
        store.save(replace(kept, state=DecisionState.UNDONE), DecisionState.IN_FORCE)
        assert store.by_reference(PROJECT, "ref_7") is None

    def test_one_appeal_at_a_time_is_open_on_an_upload(self, store: DecisionStore) -> None:
        kept = store.add_appeal(appeal())
        assert kept.id.startswith("app_")
        with pytest.raises(Conflict, match="open"):
            store.add_appeal(appeal())
        upheld = replace(
            kept,
            state=AppealState.UPHELD,
            answered_by="key_bob",
            answered_at=NOON,
            answer="It stands.",
        )
        store.save_appeal(upheld, AppealState.OPEN)
        assert store.appeal(PROJECT, kept.id) == upheld
        with pytest.raises(Conflict, match="upheld"):
            store.save_appeal(upheld, AppealState.OPEN)
        assert store.add_appeal(appeal(minutes=5)).id != kept.id

    def test_appeals_page_newest_first_and_filter(self, store: DecisionStore) -> None:
        made = [store.add_appeal(appeal(f"upl_{n}", minutes=n)) for n in range(5)]
        first = store.appeals(PROJECT, limit=3)
        rest = store.appeals(PROJECT, cursor=first.next, limit=3)
        assert [*first.items, *rest.items] == made[::-1]
        assert store.appeals(PROJECT, state=AppealState.UPHELD).items == ()
        assert len(store.appeals(PROJECT, case_id="cas_1").items) == 5
        with pytest.raises(NotFound):
            store.appeal(PROJECT, "app_none")
