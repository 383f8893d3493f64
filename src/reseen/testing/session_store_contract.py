# ruff: noqa: S101 the suites of ports are made of assertions
"""What every ``ports.people.SessionStore``, ``PasskeyStore`` and ``ChallengeStore`` must do: an
adapter's test classes inherit these.
"""

from datetime import UTC, datetime, timedelta

import pytest

from reseen.domain.errors import Conflict, NotFound, QuotaExceeded
from reseen.domain.people import Person, Way
from reseen.ports.people import ChallengeStore, PasskeyStore, SessionStore

NOW = datetime(2030, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


class SessionStoreContract:
    """``sessions`` gives an empty store, ``ann`` and ``bob`` people whom it knows."""

    def test_a_secret_leads_to_its_session(self, sessions: SessionStore, ann: Person) -> None:
        opened = sessions.open(ann, Way.PASSWORD, NOW, NOW + HOUR)
        found = sessions.find(opened.secret)
        assert found == opened.session
        assert found is not None
        assert (found.person, found.way) == (ann, Way.PASSWORD)
        assert (found.began_at, found.seen_at, found.ends_at) == (NOW, NOW, NOW + HOUR)
        assert opened.secret not in repr(opened)
        assert len(opened.secret) >= 40

    @pytest.mark.parametrize("secret", ["", "none", "\ud800", "x" * 1000])
    def test_what_is_no_secret_leads_nowhere(
        self, sessions: SessionStore, ann: Person, secret: str
    ) -> None:
        sessions.open(ann, Way.PASSWORD, NOW, NOW + HOUR)
        assert sessions.find(secret) is None

    def test_use_is_noted_and_never_set_back(self, sessions: SessionStore, ann: Person) -> None:
        opened = sessions.open(ann, Way.OIDC, NOW, NOW + HOUR)
        for seen in (NOW + HOUR / 2, NOW + HOUR / 4):
            sessions.see(opened.session.id, seen)
        found = sessions.find(opened.secret)
        assert found is not None
        assert found.seen_at == NOW + HOUR / 2

    def test_one_ends_or_all_of_a_person(
        self, sessions: SessionStore, ann: Person, bob: Person
    ) -> None:
        one, two, three = (sessions.open(ann, Way.PASSKEY, NOW, NOW + HOUR) for _ in range(3))
        other = sessions.open(bob, Way.PASSKEY, NOW, NOW + HOUR)
        assert sessions.end(one.session.id)
        assert not sessions.end(one.session.id)
        assert sessions.find(one.secret) is None
        assert sessions.end_all(ann.id, but=three.session.id) == 1
        assert sessions.find(two.secret) is None
        assert sessions.find(three.secret) is not None
        assert sessions.end_all(ann.id) == 1
        assert sessions.find(three.secret) is None
        assert sessions.find(other.secret) is not None

    def test_what_is_over_is_swept(self, sessions: SessionStore, ann: Person) -> None:
        over = sessions.open(ann, Way.PASSWORD, NOW, NOW + HOUR)
        idle = sessions.open(ann, Way.PASSWORD, NOW, NOW + 9 * HOUR)
        used = sessions.open(ann, Way.PASSWORD, NOW, NOW + 9 * HOUR)
        sessions.see(used.session.id, NOW + HOUR)
        assert sessions.sweep(NOW + HOUR, NOW) == 2
        assert [sessions.find(one.secret) is None for one in (over, idle, used)] == [
            True,
            True,
            False,
        ]


class PasskeyStoreContract:
    """``passkeys`` gives an empty store, ``ann`` and ``bob`` people whom it knows."""

    def test_a_passkey_is_kept_and_found(
        self, passkeys: PasskeyStore, ann: Person, bob: Person
    ) -> None:
        made = passkeys.add(ann.id, "laptop", b"\x00credential", b"\xffkey", 3, NOW)
        assert (made.label, made.credential, made.public_key, made.count) == (
            "laptop",
            b"\x00credential",
            b"\xffkey",
            3,
        )
        assert passkeys.of_person(ann.id) == [made]
        assert passkeys.of_person(bob.id) == []
        found = passkeys.find(b"\x00credential")
        assert found is not None
        assert (found[0], found[1].id, found[1].passkeys) == (made, ann.id, 1)
        assert passkeys.find(b"another") is None

    def test_a_credential_is_of_one_person(
        self, passkeys: PasskeyStore, ann: Person, bob: Person
    ) -> None:
        passkeys.add(ann.id, "laptop", b"one", b"key", 0, NOW)
        for person in (ann, bob):
            with pytest.raises(Conflict):
                passkeys.add(person.id, "phone", b"one", b"key", 0, NOW)

    def test_use_is_noted(self, passkeys: PasskeyStore, ann: Person) -> None:
        made = passkeys.add(ann.id, "laptop", b"one", b"key", 0, NOW)
        passkeys.used(made.id, 1 << 32, NOW + HOUR)
        (used,) = passkeys.of_person(ann.id)
        assert (used.count, used.last_used_at) == (1 << 32, NOW + HOUR)

    def test_a_person_removes_their_own(
        self, passkeys: PasskeyStore, ann: Person, bob: Person
    ) -> None:
        one, two = (passkeys.add(ann.id, "x", name, b"key", 0, NOW) for name in (b"1", b"2"))
        with pytest.raises(NotFound):
            passkeys.remove(bob.id, one.id)
        passkeys.remove(ann.id, one.id)
        with pytest.raises(NotFound):
            passkeys.remove(ann.id, one.id)
        assert passkeys.of_person(ann.id) == [two]
        assert passkeys.remove_all(ann.id) == 1
        assert passkeys.find(b"2") is None

    def test_nobody_has_more_than_a_drawer_full(self, passkeys: PasskeyStore, ann: Person) -> None:
        def add(number: int) -> None:
            passkeys.add(ann.id, "x", b"%d" % number, b"key", 0, NOW)

        with pytest.raises(QuotaExceeded) as refused:
            list(map(add, range(1000)))
        assert len(passkeys.of_person(ann.id)) == refused.value.limit


class ChallengeStoreContract:
    """``challenges`` gives an empty store."""

    def test_what_was_asked_is_answered_once(self, challenges: ChallengeStore) -> None:
        challenges.ask(b"\xff" * 32, "passkey", {"person": "per_1"}, NOW, NOW + HOUR)
        assert challenges.take(b"\xff" * 32, "passkey", NOW) == {"person": "per_1"}
        assert challenges.take(b"\xff" * 32, "passkey", NOW) is None

    def test_what_asks_for_nothing_more_is_told_from_what_was_never_asked(
        self, challenges: ChallengeStore
    ) -> None:
        challenges.ask(b"one", "oidc", {}, NOW, NOW + HOUR)
        assert challenges.take(b"one", "oidc", NOW) == {}
        assert challenges.take(b"two", "oidc", NOW) is None

    def test_an_answer_to_something_else_answers_nothing(self, challenges: ChallengeStore) -> None:
        challenges.ask(b"one", "oidc", {}, NOW, NOW + HOUR)
        assert challenges.take(b"one", "passkey", NOW) is None

    def test_who_answers_too_late_answers_nothing(self, challenges: ChallengeStore) -> None:
        challenges.ask(b"one", "oidc", {}, NOW, NOW + HOUR)
        challenges.ask(b"two", "oidc", {}, NOW, NOW + 3 * HOUR)
        assert challenges.take(b"one", "oidc", NOW + HOUR) is None
        challenges.ask(b"three", "oidc", {}, NOW + HOUR, NOW + 2 * HOUR)
        assert challenges.take(b"two", "oidc", NOW + HOUR) == {}
