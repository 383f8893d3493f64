# ruff: noqa: S101 the suite of a port is made of assertions
"""What every ``ports.Endpoints`` must do: an adapter's test class inherits this."""

from collections.abc import Iterator

import pytest

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.errors import NotFound, QuotaExceeded
from reseen.domain.record import Endpoint, EndpointDraft, EventType
from reseen.ports import Endpoints
from reseen.testing.bank_store_contract import OTHER_PROJECT

DRAFT = EndpointDraft("https://hooks.example/a", (EventType.UPLOAD_ANSWERED,))


class EndpointsContract:
    """``store`` gives an empty store of projects ``PROJECT`` and ``OTHER_PROJECT``."""

    @pytest.fixture
    def store(self) -> Iterator[Endpoints]:
        raise NotImplementedError

    def test_a_secret_is_shown_once(self, store: Endpoints) -> None:
        made = store.add(PROJECT, DRAFT)
        assert made.id.startswith("whk_")
        assert made.draft == DRAFT
        assert made.secret.startswith("whsec_")
        assert len(made.secret) >= 40
        assert store.secret(made.id) == made.secret
        assert made.secret not in repr(made)
        for read in (store.get(PROJECT, made.id), *store.of_project(PROJECT)):
            assert read == Endpoint(made.id, PROJECT, DRAFT, made.created_at)

    def test_secrets_differ_and_a_new_one_takes_the_place_of_the_old(
        self, store: Endpoints
    ) -> None:
        one, other = store.add(PROJECT, DRAFT), store.add(PROJECT, DRAFT)
        rotated = store.rotate_secret(PROJECT, one.id)
        assert len({one.secret, other.secret, rotated.secret}) == 3
        assert (rotated.id, rotated.draft) == (one.id, one.draft)
        assert store.secret(one.id) == rotated.secret
        assert store.secret(other.id) == other.secret

    def test_a_change_leaves_the_secret(self, store: Endpoints) -> None:
        made = store.add(PROJECT, DRAFT)
        draft = EndpointDraft("https://hooks.example/b", (), enabled=False)
        changed = store.update(PROJECT, made.id, draft)
        assert (changed.draft, changed.secret) == (draft, "")
        assert store.get(PROJECT, made.id) == changed
        assert store.secret(made.id) == made.secret

    def test_they_are_listed_oldest_first(self, store: Endpoints) -> None:
        made = [store.add(PROJECT, DRAFT).id for _ in range(5)]
        listed = [one.id for one in store.of_project(PROJECT)]
        assert set(listed) == set(made)
        assert listed == [one.id for one in store.of_project(PROJECT)]

    def test_what_is_removed_is_there_no_more(self, store: Endpoints) -> None:
        made, kept = store.add(PROJECT, DRAFT), store.add(PROJECT, DRAFT)
        store.remove(PROJECT, made.id)
        assert [one.id for one in store.of_project(PROJECT)] == [kept.id]
        self._is_missing(store, PROJECT, made.id)

    def test_a_project_sees_nothing_of_another(self, store: Endpoints) -> None:
        made = store.add(PROJECT, DRAFT)
        assert store.of_project(OTHER_PROJECT) == []
        self._is_missing(store, OTHER_PROJECT, made.id)
        assert store.get(PROJECT, made.id).draft == DRAFT
        assert store.secret(made.id) == made.secret

    def test_there_are_not_too_many(self, store: Endpoints) -> None:
        def add_many() -> None:
            for _ in range(1000):
                store.add(PROJECT, DRAFT)

        with pytest.raises(QuotaExceeded) as refused:
            add_many()
        assert refused.value.limit == len(store.of_project(PROJECT))
        store.remove(PROJECT, store.of_project(PROJECT)[0].id)
        store.add(PROJECT, DRAFT)
        store.add(OTHER_PROJECT, DRAFT)

    @staticmethod
    def _is_missing(store: Endpoints, project_id: str, endpoint_id: str) -> None:
        with pytest.raises(NotFound):
            store.get(project_id, endpoint_id)
        with pytest.raises(NotFound):
            store.update(project_id, endpoint_id, DRAFT)
        with pytest.raises(NotFound):
            store.rotate_secret(project_id, endpoint_id)
        with pytest.raises(NotFound):
            store.remove(project_id, endpoint_id)
