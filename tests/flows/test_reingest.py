"""Fingerprints made anew: the older one serves until then, and where it cannot be made."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from tests.flows.test_ingest import Make, Stand, described, make, of_hash, of_path, plain

from reseen.domain.access import DEFAULT_PROJECT as P
from reseen.domain.bank import Job, JobItem, Reference, ReferenceDraft
from reseen.domain.choices import ItemState
from reseen.domain.fingerprint import PDQ, Fingerprint, Track
from reseen.flows.jobs import LEASE, work_on
from reseen.flows.reingest import Reingesting, begin
from reseen.media.receive import local_file
from reseen.ports import Fetched

__all__ = ["make"]  # the fixture


def in_version(version: str, file: Fetched) -> Fingerprint:
    """Described with a hash of a signal in this version."""
    signal = replace(PDQ, version=version)
    code = np.frombuffer(hashlib.sha256(version.encode()).digest(), np.uint8)[None]
    spans, places = np.array([[-np.inf, np.inf]]), np.zeros((1, 0), np.float32)
    return replace(
        described(file), tracks=(Track(signal, spans, code, np.ones(1, np.float32), places),)
    )


def old(make: Make) -> Stand:
    return make(lambda file: in_version("1", file))


def new(make: Make) -> tuple[Stand, Reingesting]:
    stand = make(lambda file: in_version("2", file), versions=lambda: {"pdq": "2"})
    return stand, Reingesting(stand.ingesting)


def run(stand: Stand, reingesting: Reingesting) -> Job:
    job = begin(stand.ingesting.references, stand.ingesting.jobs, P)
    claimed = stand.ingesting.jobs.claim_job("test", LEASE, job.id)
    assert claimed is not None
    return work_on(stand.ingesting.jobs, claimed, "test", reingesting.work)


def versions(stand: Stand) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for one in stand.ingesting.references.list(P).items:
        kept = stand.ingesting.references.fingerprint(one)
        track = kept.track("pdq") if kept else None
        found[one.draft.name] = track.signal.version if track else None
    return found


def by_name(stand: Stand, job: Job) -> dict[str, JobItem]:
    return {str(one.given["name"]): one for one in stand.ingesting.jobs.items(P, job.id).items}


def reference(stand: Stand, name: str) -> Reference:
    items = stand.ingesting.references.list(P).items
    return next(one for one in items if one.draft.name == name)


def test_what_changed_is_made_anew_and_followed(make: Make, tmp_path: Path) -> None:
    old(make).ingest(of_path(plain(tmp_path, 1)), of_path(plain(tmp_path, 2)), of_hash(1))
    stand, reingesting = new(make)
    before = reference(stand, "1.png")
    job = run(stand, reingesting)
    assert (job.total, job.done, job.failed) == (2, 2, 0)  # a hash has no media
    assert versions(stand) == {"1.png": "2", "2.png": "2", "hash 1": None}
    after = reference(stand, "1.png")
    assert after.id == before.id
    assert after.change > before.change
    assert (P, after.change) in stand.nudges
    again = run(stand, reingesting)
    assert (again.done, again.known) == (0, 2)
    assert len(stand.decoded) == 2


def test_what_cannot_be_made_anew_is_told_and_serves_as_it_was(make: Make, tmp_path: Path) -> None:
    gone, changed, fine = (plain(tmp_path, number) for number in (1, 2, 3))
    old(make).ingest(*map(of_path, (gone, changed, fine)))
    gone.unlink()
    changed.write_text("another")
    stand, reingesting = new(make)
    job = run(stand, reingesting)
    assert (job.done, job.failed) == (1, 2)
    items = by_name(stand, job)
    assert items["1.png"].error_code == "not_found"
    assert items["2.png"].error_code == "conflict"
    assert items["3.png"].state is ItemState.DONE
    assert versions(stand) == {"1.png": "1", "2.png": "1", "3.png": "2"}


def test_what_is_deleted_meanwhile_is_no_error(make: Make, tmp_path: Path) -> None:
    old(make).ingest(of_path(plain(tmp_path, 1)), of_path(plain(tmp_path, 2)))
    stand, reingesting = new(make)
    job = begin(stand.ingesting.references, stand.ingesting.jobs, P)
    stand.ingesting.references.delete(P, reference(stand, "1.png").id)
    claimed = stand.ingesting.jobs.claim_job("test", LEASE, job.id)
    assert claimed is not None
    after = work_on(stand.ingesting.jobs, claimed, "test", reingesting.work)
    assert (after.done, after.known, after.failed) == (1, 1, 0)
    assert versions(stand) == {"2.png": "2"}


def test_a_file_that_is_sent_again_brings_what_is_of_an_older_version_up_to_date(
    make: Make, tmp_path: Path
) -> None:
    one, two = plain(tmp_path, 1), plain(tmp_path, 2)
    old(make).ingest(of_path(one), of_path(two))
    stand, _ = new(make)
    before = reference(stand, "1.png")
    [foreseen] = stand.ingesting.try_out(stand.bank, [of_path(one)])
    assert foreseen.state is ItemState.DONE
    with local_file(one) as file:
        added = stand.ingesting.add_file(stand.bank, file, ReferenceDraft("sent again"))
    assert (added.is_new, added.reference.id, added.reference.draft.name) == (
        False,
        before.id,
        "1.png",
    )
    assert added.reference.change > before.change
    assert versions(stand) == {"1.png": "2", "2.png": "1"}
    job = stand.ingest(of_path(one), of_path(two))
    assert (job.done, job.known) == (0, 2)
    assert versions(stand) == {"1.png": "2", "2.png": "2"}
    assert len(stand.decoded) == 2
    stand.ingest(of_path(one), of_path(two))
    assert len(stand.decoded) == 2


def test_a_version_that_is_not_made_here_is_left_as_it_is(make: Make, tmp_path: Path) -> None:
    old(make).ingest(of_path(plain(tmp_path, 1)))
    stand = make()
    job = stand.ingest(of_path(plain(tmp_path, 1)))
    assert (job.known, stand.decoded, versions(stand)) == (1, [], {"1.png": "1"})
