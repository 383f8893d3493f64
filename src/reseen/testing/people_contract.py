# ruff: noqa: S101 the suite of a port is made of assertions
"""What every ``ports.people.PeopleStore`` must do: an adapter's test class inherits this."""

from datetime import UTC, datetime, timedelta

import pytest

from reseen.domain.access import DEFAULT_PROJECT, Role
from reseen.domain.errors import Conflict, InvalidValue, NotFound
from reseen.domain.people import State
from reseen.domain.preferences import Default
from reseen.ports.people import PeopleStore
from reseen.testing.bank_store_contract import OTHER_PROJECT

P = DEFAULT_PROJECT
NOW = datetime(2030, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


class PeopleStoreContract:
    """``people`` gives an empty store with two projects."""

    def test_who_was_added_is_there_and_cannot_sign_in(self, people: PeopleStore) -> None:
        assert not people.any_exists()
        ann = people.add(P, "  Ann   Lee ", Role.ADMIN)
        assert people.any_exists()
        assert (ann.project_id, ann.name, ann.role) == (P, "Ann Lee", Role.ADMIN)
        assert ann.state is State.LOCKED_OUT
        assert people.get(P, ann.id) == ann
        assert people.named("ANN LEE") == (ann, None)

    @pytest.mark.parametrize("taken", ["Ann", "ann", " ANN ", "\uff21nn"])
    def test_a_name_is_taken_in_all_projects(self, people: PeopleStore, taken: str) -> None:
        people.add(P, "Ann", Role.ADMIN)
        with pytest.raises(Conflict) as refused:
            people.add(OTHER_PROJECT, taken, Role.ADMIN)
        assert refused.value.field == "name"
        assert people.of_project(OTHER_PROJECT) == []

    @pytest.mark.parametrize("name", ["", "  ", "a\x00b", "a\u202eb", "x" * 81])
    def test_what_is_no_name_is_refused(self, people: PeopleStore, name: str) -> None:
        with pytest.raises(InvalidValue):
            people.add(P, name, Role.ADMIN)

    def test_nobody_is_added_to_a_project_that_is_not_there(self, people: PeopleStore) -> None:
        with pytest.raises(NotFound):
            people.add("nowhere", "Ann", Role.ADMIN)

    def test_a_project_sees_its_own_people_by_name(self, people: PeopleStore) -> None:
        for name in ("cleo", "Ann", "Bob"):
            people.add(P, name, Role.REVIEWER)
        other = people.add(OTHER_PROJECT, "Dan", Role.REVIEWER)
        assert [one.name for one in people.of_project(P)] == ["Ann", "Bob", "cleo"]
        assert people.of_project(OTHER_PROJECT) == [other]

    def test_nobody_of_another_project_is_read_or_changed(self, people: PeopleStore) -> None:
        dan = people.add(OTHER_PROJECT, "Dan", Role.REVIEWER)
        for attempt in (
            lambda: people.get(P, dan.id),
            lambda: people.set_role(P, dan.id, Role.OWNER),
            lambda: people.set_disabled(P, dan.id, NOW),
            lambda: people.set_password(P, dan.id, "hash"),
            lambda: people.invite(P, dan.id, NOW),
            lambda: people.withdraw(P, dan.id),
            lambda: people.get(OTHER_PROJECT, "per_\ud800"),
        ):
            with pytest.raises(NotFound):
                attempt()
        assert people.get(OTHER_PROJECT, dan.id) == dan

    def test_role_state_and_password_change(self, people: PeopleStore) -> None:
        ann = people.add(P, "Ann", Role.REVIEWER)
        assert people.set_role(P, ann.id, Role.OWNER).role is Role.OWNER
        assert people.set_password(P, ann.id, "hash").state is State.ACTIVE
        assert people.named("ann") == (people.get(P, ann.id), "hash")
        assert people.set_disabled(P, ann.id, NOW).state is State.DISABLED
        assert people.set_disabled(P, ann.id, None).state is State.ACTIVE
        people.note_sign_in(ann.id, NOW + HOUR)
        assert people.get(P, ann.id).signed_in_at == NOW + HOUR
        assert people.set_password(P, ann.id, None).state is State.LOCKED_OUT

    def test_somebody_is_known_by_their_subject(self, people: PeopleStore) -> None:
        ann = people.add(P, "Ann", Role.REVIEWER, subject="5" * 64)
        assert people.of_subject("5" * 64) == ann
        assert people.of_subject("6" * 64) is None
        assert ann.state is State.ACTIVE

    def test_a_link_works_once(self, people: PeopleStore) -> None:
        ann = people.add(P, "Ann", Role.REVIEWER)
        made = people.invite(P, ann.id, NOW + HOUR)
        assert (made.person.id, made.person.state, made.expires_at) == (
            ann.id,
            State.INVITED,
            NOW + HOUR,
        )
        assert made.token not in repr(made)
        for _ in range(2):
            assert people.invited(made.token, NOW) == made.person
        assert people.accept(made.token, NOW) == ann
        assert people.accept(made.token, NOW) is None
        assert people.invited(made.token, NOW) is None

    def test_a_link_ends_by_time_by_another_and_when_it_is_withdrawn(
        self, people: PeopleStore
    ) -> None:
        ann = people.add(P, "Ann", Role.REVIEWER)
        first = people.invite(P, ann.id, NOW + HOUR).token
        assert people.accept(first, NOW + HOUR) is None
        second = people.invite(P, ann.id, NOW + HOUR).token
        assert people.accept(first, NOW) is None
        people.withdraw(P, ann.id)
        assert people.accept(second, NOW) is None
        assert people.accept("never was", NOW) is None

    def test_settings_and_defaults_are_kept(self, people: PeopleStore) -> None:
        ann, bob = (people.add(P, name, Role.REVIEWER) for name in ("Ann", "Bob"))
        people.set_settings(ann.id, {"blur": False, "theme": "dark", "break_after_minutes": 30})
        assert people.settings(ann.id) == {
            "blur": False,
            "theme": "dark",
            "break_after_minutes": 30,
        }
        assert people.settings(bob.id) == {}
        assert people.defaults(P) == {}
        for wanted in ({"blur": Default(1, enforced=True)}, {"theme": Default("dark")}):
            people.set_defaults(P, wanted)
            assert people.defaults(P) == wanted
        assert people.defaults(OTHER_PROJECT) == {}
