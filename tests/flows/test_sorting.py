"""What reviewers say of clusters, and what becomes of cases and decisions."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.flows.conftest import save_picture
from tests.flows.moderating import ANN, BOB, PLATFORM, Desk, desk
from tests.flows.test_moderate import disguised

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.choices import Action
from reseen.domain.cluster import Cluster, Wish
from reseen.domain.errors import Conflict, InvalidValue, NotFound
from reseen.domain.policy import Ruling
from reseen.domain.review import (
    Case,
    CaseState,
    ConsequenceKind,
    ConsequenceState,
    Decision,
    DecisionDraft,
    DecisionState,
    Upload,
    Verdict,
)
from reseen.flows.fingerprint import Perception
from reseen.flows.sorting import Seen
from reseen.testing import pictures

type Send = Callable[..., Upload]


@pytest.fixture
def here(tmp_path: Path, perception: Perception) -> Iterator[Desk]:
    with desk(tmp_path, perception) as opened:
        yield opened


@pytest.fixture
def send(here: Desk, tmp_path: Path) -> Send:
    """Upload a picture of a seed, disguised by a number."""

    def run(seed: int, disguise: int = 0) -> Upload:
        path = tmp_path / f"{seed}-{disguise}.png"
        save_picture(path, disguised(pictures.scene(seed), disguise))
        return here.upload(path, f"post-{seed}-{disguise}", f"user-{seed}-{disguise}")

    return run


def cluster_of(here: Desk, upload: Upload) -> Cluster:
    cluster_id = here.again(upload).cluster_id
    assert cluster_id is not None
    return here.clusters.get(PROJECT, cluster_id)


def seen(cluster: Cluster) -> Seen:
    return Seen(cluster.id, cluster.version)


def number(upload: Upload) -> int:
    assert upload.content is not None
    return upload.content


def case_of(here: Desk, cluster: Cluster) -> Case:
    case = here.cases.of_cluster(PROJECT, cluster.id)
    assert case is not None
    return case


def reported(here: Desk, *uploads: Upload) -> None:
    """Somebody is to look at the clusters of these."""
    for upload in uploads:
        ruling = Ruling(Action.REVIEW, severity=70)
        here.reviewing.opened(PROJECT, cluster_of(here, upload), ruling, "reported")


def decided(here: Desk, upload: Upload, verdict: Verdict = Verdict.HARMFUL) -> Decision:
    reported(here, upload)
    case = case_of(here, cluster_of(here, upload))
    draft = DecisionDraft(verdict, policy="violence", reason="It shows an attack.")
    return here.reviewing.decide(PROJECT, ANN, case.id, case.version, draft)


def audited(here: Desk, what: str) -> list[dict[str, Any]]:
    entries = [entry.draft for entry in here.audit.walk(PROJECT)]
    return [{"who": e.who.id, "subject": e.subject, **e.detail} for e in entries if e.what == what]


def test_what_is_split_off_is_a_cluster_of_its_own_and_the_rest_keeps_its_name(
    here: Desk, send: Send
) -> None:
    first, second, third = send(1), send(1, 2), send(1, 3)
    before = cluster_of(here, first)
    assert before.members == 3
    left, moved = here.sorting.split(PROJECT, ANN, seen(before), [number(first)], "another scene")
    assert left.id == before.id == cluster_of(here, second).id == cluster_of(here, third).id
    assert moved.id == cluster_of(here, first).id != left.id
    assert left.version > before.version
    assert (left.members, moved.members) == (2, 1)
    told = {"members": [first.reference_id], "new": moved.id}
    assert audited(here, "cluster.split") == [{"who": ANN.id, "subject": left.id, **told}]
    assert here.cases.list(PROJECT).items == ()
    for stale in (seen(before), Seen(before.id, left.version + 1)):
        with pytest.raises(Conflict, match="version"):
            here.sorting.split(PROJECT, ANN, stale, [number(second)])


def test_a_part_is_some_of_a_cluster_and_not_all_of_it(here: Desk, send: Send) -> None:
    first, other = send(1), send(9)
    cluster = cluster_of(here, first)
    for contents, why in (([], "Name"), ([number(other)], "Name"), ([number(first)], "left")):
        with pytest.raises(InvalidValue, match=why):
            here.sorting.split(PROJECT, ANN, seen(cluster), contents)
    with pytest.raises(NotFound):
        here.sorting.split(PROJECT, ANN, Seen("clu_none", 1), [number(first)])


def test_what_leaves_a_decided_cluster_keeps_its_action_and_waits_for_a_decision_of_its_own(
    here: Desk, send: Send
) -> None:
    first, second, third = send(1), send(1, 2), send(1, 3)
    decision = decided(here, first)
    assert {here.again(one).action for one in (first, second, third)} == {Action.REMOVE}
    before = cluster_of(here, first)
    left, moved = here.sorting.split(PROJECT, BOB, seen(before), [number(first)])
    gone = here.again(first)
    assert (gone.action, gone.decision_id, gone.cluster_id) == (Action.REMOVE, None, moved.id)
    assert {here.again(one).decision_id for one in (second, third)} == {decision.id}
    assert left.decision_id == decision.id
    assert moved.decision_id is None
    waits = case_of(here, moved)
    assert (waits.state, waits.severity) == (CaseState.OPEN, 70)
    assert waits.why == "it came out of a decided cluster"
    assert case_of(here, left).state is CaseState.DECIDED
    (event,) = here.events("upload.uncovered")
    assert (event["content_id"], event["action"]) == ("post-1-0", "remove")
    (entry,) = audited(here, "upload.uncovered")
    assert (entry["who"], entry["subject"]) == (BOB.id, first.id)
    assert (entry["decision"], entry["cluster"]) == (decision.id, moved.id)


def test_undoing_a_decision_says_what_had_left_it(here: Desk, send: Send) -> None:
    first, second = send(1), send(1, 2)
    decision = decided(here, first)
    here.sorting.split(PROJECT, ANN, seen(cluster_of(here, first)), [number(second)])
    _, became = here.reviewing.undo(PROJECT, BOB, decision.id, "It is a film scene.")
    lasting = [one for one in became if one.state is ConsequenceState.IRREVERSIBLE]
    assert {one.kind for one in lasting} == {ConsequenceKind.ACTION, ConsequenceKind.EVENT}
    assert {one.note for one in lasting} == {"It left the cluster, and is looked at by itself."}
    assert here.again(first).action is Action.PASS
    assert here.again(second).action is Action.REMOVE
    told = [e for e in here.outbox.events(PROJECT, limit=1000).items if e.compensates is not None]
    assert [e.data["content_id"] for e in told if "content_id" in e.data] == ["post-1-0"]


def test_a_split_that_is_taken_back_is_as_if_it_had_never_been(here: Desk, send: Send) -> None:
    first, second = send(1), send(1, 2)
    decision = decided(here, first)
    before = cluster_of(here, first)
    _, moved = here.sorting.split(PROJECT, ANN, seen(before), [number(second)])
    (word,) = here.clusters.words(PROJECT, moved.id)
    assert here.clusters.words(PROJECT, before.id) == (word,)
    assert (word.by, [pin.wish for pin in word.pins]) == (ANN.id, [Wish.APART])
    (whole,) = here.sorting.unsay(PROJECT, BOB, before.id, word.id)
    assert whole.id == before.id == here.clusters.get(PROJECT, moved.id).id
    again = here.again(second)
    assert (again.action, again.decision_id) == (Action.REMOVE, decision.id)
    assert case_of(here, whole).state is CaseState.DECIDED
    assert here.clusters.words(PROJECT, before.id) == ()
    (entry,) = audited(here, "cluster.word_taken_back")
    assert (entry["who"], entry["by"]) == (BOB.id, ANN.id)
    with pytest.raises(NotFound, match="Nothing was said"):
        here.sorting.unsay(PROJECT, BOB, before.id, word.id)


def test_a_merge_names_what_was_looked_at(here: Desk, send: Send) -> None:
    first, second = cluster_of(here, send(1)), cluster_of(here, send(2))
    with pytest.raises(Conflict, match="version"):
        here.sorting.merge(PROJECT, ANN, [seen(first), Seen(second.id, second.version + 1)])
    for some in ([seen(first)], [seen(first), seen(first)]):
        with pytest.raises(InvalidValue, match="two clusters"):
            here.sorting.merge(PROJECT, ANN, some)
    whole = here.sorting.merge(PROJECT, ANN, [seen(second), seen(first)])
    assert (whole.id, whole.members) == (first.id, 2)
    third = cluster_of(here, send(3))
    with pytest.raises(Conflict, match=f"part of the cluster {whole.id}"):
        here.sorting.merge(PROJECT, ANN, [seen(third), seen(second)])
    assert audited(here, "cluster.merged_by_hand")[0]["clusters"] == sorted([first.id, second.id])


def test_a_decision_does_not_spread_to_what_only_a_reviewer_says_is_the_same(
    here: Desk, send: Send
) -> None:
    harmful, other = send(1), send(2)
    decision = decided(here, harmful)
    whole = here.sorting.merge(
        PROJECT, BOB, [seen(cluster_of(here, one)) for one in (harmful, other)]
    )
    joined = here.again(other)
    assert (joined.action, joined.decision_id) == (Action.REVIEW, None)
    case = case_of(here, whole)
    assert case.state is CaseState.OPEN
    assert case.why == "what joined a decided cluster resembles it, and not surely"
    (entry,) = audited(here, "upload.covered")
    assert (entry["who"], entry["subject"], entry["action"]) == (BOB.id, other.id, "review")
    assert here.events("upload.action_changed")[-1]["content_id"] == "post-2-0"
    draft = DecisionDraft(Verdict.HARMFUL, policy="violence")
    second = here.reviewing.decide(PROJECT, BOB, case.id, case.version, draft)
    assert {here.again(one).decision_id for one in (harmful, other)} == {second.id}
    assert here.decisions.get(PROJECT, decision.id).state is DecisionState.UNDONE


def test_where_decisions_differ_neither_spreads_and_whoever_looks_ends_both(
    here: Desk, send: Send
) -> None:
    harmful, allowed = send(1), send(2)
    one = decided(here, harmful)
    other = decided(here, allowed, Verdict.NO_ACTION)
    clusters = [cluster_of(here, upload) for upload in (harmful, allowed)]
    whole = here.sorting.merge(PROJECT, ANN, [seen(cluster) for cluster in clusters])
    case = case_of(here, whole)
    assert case.state is CaseState.OPEN
    assert case.why == "clusters with different decisions became one"
    assert [here.again(u).action for u in (harmful, allowed)] == [Action.REMOVE, Action.PASS]
    later = send(2, 3)
    assert (later.action, later.decision_id) == (Action.REVIEW, None)
    draft = DecisionDraft(Verdict.NO_ACTION)
    case = case_of(here, whole)
    last = here.reviewing.decide(PROJECT, BOB, case.id, case.version, draft)
    assert {here.again(u).decision_id for u in (harmful, allowed, later)} == {last.id}
    states = {here.decisions.get(PROJECT, d.id).state for d in (one, other)}
    assert states == {DecisionState.UNDONE}


def test_a_merge_that_is_taken_back_gives_each_its_decision_again(here: Desk, send: Send) -> None:
    harmful, allowed = send(1), send(2)
    one = decided(here, harmful)
    other = decided(here, allowed, Verdict.NO_ACTION)
    clusters = [cluster_of(here, upload) for upload in (harmful, allowed)]
    whole = here.sorting.merge(PROJECT, ANN, [seen(cluster) for cluster in clusters])
    (word,) = here.clusters.words(PROJECT, whole.id)
    here.sorting.unsay(PROJECT, ANN, whole.id, word.id)
    for upload, decision in ((harmful, one), (allowed, other)):
        cluster = cluster_of(here, upload)
        assert cluster.decision_id == decision.id
        assert here.again(upload).decision_id == decision.id
        assert case_of(here, cluster).state is CaseState.DECIDED
        assert here.decisions.get(PROJECT, decision.id).case_id == case_of(here, cluster).id


def test_appeals_go_with_the_decision_that_they_are_against(here: Desk, send: Send) -> None:
    harmful, other = send(1), send(2)
    decisions = [decided(here, upload) for upload in (harmful, other)]
    clusters = [cluster_of(here, upload) for upload in (harmful, other)]
    whole = here.sorting.merge(PROJECT, ANN, [seen(cluster) for cluster in clusters])
    appeals = [
        here.appealing.appeal(PROJECT, PLATFORM, upload.id, "Mine.") for upload in (harmful, other)
    ]
    (word,) = here.clusters.words(PROJECT, whole.id)
    here.sorting.unsay(PROJECT, ANN, whole.id, word.id)
    for upload, appeal, decision in zip((harmful, other), appeals, decisions, strict=True):
        case = case_of(here, cluster_of(here, upload))
        assert here.decisions.appeal(PROJECT, appeal.id).case_id == case.id
        assert appeal.decision_id == decision.id


def test_a_pinned_content_leaves_its_own_cluster_behind(here: Desk, send: Send) -> None:
    first, second = send(1), send(1, 2)
    other = send(5)
    target = cluster_of(here, other)
    home = cluster_of(here, first)
    assert home.members == 2
    found = here.sorting.pin(PROJECT, ANN, seen(target), number(second), "its soundtrack")
    assert cluster_of(here, second).id == found.id == target.id
    assert cluster_of(here, first) == here.clusters.get(PROJECT, home.id)
    assert here.clusters.get(PROJECT, home.id).members == 1
    pinned = {m.content for m in here.clusters.members(PROJECT, target.id).items if m.is_pinned}
    assert pinned == {number(second), number(other)}
    with pytest.raises(InvalidValue, match="stands for"):
        here.sorting.pin(PROJECT, ANN, seen(found), found.representative)
    with pytest.raises(InvalidValue, match="in no cluster"):
        here.sorting.pin(PROJECT, ANN, seen(found), 999)
    with pytest.raises(Conflict, match="version"):
        here.sorting.pin(PROJECT, ANN, seen(target), number(first))
    (word,) = here.clusters.words(PROJECT, target.id)
    here.sorting.unsay(PROJECT, ANN, target.id, word.id)
    assert cluster_of(here, second).id == home.id


def test_a_newer_word_outweighs_an_older_one_and_taken_back_lets_it_hold_again(
    here: Desk, send: Send
) -> None:
    first, second = send(1), send(1, 2)
    before = cluster_of(here, first)
    left, moved = here.sorting.split(PROJECT, ANN, seen(before), [number(second)])
    whole = here.sorting.merge(PROJECT, BOB, [seen(left), seen(moved)])
    assert cluster_of(here, first) == cluster_of(here, second) == whole
    older, newer = here.clusters.words(PROJECT, whole.id)
    assert (older.by, older.holds) == (ANN.id, False)
    assert (newer.by, newer.holds) == (BOB.id, True)
    here.sorting.unsay(PROJECT, BOB, whole.id, newer.id)
    assert cluster_of(here, first) != cluster_of(here, second)


def test_cases_that_become_one_ask_for_whatever_any_of_them_asked(here: Desk, send: Send) -> None:
    first, second = send(1), send(2)
    reported(here, first, second)
    low, high = (case_of(here, cluster_of(here, one)) for one in (first, second))
    here.cases.save(replace(high, two_person=True, severity=95))
    whole = here.sorting.merge(
        PROJECT, ANN, [seen(cluster_of(here, one)) for one in (first, second)]
    )
    case = case_of(here, whole)
    assert (case.two_person, case.severity) == (True, 95)
    with pytest.raises(Conflict, match="version"):
        here.reviewing.decide(PROJECT, ANN, low.id, low.version, DecisionDraft(Verdict.NO_ACTION))


def test_an_arrival_that_makes_decided_clusters_one_is_told_of_once_as_it_is_answered(
    here: Desk, tmp_path: Path
) -> None:
    whole = pictures.scene(3)
    wide = whole.shape[1]
    parts = {"left": whole[:, : wide * 6 // 10], "right": whole[:, wide * 4 // 10 :]}
    for name, part in parts.items():
        first = here.upload(save_picture(tmp_path / f"{name}.png", part), name, name)
        decided(here, first)
    last = here.upload(save_picture(tmp_path / "whole.png", whole), "whole", "user-9")
    told = here.outbox.events(PROJECT, limit=1000).items
    mine = [
        (e.type, e.data["action"]) for e in reversed(told) if e.data.get("upload_id") == last.id
    ]
    assert mine == [("upload.answered", last.action)]
    assert here.again(last).action is last.action


def test_a_chosen_representative_stands_until_the_word_is_taken_back(
    here: Desk, send: Send
) -> None:
    uploads = [send(1, n) for n in range(3)]
    before = cluster_of(here, uploads[0])
    other = uploads[2]
    assert other.content != before.representative
    chosen = here.sorting.represent(PROJECT, ANN, seen(before), number(other), "It shows more.")
    assert (chosen.representative, chosen.version) == (other.content, before.version + 1)
    for n in range(3, 6):
        send(1, n)
    now = cluster_of(here, other)
    assert (now.representative, now.members) == (other.content, 6)
    (told,) = audited(here, "cluster.representative_chosen")
    assert (told["subject"], told["member"]) == (before.id, other.reference_id)
    with pytest.raises(Conflict):
        here.sorting.represent(PROJECT, ANN, seen(before), number(uploads[0]))
    stranger = send(2)
    with pytest.raises(InvalidValue):
        here.sorting.represent(PROJECT, ANN, seen(now), number(stranger))
    (word,) = here.clusters.words(PROJECT, now.id)
    assert word.holds
    (after,) = here.sorting.unsay(PROJECT, BOB, now.id, word.id)
    assert after.representative != other.content
    assert here.clusters.words(PROJECT, now.id) == ()


def test_what_was_chosen_last_stands_for_clusters_that_become_one(here: Desk, send: Send) -> None:
    uploads = [send(seed) for seed in (1, 2)]
    for upload in uploads:
        here.sorting.represent(PROJECT, ANN, seen(cluster_of(here, upload)), number(upload))
    clusters = [cluster_of(here, upload) for upload in uploads]
    whole = here.sorting.merge(PROJECT, ANN, [seen(cluster) for cluster in clusters])
    assert whole.representative == uploads[1].content
