from datetime import UTC, datetime, timedelta

import pytest

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.errors import Conflict, InvalidValue, NotFound
from reseen.store.database import Database
from reseen.store.keeping import SqlLegalHolds, SqlQuarantines
from reseen.testing.bank_store_contract import OTHER_PROJECT

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=6)


def test_a_quarantine_ends_by_itself_or_is_lifted(either: Database) -> None:
    quarantines = SqlQuarantines(either)
    quarantines.put(PROJECT, "ref_1", NOON, "many")
    quarantines.put(PROJECT, "ref_1", LATER, "still many")
    quarantines.put(PROJECT, "ref_2", NOON, "many")
    assert quarantines.active(PROJECT, NOON) == {"ref_1": LATER}
    assert quarantines.active(PROJECT, LATER) == {}
    assert quarantines.active(OTHER_PROJECT, NOON) == {}
    (held,) = quarantines.list(PROJECT, NOON)
    assert (held.reference_id, held.until, held.why) == ("ref_1", LATER, "still many")
    assert quarantines.get(PROJECT, "ref_1") == held
    assert quarantines.list(PROJECT, LATER) == []
    with pytest.raises(NotFound):
        quarantines.get(OTHER_PROJECT, "ref_1")
    quarantines.lift(PROJECT, "ref_1")
    assert quarantines.active(PROJECT, NOON) == {}
    with pytest.raises(NotFound):
        quarantines.lift(PROJECT, "ref_1")


def test_what_is_held_is_held_until_every_hold_is_released(either: Database) -> None:
    holds = SqlLegalHolds(either)
    one, other = (holds.hold(PROJECT, "clu_1", "court order", "key_ann") for _ in range(2))
    assert holds.held(PROJECT, ["clu_1", "clu_2"]) == {"clu_1"}
    assert holds.held(OTHER_PROJECT, ["clu_1"]) == frozenset()
    assert holds.release(PROJECT, one.id, "key_bob").released_by == "key_bob"
    assert holds.held(PROJECT, ["clu_1"]) == {"clu_1"}
    holds.release(PROJECT, other.id, "key_bob")
    assert holds.held(PROJECT, ["clu_1"]) == frozenset()
    with pytest.raises(Conflict, match="before"):
        holds.release(PROJECT, one.id, "key_bob")
    with pytest.raises(NotFound):
        holds.release(PROJECT, "hld_none", "key_bob")


def test_holds_are_listed_with_those_that_were_released(either: Database) -> None:
    holds = SqlLegalHolds(either)
    made = {holds.hold(PROJECT, f"upl_{n}", "court order", "key_ann").id for n in range(5)}
    first = holds.list(PROJECT, limit=3)
    rest = holds.list(PROJECT, first.next, limit=3)
    assert {one.id for one in (*first.items, *rest.items)} == made
    with pytest.raises(InvalidValue, match="cursor"):
        holds.list(PROJECT, "hld_none")
