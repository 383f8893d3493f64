# ruff: noqa: S101 the suite of a port is made of assertions
"""What every ``ports.AuditLog`` must do: an adapter's test class inherits this."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.choices import Action
from reseen.domain.errors import InvalidValue, NotFound
from reseen.domain.record import FIRST, Actor, AuditDraft, chained, told
from reseen.ports import AuditLog
from reseen.testing.bank_store_contract import OTHER_PROJECT

ANN = Actor("key_ann", "reviewer", "req_1")

type Together = Callable[[], AbstractContextManager[None]]


def line(number: int = 0, who: Actor = ANN) -> AuditDraft:
    detail = {"n": number, "é": 1.5}
    return AuditDraft(who, "case.decided", f"cas_{number}", "spam\0", detail=detail)


class AuditLogContract:
    """``log`` gives an empty one, ``together`` the transaction that spans its calls."""

    @pytest.fixture
    def log(self) -> Iterator[AuditLog]:
        raise NotImplementedError

    @pytest.fixture
    def together(self) -> Together:
        raise NotImplementedError

    def test_each_entry_vouches_for_the_one_before(self, log: AuditLog) -> None:
        first, second = log.append(PROJECT, line(1)), log.append(PROJECT, line(2))
        assert (first.position, first.previous) == (1, FIRST)
        assert (second.position, second.previous) == (2, first.digest)
        assert list(log.walk(PROJECT)) == [first, second]
        again = chained(PROJECT, 2, second.at, second.draft, first.digest)
        assert again == second.digest
        checked = log.verify(PROJECT)
        assert (checked.entries, checked.head, checked.broken_at) == (2, second.digest, None)

    def test_an_empty_chain_holds(self, log: AuditLog) -> None:
        assert log.verify(PROJECT).broken_at is None
        assert log.verify(PROJECT).head == FIRST
        with pytest.raises(NotFound):
            log.append("nobody", line())

    def test_projects_have_chains_of_their_own(self, log: AuditLog) -> None:
        log.append(PROJECT, line(1))
        assert log.append(OTHER_PROJECT, line(1)).position == 1
        assert len(list(log.walk(OTHER_PROJECT))) == 1

    def test_lists_page_newest_first_and_filter(self, log: AuditLog) -> None:
        bob = Actor("key_bob", "admin")
        made = [log.append(PROJECT, line(n, ANN if n % 2 else bob)) for n in range(7)]
        first = log.entries(PROJECT, limit=4)
        rest = log.entries(PROJECT, cursor=first.next, limit=4)
        assert [*first.items, *rest.items] == made[::-1]
        assert rest.next is None
        mine = log.entries(PROJECT, who="key_bob").items
        assert {entry.draft.subject for entry in mine} == {"cas_0", "cas_2", "cas_4", "cas_6"}
        assert len(log.entries(PROJECT, subject="cas_3", what="case.decided").items) == 1
        assert log.entries(PROJECT, what="nothing").items == ()
        assert log.entries(PROJECT, until=made[0].at).items == ()
        for cursor in ("x", "", "\u0661", "9" * 19):
            with pytest.raises(InvalidValue, match="cursor"):
                log.entries(PROJECT, cursor=cursor)
        walked = log.walk(PROJECT, who="key_bob", since=made[1].at, until=made[6].at)
        between = [one for one in made[::2] if made[1].at <= one.at < made[6].at]
        assert list(walked) == between

    @pytest.mark.parametrize(
        "detail",
        [
            {"n": 1e16, "m": -0.0, "k": 0.1 + 0.2, "l": 10**30},
            {"action": Action.REMOVE, "of": (Action.PASS, None, True)},
            {10: "ten", 9: "nine", "8": {7: []}},
            {"a\0b": "\ud800", "é": "\U0001f600\u2028"},
        ],
    )
    def test_what_is_read_again_has_the_digest_that_was_written(
        self, log: AuditLog, detail: Mapping[str, Any]
    ) -> None:
        draft = AuditDraft(replace(ANN, request_id="r" * 128), "case.decided", "cas_1")
        kept = log.append(PROJECT, replace(draft, detail=detail))
        assert list(log.walk(PROJECT)) == [kept]
        assert log.verify(PROJECT).broken_at is None
        line = json.loads(json.dumps(told(kept)))
        digest = line.pop("digest")
        said = json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert hashlib.sha256(said.encode()).hexdigest() == digest

    def test_a_digest_that_was_noted_is_found_in_the_chain(self, log: AuditLog) -> None:
        first, second = log.append(PROJECT, line(1)), log.append(PROJECT, line(2))
        assert log.verify(PROJECT, second.digest).known_at == 2
        assert log.verify(PROJECT, first.digest).known_at == 1
        assert log.verify(PROJECT, FIRST).known_at == 0
        assert log.verify(PROJECT, "ab" * 32).known_at is None
        assert log.verify(PROJECT).known_at is None

    def test_what_is_rolled_back_leaves_no_hole(self, log: AuditLog, together: Together) -> None:
        log.append(PROJECT, line(1))

        def fail() -> None:
            with together():
                log.append(PROJECT, line(2))
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()
        assert log.append(PROJECT, line(3)).position == 2
        assert log.verify(PROJECT).broken_at is None

    def test_writers_at_once_make_one_chain(self, log: AuditLog) -> None:
        def work() -> None:
            for number in range(5):
                log.append(PROJECT, line(number))

        threads = [threading.Thread(target=work) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        checked = log.verify(PROJECT)
        assert (checked.entries, checked.broken_at) == (25, None)
