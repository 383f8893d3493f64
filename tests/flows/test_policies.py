"""Policies tried on the past, and brought into force, over real stores; and what a policy says of
real pictures.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.flows.conftest import save_picture
from tests.flows.moderating import ANN, Desk, desk

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.bank import ActionPolicy, Bank, BankDraft, StoredScore
from reseen.domain.choices import Action, BankRole, Regime
from reseen.domain.errors import Conflict, InvalidValue, NotFound
from reseen.domain.match import Cuts, Match, Segment
from reseen.domain.media import Channel, Span
from reseen.domain.policy import Band, Overlap, PolicyDraft, PolicyState
from reseen.domain.review import Upload, UploadDraft, UploadState
from reseen.engine.policy import Sighting, rule
from reseen.engine.replay import sightings_of
from reseen.flows import policy_backtest
from reseen.flows.fingerprint import Perception
from reseen.flows.jobs import Hold, Left, work_on
from reseen.flows.policies import Enacting
from reseen.flows.policy_backtest import Trying
from reseen.store.alone import alone_in
from reseen.store.audit import SqlAuditLog
from reseen.store.banks import SqlBankStore
from reseen.store.database import Database, open_database, sqlite_url
from reseen.store.jobs import SqlJobStore
from reseen.store.outbox import SqlOutbox
from reseen.store.policies import SqlPolicyStore
from reseen.store.scores import SqlScoreLog
from reseen.store.uploads import SqlUploadStore
from reseen.testing import pictures

CUTS = Cuts(0.3, 0.6, 0.9)
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
REMOVES = ActionPolicy(high=Action.REMOVE)
PICTURES = PolicyDraft(bands={Regime.SEQUENCE: (Band(0.5, Action.REVIEW),)})


@dataclass(frozen=True)
class Office:
    """Where policies are written and tried."""

    database: Database
    banks: SqlBankStore
    policies: SqlPolicyStore
    uploads: SqlUploadStore
    scores: SqlScoreLog
    jobs: SqlJobStore
    audit: SqlAuditLog
    outbox: SqlOutbox
    enacting: Enacting
    trying: Trying

    def bank(self, name: str = "terror", role: BankRole = BankRole.KNOWN) -> Bank:
        return self.banks.create(PROJECT, BankDraft(name, role, policy=REMOVES))

    def upload(self, bank: Bank, score: float, *, days: float = 1, **more: Any) -> Upload:
        """Six seconds of twenty, answered by what was live then."""
        name = f"post-{len(self.uploads.list(PROJECT, limit=1000).items)}"
        segment = Segment(Channel.VISUAL, Span(2, 8), Span(20, 26), score=score, support=9)
        found = Match(score, (segment,))
        one = Sighting("ref_1", bank, found, Regime.SEQUENCE, 20.0, 60.0)
        ruling = rule([one], self.policies.live(PROJECT), CUTS, name)
        kept = Upload(
            id="",
            project_id=PROJECT,
            draft=UploadDraft(name, "user-1"),
            state=UploadState.DONE,
            received_at=NOW - timedelta(days=days),
            action=ruling.action,
            ruled=ruling.action,
            reasons=ruling.reasons,
        )
        return self.uploads.add(replace(kept, **more))

    def searched(self, bank: Bank, query: str, score: float, regime: Regime) -> None:
        at = NOW - timedelta(days=1)
        self.scores.record([StoredScore(at, PROJECT, query, "ref_1", bank.id, regime, score)])

    def tried(self, draft: PolicyDraft, since_days: int = 30) -> dict[str, Any]:
        """What came of trying it."""
        policy = self.enacting.draft(PROJECT, ANN, draft)
        job = self.enacting.backtest(PROJECT, policy.id, since_days)
        claimed = self.jobs.claim_job("me", timedelta(seconds=20), job.id)
        assert claimed is not None
        over = work_on(self.jobs, claimed, "me", self.trying.work)
        assert over.error is None
        assert self.policies.get(PROJECT, policy.id).backtest_id == job.id
        assert over.result is not None
        return dict(over.result)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    database = open_database(sqlite_url(tmp_path / "reseen.db"))
    banks, policies = SqlBankStore(database), SqlPolicyStore(database)
    uploads, jobs = SqlUploadStore(database), SqlJobStore(database)
    scores = SqlScoreLog(database, clock=lambda: NOW)
    audit, outbox = SqlAuditLog(database), SqlOutbox(database)
    enacting = Enacting(
        policies, banks, uploads, jobs, audit, outbox, alone_in(database), CUTS, lambda: NOW
    )
    trying = Trying(policies, banks, uploads, scores, audit, alone_in(database), CUTS)
    yield Office(database, banks, policies, uploads, scores, jobs, audit, outbox, enacting, trying)
    database.close()


def test_a_version_is_held_against_what_was_answered(office: Office) -> None:
    bank = office.bank()
    sure = [office.upload(bank, 0.95) for _ in range(3)]
    office.upload(bank, 0.7)
    office.upload(bank, 0.4)
    told = office.tried(PICTURES)["uploads"]
    assert (told["total"], told["not_replayed"]) == (5, 0)
    assert told["answered"]["before"] == {"remove": 3, "review": 1, "pass": 1}
    assert told["answered"]["after"] == {"remove": 0, "review": 4, "pass": 1}
    [change] = told["answered"]["changes"]
    assert (change["before"], change["after"], change["count"]) == ("remove", "review", 3)
    assert set(change["examples"]) == {one.id for one in sure}


def test_overlap_and_rollout_are_tried_exactly(office: Office) -> None:
    bank = office.bank()
    for _ in range(40):
        office.upload(bank, 0.95)
    narrow = office.tried(PolicyDraft(overlap=Overlap(seconds=7.0)))["uploads"]["answered"]
    assert narrow["after"] == {"remove": 0, "review": 0, "pass": 40}
    wide = office.tried(PolicyDraft(overlap=Overlap(seconds=6.0)))["uploads"]["answered"]
    assert wide["changes"] == []
    draft = PolicyDraft(rollout=0.5)
    foreseen = office.tried(draft)["uploads"]["answered"]["after"]
    policy = office.enacting.draft(PROJECT, ANN, draft)
    office.enacting.go_live(PROJECT, ANN, policy.id, force=True, reason="a trial")
    names = [f"post-{n}" for n in range(40)]
    sighted = Match(0.95, (Segment(Channel.VISUAL, Span(0, 9), Span(0, 9), score=0.95, support=9),))
    one = Sighting("ref_1", bank, sighted, Regime.SEQUENCE, 20.0, 60.0)
    live = office.policies.live(PROJECT)
    actions = [rule([one], live, CUTS, name).action for name in names]
    assert foreseen == {
        "remove": actions.count(Action.REMOVE),
        "review": actions.count(Action.REVIEW),
        "pass": 0,
    }
    assert 8 < foreseen["remove"] < 32


def test_only_uploads_since_then_are_tried_and_all_of_these(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy_backtest, "PAGE", 3)
    bank = office.bank()
    for day in range(10):
        office.upload(bank, 0.95, days=day + 0.5)
    assert office.tried(PICTURES, since_days=8)["uploads"]["total"] == 8
    assert office.tried(PICTURES)["uploads"]["total"] == 10


def test_a_change_lists_some_examples_and_counts_all(office: Office) -> None:
    bank = office.bank()
    for _ in range(policy_backtest.EXAMPLES + 5):
        office.upload(bank, 0.95)
    [change] = office.tried(PICTURES)["uploads"]["answered"]["changes"]
    assert change["count"] == policy_backtest.EXAMPLES + 5
    assert len(set(change["examples"])) == policy_backtest.EXAMPLES


def test_what_is_live_now_and_what_people_decided_are_told_beside(office: Office) -> None:
    bank = office.bank()
    decided = office.upload(bank, 0.95, action=Action.PASS, decision_id="dec_1")
    strict = office.enacting.draft(PROJECT, ANN, PICTURES)
    office.enacting.go_live(PROJECT, ANN, strict.id, force=True, reason="a trial")
    told = office.tried(PolicyDraft())["uploads"]
    assert told["answered"]["changes"] == []
    assert [(c["before"], c["after"]) for c in told["live"]["changes"]] == [("review", "remove")]
    [wrong] = told["decided"]["changes"]
    assert (wrong["before"], wrong["after"]) == ("pass", "remove")
    assert wrong["examples"] == [decided.id]


def test_what_is_not_answered_is_no_upload_and_what_is_not_kept_is_counted(office: Office) -> None:
    bank, gone = office.bank(), office.bank("old")
    office.upload(bank, 0.95)
    office.upload(bank, 0.95, state=UploadState.PENDING, action=None, ruled=None, reasons=())
    office.upload(gone, 0.95)
    office.banks.delete(PROJECT, gone.id)
    told = office.tried(PICTURES)["uploads"]
    assert (told["total"], told["not_replayed"]) == (2, 1)
    assert told["not_replayed_share"] == 0.5
    assert sum(told["answered"]["before"].values()) == 1


def test_past_searches_are_tried_by_their_scores_in_the_banks_that_are_ruled(
    office: Office,
) -> None:
    bank, other = office.bank(), office.bank("other")
    office.searched(bank, "aa", 0.95, Regime.SEQUENCE)
    office.searched(bank, "aa", 0.4, Regime.STILL)
    office.searched(bank, "bb", 0.95, Regime.SOUND)
    office.searched(bank, "cc", 0.7, Regime.SEQUENCE)
    office.searched(other, "dd", 0.95, Regime.SEQUENCE)
    own = replace(PICTURES, bank_id=bank.id, channels=frozenset({Channel.VISUAL}))
    told = office.tried(own)["searches"]
    assert told["before"] == {"remove": 2, "review": 1, "pass": 0}
    assert told["table"]["remove"] == {"remove": 0, "review": 1, "pass": 1}
    everywhere = office.tried(PICTURES)["searches"]
    assert sum(everywhere["before"].values()) == 4
    live = office.enacting.draft(PROJECT, ANN, replace(PolicyDraft(), bank_id=other.id))
    office.enacting.go_live(PROJECT, ANN, live.id, force=True, reason="a trial")
    assert sum(office.tried(PICTURES)["searches"]["before"].values()) == 3


def test_a_backtest_that_is_left_marks_nothing(office: Office) -> None:
    policy = office.enacting.draft(PROJECT, ANN, PICTURES)
    job = office.enacting.backtest(PROJECT, policy.id, 3)
    hold = Hold()
    hold.lost.set()
    with pytest.raises(Left):
        office.trying.work(job, hold)
    assert office.policies.get(PROJECT, policy.id).backtest_id is None


def test_a_version_that_was_tried_goes_live_without_force(office: Office) -> None:
    bank = office.bank()
    office.tried(replace(PICTURES, bank_id=bank.id))
    [policy] = office.policies.list(PROJECT, bank_id=bank.id).items
    enacted = office.enacting.go_live(PROJECT, ANN, policy.id)
    assert (enacted.policy.state, enacted.remarks) == (PolicyState.LIVE, ())
    whats = [entry.draft.what for entry in office.audit.entries(PROJECT, subject=policy.id).items]
    assert whats == ["policy.live", "policy.backtested", "policy.drafted"]
    assert office.audit.verify(PROJECT).broken_at is None


def test_going_live_is_written_whole_or_not_at_all(office: Office) -> None:
    policy = office.enacting.draft(PROJECT, ANN, PICTURES)

    class Broken(SqlAuditLog):
        def append(self, *_: Any) -> Any:
            raise Conflict("the audit takes nothing")

    broken = replace(office.enacting, audit=Broken(office.database))
    with suppress(Conflict):
        broken.go_live(PROJECT, ANN, policy.id, force=True, reason="a trial")
    assert office.policies.live(PROJECT) == {}
    assert office.outbox.events(PROJECT, type="policy.live").items == ()


def test_a_policy_that_could_never_act_is_refused(office: Office) -> None:
    low = {Regime.SEQUENCE: (Band(0.2, Action.REVIEW),)}
    with pytest.raises(InvalidValue, match="never reached") as refused:
        office.enacting.draft(PROJECT, ANN, PolicyDraft(bands=low))
    assert refused.value.field == "bands.sequence"
    lower = BankDraft("lower", cuts={Regime.SEQUENCE: Cuts(0.1, 0.6, 0.9)})
    bank = office.banks.create(PROJECT, lower)
    office.enacting.draft(PROJECT, ANN, PolicyDraft(bank_id=bank.id, bands=low))
    for role in (BankRole.ALLOWED, BankRole.SEEN):
        idle = office.bank(role.value, role)
        with pytest.raises(InvalidValue, match="asks for nothing"):
            office.enacting.draft(PROJECT, ANN, PolicyDraft(bank_id=idle.id))
    with pytest.raises(NotFound):
        office.enacting.draft(PROJECT, ANN, PolicyDraft(bank_id="bank_0"))
    assert len(office.policies.list(PROJECT).items) == 1


def test_a_policy_of_a_bank_that_is_gone_does_not_go_live(office: Office) -> None:
    bank = office.bank()
    policy = office.enacting.draft(PROJECT, ANN, PolicyDraft(bank_id=bank.id))
    office.banks.delete(PROJECT, bank.id)
    with pytest.raises(NotFound):
        office.enacting.go_live(PROJECT, ANN, policy.id, force=True, reason="a trial")
    assert office.policies.live(PROJECT) == {}


type Picture = Callable[[int], Path]


@pytest.fixture
def here(tmp_path: Path, perception: Perception) -> Iterator[Desk]:
    with desk(tmp_path, perception) as opened:
        yield opened


@pytest.fixture
def picture(tmp_path: Path) -> Picture:
    def make(seed: int) -> Path:
        return save_picture(tmp_path / f"{seed}.png", pictures.scene(seed))

    return make


def test_a_reference_rules_until_it_expires_and_not_after(here: Desk, picture: Picture) -> None:
    now = datetime.now(UTC)
    recent = here.ground.bank("recent", BankRole.RECENT, policy=REMOVES)
    here.ground.add(recent, picture(1), expires_at=now + timedelta(days=1))
    assert here.upload(picture(1), "post-1").ruled is Action.REMOVE
    later = replace(here.ground.searching, clock=lambda: now + timedelta(days=2))
    over = replace(here, moderating=replace(here.moderating, searching=later))
    expired = over.upload(picture(1), "post-2")
    assert (expired.ruled, [r.role for r in expired.reasons]) == (Action.PASS, [BankRole.SEEN])


def test_a_quarantine_ends_when_it_is_over(here: Desk, picture: Picture) -> None:
    bank = here.ground.bank("terror", policy=REMOVES)
    reference = here.ground.add(bank, picture(1))
    here.quarantines.put(PROJECT, reference.id, here.clock.now + timedelta(hours=1), "too many")
    assert here.upload(picture(1), "post-1").ruled is Action.REVIEW
    here.clock.now += timedelta(hours=2)
    assert here.upload(picture(1), "post-2").ruled is Action.REMOVE


def test_a_real_upload_is_explained_as_it_was_answered(here: Desk, picture: Picture) -> None:
    bank = here.ground.bank("terror", policy=REMOVES)
    cleared = here.ground.bank("cleared", BankRole.ALLOWED)
    here.ground.add(bank, picture(1))
    here.ground.add(bank, picture(2))
    here.ground.add(cleared, picture(2))
    uploads = [here.upload(picture(seed), f"post-{seed}") for seed in (1, 2, 3)]
    assert [one.ruled for one in uploads] == [Action.REMOVE, Action.PASS, Action.PASS]
    enacting = Enacting(
        here.policies,
        here.ground.banks,
        here.uploads,
        here.ground.jobs,
        here.audit,
        here.outbox,
        alone_in(here.ground.database),
        CUTS,
        here.clock,
    )
    same = enacting.draft(PROJECT, ANN, PolicyDraft(bank_id=bank.id))
    told = [enacting.explain(PROJECT, same.id, one.id) for one in uploads]
    assert [one.ruling.action for one in told] == [one.ruled for one in uploads]
    assert told[1].ruling.cleared
    assert told[0].ruling.reasons[0].rule == "policy 1 of bank terror: high confidence: remove"
    assert told[0].ruling.reasons[0].policy_id == same.id


def test_a_reference_that_comes_later_is_cleared_by_what_covers_it_and_by_nothing_else(
    here: Desk, picture: Picture
) -> None:
    cleared = here.ground.bank("cleared", BankRole.ALLOWED)
    upload = here.upload(picture(1), "post-1")
    allowed = here.ground.add(cleared, picture(1))
    bank = here.ground.bank("terror", policy=REMOVES)
    known = here.ground.add(bank, picture(2))
    content = here.ground.references.get(PROJECT, upload.reference_id or "")
    whole = Segment(Channel.VISUAL, Span.ALWAYS, Span.ALWAYS, score=0.95, support=9)
    here.revising.matched(content, known, bank, Match(0.95, (whole,)))
    after = here.again(upload)
    assert after.ruled is Action.PASS
    assert {r.reference_id for r in after.reasons} >= {known.id, allowed.id}
    banks = {one.id: one for one in here.ground.banks.of_project(PROJECT)}
    told = sightings_of(after.reasons, banks)
    assert told is not None
    assert rule(told, {}, CUTS, "post-1").action is Action.PASS

    other = here.ground.add(bank, picture(3))
    beside = replace(whole, channel=Channel.AUDIO)
    here.revising.matched(content, other, bank, Match(0.95, (beside,)))
    assert here.again(upload).ruled is Action.REMOVE
