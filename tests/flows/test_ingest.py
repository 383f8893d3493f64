"""Files, URLs and hashes into banks: what a bank holds afterwards, and what a job says of it."""

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.flows.conftest import save_picture

from reseen.domain.access import DEFAULT_PROJECT
from reseen.domain.bank import Bank, BankDraft, Hash, Job, JobItem, ReferenceDraft
from reseen.domain.choices import BankRole, ItemState, JobKind, JobState
from reseen.domain.errors import InvalidValue, MediaUnreadable, NotReady, ReseenError
from reseen.domain.fingerprint import PDQ, Fingerprint
from reseen.domain.media import Asset, Medium
from reseen.flows import retroactive
from reseen.flows.fingerprint import Perception, remember
from reseen.flows.ingest import Ingesting, Remember
from reseen.flows.jobs import LEASE, Hold, JobWorker, work_on
from reseen.media.addresses import FetchPolicy
from reseen.media.fetch import GuardedFetcher
from reseen.media.receive import local_file
from reseen.ports import Fetched
from reseen.store.banks import SqlBankStore
from reseen.store.blobs import open_blobs
from reseen.store.database import open_database, sqlite_url
from reseen.store.jobs import SqlJobStore
from reseen.store.references import SqlReferenceStore
from reseen.testing.loopback import Loopback, answer
from reseen.testing.pictures import scene

P = DEFAULT_PROJECT


@dataclass
class Stand:
    """A truth on disk, and an ingest that counts what it fingerprints."""

    ingesting: Ingesting
    bank: Bank
    nudges: list[tuple[str, int]] = field(default_factory=list)
    decoded: list[str] = field(default_factory=list)

    def begin(self, givens: Sequence[Mapping[str, Any]], **request: Any) -> Job:
        said = {"bank": self.bank.id, "paths": True, **request}
        return self.ingesting.jobs.create(
            P, JobKind.INGEST, said, givens, owner="test", lease=LEASE
        )

    def run(self, job: Job) -> Job:
        return work_on(self.ingesting.jobs, job, "test", self.ingesting.work)

    def ingest(self, *givens: Mapping[str, Any], **request: Any) -> Job:
        return self.run(self.begin(givens, **request))

    def items(self, job: Job) -> dict[str, JobItem]:
        """By what was given."""
        page = self.ingesting.jobs.items(P, job.id, limit=1000)
        return {str(next(iter(one.given.values()))): one for one in page.items}

    def names(self) -> list[str]:
        page = self.ingesting.references.list(P, bank_id=self.bank.id, limit=1000)
        return sorted(one.draft.name for one in page.items)


def described(file: Fetched) -> Fingerprint:
    """What is remembered of a file by one that looks at its hashes only: quick."""
    asset = Asset(file.sha256, file.md5, file.size, Medium.IMAGE, "png", width=160, height=120)
    return Fingerprint(asset, ())


