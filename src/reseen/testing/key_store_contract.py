# ruff: noqa: S101 the suite of a port is made of assertions
"""What every ``ports.KeyStore`` must do: an adapter's test class inherits this, with ``store``."""

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from reseen.domain.access import DEFAULT_PROJECT, IssuedKey, Role
from reseen.domain.errors import Conflict, InvalidValue, NotFound, Unauthenticated
from reseen.ports import KeyStore


class Clock:
    """A clock that a test turns by hand."""

    def __init__(self) -> None:
        self.now = datetime(2030, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **ahead: float) -> None:
        self.now += timedelta(**ahead)


class KeyStoreContract:
    """``store`` gives an empty key store that reads this clock."""

    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    def store(self, clock: Clock) -> Iterator[KeyStore]:
        raise NotImplementedError

    def test_a_secret_is_shown_once_and_leads_to_its_key(self, store: KeyStore) -> None:
        issued = store.create(Role.SERVICE, "pipeline")
        assert re.fullmatch(r"rs_default_[0-9a-f]{40,}", issued.secret)
        found = store.authenticate(issued.secret)
        assert (found.id, found.role, found.label) == (issued.key.id, Role.SERVICE, "pipeline")
        assert found.project_id == DEFAULT_PROJECT
        [listed] = store.of_project()
        for shown in (repr(issued), repr(listed), repr(found)):
            assert issued.secret not in shown
        assert issued.secret.startswith(listed.hint)
        assert len(issued.secret) - len(listed.hint) >= 40

    def test_each_role_is_carried(self, store: KeyStore) -> None:
        for role in Role:
            assert store.authenticate(store.create(role).secret).role is role

    def test_secrets_differ(self, store: KeyStore) -> None:
        assert len({store.create(Role.SERVICE).secret for _ in range(20)}) == 20

    @pytest.mark.parametrize(
        "secret",
        [
            *("", "rs_", "rs_default_", "rs_default_" + "0" * 48, "x" * 10_000, "rs_\ud800"),
            *("' OR 1=1 --", "rs_' OR 1=1 --", "Bearer rs_default_00", "rs_\0"),
        ],
    )
    def test_what_is_no_secret_is_refused(self, store: KeyStore, secret: str) -> None:
        store.create(Role.OWNER)
        with pytest.raises(Unauthenticated):
            store.authenticate(secret)

    def test_a_secret_must_be_whole_and_exact(self, store: KeyStore) -> None:
        secret = store.create(Role.OWNER).secret
        for wrong in (secret[:-1], secret + "0", secret.upper(), f" {secret}", f"{secret}\n"):
            with pytest.raises(Unauthenticated):
                store.authenticate(wrong)

    def test_a_revoked_key_is_refused_at_once_and_stays_listed(
        self, store: KeyStore, clock: Clock
    ) -> None:
        kept, issued = store.create(Role.ADMIN), store.create(Role.ADMIN)
        revoked = store.revoke(issued.key.id)
        assert revoked.revoked_at == clock.now
        with pytest.raises(Unauthenticated, match="revoked"):
            store.authenticate(issued.secret)
        assert store.authenticate(kept.secret).id == kept.key.id
        assert revoked in store.of_project()

    def test_revoking_twice_keeps_the_first_time(self, store: KeyStore, clock: Clock) -> None:
        key_id = store.create(Role.ADMIN).key.id
        first = store.revoke(key_id)
        clock.turn(days=1)
        assert store.revoke(key_id) == first

    def test_rotating_hands_role_and_label_to_a_new_secret(self, store: KeyStore) -> None:
        old = store.create(Role.REVIEWER, "night shift")
        new = store.rotate(old.key.id)
        assert (new.key.role, new.key.label) == (Role.REVIEWER, "night shift")
        assert new.key.id != old.key.id
        assert store.authenticate(new.secret).id == new.key.id
        with pytest.raises(Unauthenticated):
            store.authenticate(old.secret)
        with pytest.raises(Conflict):
            store.rotate(old.key.id)

    def test_a_rotated_key_may_linger_and_then_ends(self, store: KeyStore, clock: Clock) -> None:
        old = store.create(Role.SERVICE)
        store.rotate(old.key.id, linger=timedelta(hours=2))
        clock.turn(hours=1.9)
        assert store.authenticate(old.secret).id == old.key.id
        clock.turn(hours=0.2)
        with pytest.raises(Unauthenticated):
            store.authenticate(old.secret)

    def test_a_lingering_key_can_still_be_revoked_now(self, store: KeyStore, clock: Clock) -> None:
        old = store.create(Role.SERVICE)
        store.rotate(old.key.id, linger=timedelta(hours=2))
        assert store.revoke(old.key.id).revoked_at == clock.now

    def test_unknown_keys_and_projects_are_not_found(self, store: KeyStore) -> None:
        key_id = store.create(Role.OWNER).key.id
        for missing in ("key_none", "", "\ud800"):
            with pytest.raises(NotFound):
                store.revoke(missing)
            with pytest.raises(NotFound):
                store.rotate(missing)
            with pytest.raises(NotFound):
                store.create(Role.OWNER, project_id=missing)
        with pytest.raises(NotFound):
            store.revoke(key_id, project_id="other")
        assert store.of_project("other") == ()

    @pytest.mark.parametrize("label", ["x" * 201, "two\nlines", "\ud800"])
    def test_a_label_is_one_short_line(self, store: KeyStore, label: str) -> None:
        with pytest.raises(InvalidValue):
            store.create(Role.OWNER, label)

    def test_use_is_remembered_to_the_hour(self, store: KeyStore, clock: Clock) -> None:
        issued = store.create(Role.SERVICE)
        assert store.of_project()[0].last_used_at is None
        store.authenticate(issued.secret)
        first = clock.now
        assert store.of_project()[0].last_used_at == first
        clock.turn(minutes=59)
        store.authenticate(issued.secret)
        assert store.of_project()[0].last_used_at == first
        clock.turn(minutes=2)
        store.authenticate(issued.secret)
        assert store.of_project()[0].last_used_at == clock.now

    def test_keys_are_listed_oldest_first(self, store: KeyStore, clock: Clock) -> None:
        made = []
        for _ in range(4):
            made.append(store.create(Role.SERVICE).key)
            clock.turn(seconds=1)
        assert store.of_project() == tuple(made)

    def test_the_first_key_is_an_owners_and_comes_once(self, store: KeyStore) -> None:
        assert not store.any_exists()
        first = store.create_first()
        assert first is not None
        assert first.key.role is Role.OWNER
        assert store.any_exists()
        assert store.create_first() is None
        store.revoke(first.key.id)
        assert store.any_exists()
        assert store.create_first() is None

    def test_of_many_that_ask_at_once_one_gets_the_first_key(self, store: KeyStore) -> None:
        got: list[IssuedKey | None] = []
        threads = [
            threading.Thread(target=lambda: got.append(store.create_first())) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(got) == 8
        assert sum(issued is not None for issued in got) == 1
