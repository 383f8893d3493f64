# ruff: noqa: S101 the suite of a port is made of assertions
"""What every ``ports.ReviewFacts`` must do: an adapter's test class inherits this."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from reseen.domain.access import DEFAULT_PROJECT as P
from reseen.domain.choices import Action
from reseen.domain.review import CaseState, DecisionDraft, DecisionState, Verdict
from reseen.domain.usage import Ruled
from reseen.ports import CaseStore, DecisionStore, UploadStore
from reseen.ports.usage import ReviewFacts
from reseen.testing.bank_store_contract import OTHER_PROJECT
from reseen.testing.case_store_contract import NOON, case
from reseen.testing.decision_store_contract import decision
from reseen.testing.upload_store_contract import upload

HOUR = timedelta(hours=1)
FACT = Ruled("", "key_ann", NOON, NOON - HOUR, harmful=True, copies=0, by_match=False)
ALWAYS = (NOON - 100 * HOUR, NOON + 100 * HOUR)


@dataclass(frozen=True)
class Kept:
    """Empty stores over one database."""

    facts: ReviewFacts
    cases: CaseStore
    decisions: DecisionStore
    uploads: UploadStore

    def ruled(self, name: str, **more: object) -> str:
        """A case and its decision; the id of this."""
        opened = self.cases.open(replace(case(f"clu_{name}"), opened_at=NOON - HOUR))
        made = replace(decision(f"clu_{name}"), case_id=opened.id, **more)  # type: ignore[arg-type]
        return self.decisions.add(made).id

    def covered(self, name: str, decision_id: str, ruled: Action, after: timedelta) -> None:
        sent = replace(upload(name), decision_id=decision_id, ruled=ruled, received_at=NOON + after)
        self.uploads.add(sent)


class ReviewFactsContract:
    """``kept`` gives empty stores."""

    @pytest.fixture
    def kept(self) -> Iterator[Kept]:
        raise NotImplementedError

    def test_cases_that_wait_are_told_oldest_first(self, kept: Kept) -> None:
        states = (CaseState.OPEN, CaseState.APPEALED, CaseState.DECIDED)
        for n, state in enumerate(states):
            one = kept.cases.open(replace(case(f"clu_{n}"), opened_at=NOON - n * HOUR))
            kept.cases.save(replace(one, state=state))
        kept.cases.open(replace(case("clu_9"), project_id=OTHER_PROJECT))
        assert list(kept.facts.waiting(P)) == [NOON - HOUR, NOON]

    def test_a_decision_is_told_with_what_it_covers(self, kept: Kept) -> None:
        harmful = kept.ruled("a")
        kept.covered("1", harmful, Action.REVIEW, -HOUR)
        kept.covered("2", harmful, Action.PASS, HOUR)
        harmless = kept.ruled("b", draft=DecisionDraft(Verdict.ALLOWED), at=NOON + HOUR, by="key_b")
        kept.covered("3", harmless, Action.REMOVE, 2 * HOUR)
        bare = kept.ruled("c", at=NOON + 2 * HOUR)
        assert list(kept.facts.ruled(P, *ALWAYS)) == [
            replace(FACT, decision_id=harmful, copies=2, by_match=True),
            replace(
                FACT, decision_id=harmless, by="key_b", at=NOON + HOUR, harmful=False, copies=1
            ),
            replace(FACT, decision_id=bare, at=NOON + 2 * HOUR),
        ]

    def test_only_what_is_in_force_and_was_made_then_counts(self, kept: Kept) -> None:
        kept.ruled("a", state=DecisionState.UNDONE)
        kept.ruled("b", state=DecisionState.PROPOSED)
        kept.ruled("c", at=NOON + HOUR)
        kept.ruled("d", project_id=OTHER_PROJECT)
        standing = kept.ruled("e")
        assert [one.decision_id for one in kept.facts.ruled(P, NOON, NOON + HOUR)] == [standing]