type Make = Callable[..., Stand]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Stands on one data folder; ``through`` says how a file is fingerprinted."""
    database = open_database(sqlite_url(tmp_path / "home" / "reseen.db"))
    blobs = open_blobs((tmp_path / "home" / "blobs").as_uri())
    banks = SqlBankStore(database)

    def stand(
        through: Remember = described,
        versions: Callable[[], Mapping[str, str]] = dict[str, str],
        **draft: Any,
    ) -> Stand:
        decoded: list[str] = []
        nudges: list[tuple[str, int]] = []

        def counted(file: Fetched) -> Fingerprint:
            decoded.append(file.sha256)
            return through(file)

        @contextmanager
        def crew() -> Iterator[Remember]:
            yield counted

        names = {one.name for one in banks.of_project(P)}
        wanted = BankDraft(**{"name": "known", **draft})
        bank = banks.get(P, wanted.name) if wanted.name in names else banks.create(P, wanted)
        policy = FetchPolicy(
            allowed_hosts=frozenset({"127.0.0.1"}), allowed_ports=frozenset(range(1024, 65536))
        )
        ingesting = Ingesting(
            banks=banks,
            references=SqlReferenceStore(database, blobs),
            jobs=SqlJobStore(database),
            fetcher=GuardedFetcher(policy, total_s=60),
            open_file=local_file,
            remember=counted,
            probe=lambda _file: None,
            crew=crew,
            workers=2,
            nudge=lambda project, change: nudges.append((project, change)),
            versions=versions,
        )
        return Stand(ingesting, bank, nudges, decoded)

    yield stand
    database.close()


def picture(folder: Path, seed: int) -> Path:
    return save_picture(folder / f"{seed}.png", scene(seed, 160, 120))


def plain(folder: Path, number: int) -> Path:
    """A file for those who do not look into it."""
    path = folder / f"{number}.png"
    path.write_text(f"file {number}")
    return path


def of_path(path: Path) -> dict[str, Any]:
    return {"path": str(path), "name": path.name}


def of_hash(number: int, **said: Any) -> dict[str, Any]:
    code = hashlib.sha256(str(number).encode()).hexdigest()
    return {"name": f"hash {number}", "hashes": {"pdq": code}, **said}


def test_a_file_becomes_a_reference_that_says_where_it_came_from(
    make: Make, tmp_path: Path, perception: Perception
) -> None:
    stand = make(partial(remember, perception))
    path = picture(tmp_path, 1)
    given = {**of_path(path), "labels": ["own", "both"], "provenance": {"list": 7}}
    job = stand.ingest(given, labels=["both", "all"], note="from a list")
    assert (job.state, job.total, job.done, job.failed) == (JobState.DONE, 1, 1, 0)
    [reference] = stand.ingesting.references.list(P).items
    assert reference.medium is Medium.IMAGE
    assert reference.draft.name == "1.png"
    assert reference.draft.labels == ("both", "all", "own")
    assert reference.draft.note == "from a list"
    assert reference.draft.provenance == {"list": 7, "path": str(path)}
    assert stand.items(job)[str(path)].reference_id == reference.id
    assert stand.nudges == [(P, reference.change)]
    kept = stand.ingesting.references.fingerprint(reference)
    assert kept is not None
    assert kept.track("pdq") is not None


def test_a_file_whose_fingerprint_was_lost_brings_it_back(make: Make, tmp_path: Path) -> None:
    stand = make()
    one, other, whole = (plain(tmp_path, number) for number in (1, 2, 3))
    stand.ingest(*map(of_path, (one, other, whole)))
    held = {r.draft.name: r for r in stand.ingesting.references.list(P).items}
    for name in ("1.png", "2.png"):
        sha256 = held[name].identity.partition(":")[2]
        [blob] = (tmp_path / "home" / "blobs").rglob(f"{sha256}*")
        blob.unlink()
    job = stand.ingest(of_path(one), of_path(whole))
    assert (job.done, job.known, job.failed) == (0, 2, 0)
    with local_file(other) as file:
        again = stand.ingesting.add_file(stand.bank, file, ReferenceDraft("again"))
    assert (again.is_new, again.reference.id) == (False, held["2.png"].id)
    assert len(stand.decoded) == 3 + 2
    for reference in held.values():
        assert stand.ingesting.references.fingerprint(reference) is not None


def test_equal_content_is_held_once_and_not_decoded_again(make: Make, tmp_path: Path) -> None:
    stand = make()
    path = plain(tmp_path, 1)
    stand.ingest(of_path(path))
    twin = tmp_path / "twin.png"
    twin.write_bytes(path.read_bytes())
    job = stand.ingest(of_path(twin), of_path(path))
    assert (job.done, job.known, job.failed) == (0, 2, 0)
    assert len(stand.decoded) == 1
    assert stand.names() == ["1.png"]


def test_equal_files_of_one_job_become_one_reference(make: Make, tmp_path: Path) -> None:
    stand = make()
    data = plain(tmp_path, 1).read_bytes()
    paths = [tmp_path / f"copy{k}.png" for k in range(6)]
    for path in paths:
        path.write_bytes(data)
    job = stand.ingest(*map(of_path, paths))
    assert (job.done, job.known) == (1, 5)
    assert len(stand.names()) == 1


def test_each_bad_item_fails_by_itself(make: Make, tmp_path: Path, perception: Perception) -> None:
    stand = make(partial(remember, perception))
    good, broken, text = picture(tmp_path, 1), tmp_path / "broken.png", tmp_path / "text.png"
    broken.write_bytes(good.read_bytes()[:60])
    text.write_bytes(b"no picture at all")
    listed = {"name": "list, line 3", "error": {"code": "invalid_request", "detail": "No hash."}}
    job = stand.ingest(
        of_path(tmp_path / "missing.png"),
        of_path(broken),
        of_path(good),
        of_path(text),
        listed,
        {"name": "nothing"},
        {"name": "odd", "hashes": {"pdq": "zz"}},
        {"name": "new kind", "hashes": {"tlsh": "aa"}},
        {"url": "http://10.0.0.1/a.png"},
        {"url": "http://["},
    )
    assert (job.done, job.failed, job.state) == (1, 9, JobState.DONE)
    items = stand.items(job)
    assert {
        name: items[name].error_code
        for name in (str(tmp_path / "missing.png"), str(broken), str(text), "http://10.0.0.1/a.png")
    } == {
        str(tmp_path / "missing.png"): "not_found",
        str(broken): "media_unreadable",
        str(text): "unsupported_media",
        "http://10.0.0.1/a.png": "url_not_allowed",
    }
    assert items["list, line 3"].error_detail == "No hash."
    assert stand.names() == ["1.png"]


def test_thousands_of_hashes_go_in_without_a_file(make: Make) -> None:
    stand = make()
    job = stand.ingest(*(of_hash(k, labels=["list"]) for k in range(2500)))
    assert (job.done, job.known, job.failed) == (2500, 0, 0)
    assert stand.decoded == []
    again = stand.ingest(*(of_hash(k) for k in range(2400, 2600)))
    assert (again.done, again.known) == (100, 100)


def test_a_hash_twice_in_a_list_is_held_once(make: Make) -> None:
    stand = make()
    job = stand.ingest(of_hash(1), of_hash(2), of_hash(1))
    assert (job.done, job.known) == (2, 1)


def test_paths_are_opened_only_where_the_job_may(make: Make, tmp_path: Path) -> None:
    stand = make()
    job = stand.ingest(of_path(plain(tmp_path, 1)), paths=False)
    assert job.failed == 1
    [item] = stand.items(job).values()
    assert item.error_code == "forbidden"


def test_urls_come_through_the_fetcher_and_a_slow_host_holds_up_no_file(
    make: Make, tmp_path: Path
) -> None:
    stand = make()
    body = plain(tmp_path, 1).read_bytes()
    asked = threading.Event()

    def serve(path: str, _server: Loopback) -> Iterator[bytes | float]:
        if path == "/slow":
            asked.wait(20)
        yield from answer(body, status="200 OK" if path == "/slow" else "404 Not Found")

    others = [plain(tmp_path, seed) for seed in range(2, 12)]
    with Loopback(serve) as server:
        urls = [{"url": server.url("/slow")}, {"url": server.url("/gone")}]
        job = stand.begin([*urls, *map(of_path, others)])
        done: list[str] = []

        def watch(item: JobItem) -> None:
            done.append(str(item.given.get("url", "file")))
            if done.count("file") == len(others):
                asked.set()

        job = work_on(
            stand.ingesting.jobs, job, "test", lambda j, h: stand.ingesting.work(j, h, watch)
        )
        items = stand.items(job)
    assert (job.done, job.failed) == (11, 1)
    assert items[server.url("/gone")].error_code == "fetch_failed"
    assert done[-1] == server.url("/slow")
    assert server.url("/slow") in stand.names()


def test_a_process_that_breaks_is_an_error_of_its_file(make: Make, tmp_path: Path) -> None:
    paths = [plain(tmp_path, seed) for seed in range(4)]
    poison = hashlib.sha256(paths[2].read_bytes()).hexdigest()

    def through(file: Fetched) -> Fingerprint:
        if file.sha256 == poison:
            raise MediaUnreadable("The process ended.")
        return described(file)

    job = make(through).ingest(*map(of_path, paths))
    assert (job.done, job.failed, job.state) == (3, 1, JobState.DONE)


def test_a_job_that_stops_anywhere_goes_on_and_holds_each_item_once(
    make: Make, tmp_path: Path
) -> None:
    paths = [plain(tmp_path, seed) for seed in range(8)]
    whole = make()
    givens = [*map(of_path, paths), *(of_hash(k) for k in range(3000))]
    left = iter(range(3))

    def through(file: Fetched) -> Fingerprint:
        if next(left, None) is None:
            raise NotReady("The disk is full.")
        return whole.ingesting.remember(file)

    job = whole.begin(givens)
    with pytest.raises(NotReady):
        make(through).run(job)
    half = whole.ingesting.jobs.get(P, job.id)
    assert not half.is_over
    assert half.failed == 0
    again = whole.ingesting.jobs.claim_job("test", LEASE, job.id)
    assert again is not None
    after = whole.run(again)
    assert (after.state, after.total, after.failed) == (JobState.DONE, 3008, 0)
    assert after.done + after.known == 3008
    assert len(whole.names()) == 1000  # a page
    assert whole.ingesting.banks.counts(P)[whole.bank.id] == 3008


def test_a_stopped_job_is_given_back_at_once(make: Make, tmp_path: Path) -> None:
    stand = make()
    stop = threading.Event()
    job = stand.begin([of_path(plain(tmp_path, number)) for number in range(80)])
    handle = lambda j, h: stand.ingesting.work(j, h, lambda _: stop.set())  # noqa: E731
    left = work_on(stand.ingesting.jobs, job, "test", handle, stop=stop)
    assert not left.is_over
    assert 0 < left.done < 80
    assert stand.ingesting.jobs.claim_job("other", LEASE, job.id) is not None


def test_a_cancelled_job_is_left(make: Make, tmp_path: Path) -> None:
    stand = make()
    job = stand.begin([of_hash(k) for k in range(5)])
    stand.ingesting.jobs.cancel(P, job.id)
    hold = Hold()
    hold.lost.set()
    after = work_on(stand.ingesting.jobs, job, "test", lambda _job, _hold: hold.check())
    assert after.state is JobState.CANCELLED


def test_a_bank_that_is_gone_fails_the_job(make: Make) -> None:
    stand = make()
    job = stand.begin([of_hash(1)])
    stand.ingesting.banks.delete(P, stand.bank.id)
    after = stand.run(job)
    assert after.state is JobState.FAILED
    assert after.error is not None
    assert after.error.startswith("not_found: ")


def test_a_bank_that_forgets_gives_its_references_an_end(make: Make, tmp_path: Path) -> None:
    stand = make(name="recent", retention_s=3600.0)
    stand.ingest(of_hash(1), of_path(plain(tmp_path, 1)))
    for one in stand.ingesting.references.list(P).items:
        assert one.draft.expires_at is not None
        assert 3500 < (one.draft.expires_at - one.created_at).total_seconds() < 3700


def test_a_dry_run_foresees_and_writes_nothing(make: Make, tmp_path: Path) -> None:
    stand = make()
    held, new = plain(tmp_path, 1), plain(tmp_path, 2)
    stand.ingest(of_path(held), of_hash(1))

    def probe(file: Fetched) -> None:
        if file.size < 5:
            raise InvalidValue("Too small.")

    (tmp_path / "small").write_bytes(b"x")
    ingesting = replace(stand.ingesting, probe=probe)
    twin = tmp_path / "twin"
    twin.write_bytes(new.read_bytes())
    before = ingesting.banks.counts(P)
    decoded = len(stand.decoded)
    givens = [
        of_path(held),
        of_path(new),
        of_path(twin),
        of_path(tmp_path / "small"),
        of_hash(1),
        of_hash(2),
        {"name": "x", "error": {"code": "invalid_request", "detail": "Odd."}},
    ]
    found = sorted(ingesting.try_out(stand.bank, givens), key=lambda item: item.number)
    states = [item.state for item in found]
    assert sorted(states[1:3]) == [ItemState.DONE, ItemState.KNOWN]
    assert [states[0], *states[3:]] == [
        ItemState.KNOWN,
        ItemState.FAILED,
        ItemState.KNOWN,
        ItemState.DONE,
        ItemState.FAILED,
    ]
    assert ingesting.banks.counts(P) == before
    assert len(stand.decoded) == decoded
    unknown = list(ingesting.try_out(None, [of_path(held)]))
    assert [item.state for item in unknown] == [ItemState.DONE]


def test_single_files_and_hashes_are_added_and_recognised(make: Make, tmp_path: Path) -> None:
    stand = make()
    with local_file(plain(tmp_path, 1)) as file:
        first = stand.ingesting.add_file(stand.bank, file, ReferenceDraft("a"))
        second = stand.ingesting.add_file(stand.bank, file, ReferenceDraft("b"))
    assert (first.is_new, second.is_new) == (True, False)
    assert second.reference.id == first.reference.id
    assert len(stand.decoded) == 1
    one = Hash(PDQ, bytes(32))
    added = [stand.ingesting.add_hashes(stand.bank, [one], ReferenceDraft("h")) for _ in range(2)]
    assert [each.is_new for each in added] == [True, False]
    with pytest.raises(ReseenError):
        stand.ingesting.add_hashes(stand.bank, [], ReferenceDraft("none"))


def test_what_enters_a_known_bank_is_held_against_uploads_that_are_kept(make: Make) -> None:
    stand = make()
    banks, jobs = stand.ingesting.banks, stand.ingesting.jobs
    ingesting = replace(stand.ingesting, arrived=partial(retroactive.begin, banks, jobs))

    def waiting() -> list[Mapping[str, Any]]:
        return [j.request for j in jobs.list(P).items if j.kind is JobKind.RETROACTIVE]

    def add(number: int, bank: Bank) -> str:
        draft, code = ReferenceDraft(str(number)), Hash(PDQ, bytes([number] * 32))
        return ingesting.add_hashes(bank, [code], draft).reference.id

    add(1, stand.bank)
    assert waiting() == []  # no upload is kept
    seen = banks.create(P, BankDraft("uploads", BankRole.SEEN, retention_s=3600.0))
    first = add(2, stand.bank)
    add(2, stand.bank)  # held already
    add(3, seen)
    assert waiting() == [{"reference_id": first, "window_s": 3600.0}]
    job = work_on(jobs, stand.begin([of_hash(1)]), "test", ingesting.work)
    again = work_on(jobs, stand.begin([of_hash(1)]), "test", ingesting.work)
    assert again.known == 1
    assert waiting()[0] == {"ingest_job_id": job.id, "window_s": 3600.0}
    assert len(waiting()) == 2


def test_a_worker_stops_in_the_middle_of_a_download_and_leaves_the_job(
    make: Make, tmp_path: Path
) -> None:
    stand = make()
    asked, released = threading.Event(), threading.Event()

    def serve(_path: str, _server: Loopback) -> Iterator[bytes | float]:
        asked.set()
        released.wait(60)
        yield from answer(b"late")

    with Loopback(serve) as server:
        given = {"bank": stand.bank.id}
        job = stand.ingesting.jobs.create(P, JobKind.INGEST, given, [{"url": server.url("/slow")}])
        worker = JobWorker(
            stand.ingesting.jobs, {JobKind.INGEST: stand.ingesting.work}, poll_s=0.02
        )
        worker.start()
        assert asked.wait(20)
        worker.stop(20)
        assert stand.ingesting.jobs.claim_job("next", LEASE, job.id) is not None
        released.set()
    [item] = stand.items(job).values()
    assert item.state is ItemState.WAITING
