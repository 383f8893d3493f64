"""Uploads of late, held against what came to be known since."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.flows.conftest import save_picture, save_sound
from tests.flows.searching import Ground, ground
from tests.flows.test_search import disguised

from reseen.domain.access import DEFAULT_PROJECT
from reseen.domain.bank import Hash, Job, Reference
from reseen.domain.choices import BankRole, ItemState, JobKind, JobState
from reseen.domain.errors import InvalidValue, NotFound
from reseen.domain.fingerprint import PDQ, SHA256
from reseen.flows.fingerprint import Perception
from reseen.flows.jobs import LEASE, Hold, Left, work_on
from reseen.flows.retroactive import Retroactive, begin
from reseen.media.receive import local_file
from reseen.signals.pdq import hash_picture
from reseen.testing import pictures, sounds

WEEK = 7 * 86_400.0


@pytest.fixture
def banks(tmp_path: Path, perception: Perception) -> Iterator[Ground]:
    with ground(tmp_path, perception) as made:
        yield made


def upload(banks: Ground, folder: Path, seed: int) -> Reference:
    """A disguised picture into the bank of uploads, which is made when needed."""
    known = {bank.name: bank for bank in banks.banks.of_project(DEFAULT_PROJECT)}
    seen = known.get("seen") or banks.bank("seen", BankRole.SEEN)
    return banks.add(seen, save_picture(folder / f"up{seed}.png", disguised(pictures.scene(seed))))


def held(banks: Ground, **request: Any) -> dict[str, Any]:
    """The result of a job that ran to its end."""
    retroactive = Retroactive(banks.searching, banks.jobs)
    job = banks.jobs.create(
        DEFAULT_PROJECT, JobKind.RETROACTIVE, request, owner="test", lease=LEASE
    )
    after = work_on(banks.jobs, job, "test", retroactive.work)
    assert after.state is JobState.DONE, after.error
    return dict(after.result or {})


def test_an_upload_is_found_when_what_it_repeats_becomes_known(
    banks: Ground, tmp_path: Path
) -> None:
    uploads = [upload(banks, tmp_path, seed) for seed in range(3)]
    path = save_picture(tmp_path / "known.png", pictures.scene(1))
    reference = banks.add(banks.bank("known"), path)
    result = held(banks, reference_id=reference.id, window_s=WEEK)
    [match] = result["matches"]
    assert (match["upload_id"], match["reference_id"]) == (uploads[1].id, reference.id)
    assert match["match"]
    assert match["similarity_score"] > 0.6
    assert result["references"] == 1


def test_the_upload_is_the_source_and_the_reference_the_target(
    banks: Ground, tmp_path: Path
) -> None:
    song = sounds.music(40.0, seed=2)
    seen = banks.bank("seen", BankRole.SEEN)
    banks.add(seen, save_sound(tmp_path / "part.wav", song[15 * 11025 : 30 * 11025]))
    known = banks.add(banks.bank("known"), save_sound(tmp_path / "song.wav", song))
    [match] = held(banks, reference_id=known.id, window_s=WEEK)["matches"]
    best = max(match["matched_segments"], key=lambda s: s["score"])
    assert best["source_start"] == pytest.approx(0.0, abs=0.5)
    assert best["target_start"] == pytest.approx(15.0, abs=0.5)


def test_uploads_from_before_the_window_are_left_out(banks: Ground, tmp_path: Path) -> None:
    upload(banks, tmp_path, 1)
    path = save_picture(tmp_path / "known.png", pictures.scene(1))
    reference = banks.add(banks.bank("known"), path)
    assert held(banks, reference_id=reference.id, window_s=1e-3)["matches"] == []


def test_a_listed_hash_finds_the_uploads_near_it(banks: Ground, tmp_path: Path) -> None:
    one = upload(banks, tmp_path, 1)
    upload(banks, tmp_path, 2)
    code, _ = hash_picture(disguised(pictures.scene(1)))
    listed = banks.add_hash(banks.bank("list"), "listed", Hash(PDQ, code.tobytes()))
    [match] = held(banks, reference_id=listed.id, window_s=WEEK)["matches"]
    assert (match["upload_id"], match["regime"]) == (one.id, "hash")
    with local_file(tmp_path / "up2.png") as file:
        equal = Hash(SHA256, bytes.fromhex(file.sha256))
    exact = banks.add_hash(banks.bank("other list"), "exact", equal)
    [match] = held(banks, reference_id=exact.id, window_s=WEEK)["matches"]
    assert match["similarity_score"] == 1.0


def test_all_that_an_ingest_added_is_held_against_the_uploads(
    banks: Ground, tmp_path: Path
) -> None:
    uploads = [upload(banks, tmp_path, seed) for seed in range(3)]
    bank = banks.bank("known")
    known = [
        banks.add(bank, save_picture(tmp_path / f"{seed}.png", pictures.scene(seed)))
        for seed in (0, 2)
    ]
    job = banks.jobs.create(DEFAULT_PROJECT, JobKind.INGEST, {}, [{}, {}, {}])
    items = banks.jobs.waiting(job.id)
    banks.jobs.finish_items([_done(item, one) for item, one in zip(items, known, strict=False)])
    result = held(banks, ingest_job_id=job.id, window_s=WEEK)
    assert result["references"] == 2
    assert {match["upload_id"] for match in result["matches"]} == {uploads[0].id, uploads[2].id}


def _done(item: Any, reference: Reference) -> Any:
    return replace(item, state=ItemState.DONE, reference_id=reference.id)


def test_a_reference_that_is_disabled_is_searched_for_no_more(
    banks: Ground, tmp_path: Path
) -> None:
    upload(banks, tmp_path, 1)
    path = save_picture(tmp_path / "known.png", pictures.scene(1))
    later = datetime.now(UTC) + timedelta(days=1)
    reference = banks.add(banks.bank("known"), path, disabled_until=later)
    result = held(banks, reference_id=reference.id, window_s=WEEK)
    assert (result["matches"], result["references"]) == ([], 0)


def test_a_job_is_begun_for_banks_of_harm_while_there_are_uploads(banks: Ground) -> None:
    known, fine = banks.bank("known"), banks.bank("fine", BankRole.ALLOWED)
    what = {"reference_id": "ref_1"}
    assert begin(banks.banks, banks.jobs, known, what) is None
    banks.bank("seen", BankRole.SEEN, retention_s=WEEK)
    begun = begin(banks.banks, banks.jobs, known, what)
    assert begun is not None
    assert (begun.kind, dict(begun.request)) == (
        JobKind.RETROACTIVE,
        {"reference_id": "ref_1", "window_s": WEEK},
    )
    assert begin(banks.banks, banks.jobs, fine, what) is None


def test_a_request_that_names_nothing_is_refused(banks: Ground) -> None:
    retroactive = Retroactive(banks.searching, banks.jobs)

    def work(**request: Any) -> Any:
        return retroactive.work(_job(banks, request), Hold())

    with pytest.raises(InvalidValue):
        work(window_s=WEEK)
    with pytest.raises(InvalidValue):
        work(reference_id="ref_1", window_s=-1)
    with pytest.raises(NotFound):
        work(reference_id="ref_0123456789", window_s=WEEK)


def test_a_job_that_was_cancelled_is_left(banks: Ground, tmp_path: Path) -> None:
    path = save_picture(tmp_path / "known.png", pictures.scene(1))
    reference = banks.add(banks.bank("known"), path)
    hold = Hold()
    hold.lost.set()
    job = _job(banks, {"reference_id": reference.id, "window_s": WEEK})
    with pytest.raises(Left):
        Retroactive(banks.searching, banks.jobs).work(job, hold)


def _job(banks: Ground, request: dict[str, Any]) -> Job:
    return banks.jobs.create(DEFAULT_PROJECT, JobKind.RETROACTIVE, request)
