# ruff: noqa: S101 the suite of a port is made of assertions
"""What every ``ports.ReferenceStore`` must do: an adapter's test class inherits this, with
``store``, and ``banks``, ``jobs`` and ``blobs`` beside it.
"""

import hashlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from reseen.domain.access import DEFAULT_PROJECT
from reseen.domain.bank import (
    Added,
    Bank,
    BankDraft,
    Content,
    Hash,
    JobItem,
    Reference,
    ReferenceDraft,
)
from reseen.domain.choices import ItemState, JobKind, ReferenceKind, ReferenceState
from reseen.domain.errors import BlobMissing, Conflict, InvalidValue, NotFound
from reseen.domain.fingerprint import (
    DESCRIPTOR,
    LOOKS,
    MOTION,
    PDQ,
    QUADS,
    Fingerprint,
    Skip,
    Track,
)
from reseen.domain.media import Asset, Medium
from reseen.ports import BankStore, Blobs, JobStore, ReferenceStore
from reseen.testing.bank_store_contract import OTHER_PROJECT
from reseen.testing.key_store_contract import Clock

P = DEFAULT_PROJECT

HOUR = timedelta(hours=1)


def film(seed: int, rows: int = 5, medium: Medium = Medium.VIDEO) -> Fingerprint:
    """The fingerprint of a file with this seed for content, from a generator."""
    rng = np.random.default_rng(seed)
    begins = np.sort(rng.uniform(0, 60, rows))
    spans = np.stack([begins, begins + 1], axis=1)
    codes = {
        PDQ: rng.integers(0, 256, (rows, 32), np.uint8),
        DESCRIPTOR: rng.integers(-127, 128, (rows, 512), np.int8),
        LOOKS: rng.integers(0, 256, (rows, 300), np.uint8),
        QUADS: rng.integers(0, 1 << 32, (rows, 1), np.uint32),
    }
    places = {DESCRIPTOR: 6, QUADS: 4}
    return Fingerprint(
        Asset(
            sha256=hashlib.sha256(b"%d" % seed).hexdigest(),
            md5=hashlib.md5(b"%d" % seed, usedforsecurity=False).hexdigest(),
            size=1000 + seed,
            medium=medium,
            format="mp4",
            duration=None if medium is Medium.IMAGE else 61.5,
            width=640,
            height=360,
            has_audio=True,
        ),
        tracks=tuple(
            Track(
                signal,
                spans,
                code,
                rng.random(rows).astype(np.float32),
                rng.random((rows, places.get(signal, 0))).astype(np.float32),
            )
            for signal, code in codes.items()
        ),
        skipped=(Skip(replace(DESCRIPTOR, name="parts"), "none inside ü"),),
        remarks=("truncated after 12.0 s",),
    )


def medium_of(seed: int, **more: Any) -> Content:
    return Content(film(seed, **more))


def digest(kind: str, seed: int) -> Hash:
    return Hash.parse(kind, hashlib.sha512(b"%d" % seed).hexdigest()[: 32 if kind == "md5" else 64])


def hashes(seed: int, *kinds: str) -> Content:
    """Hashes without a medium, PDQ unless others are asked for."""
    return Content(hashes=tuple(digest(kind, seed) for kind in kinds or ("pdq",)))


def same(one: Fingerprint | None, other: Fingerprint | None) -> bool:
    """Equal to the last bit, types and shapes included."""
    if one is None or other is None:
        return one is other
    columns = ("spans", "codes", "quality", "places")
    return (
        replace(one, tracks=()) == replace(other, tracks=())
        and [track.signal for track in one.tracks] == [track.signal for track in other.tracks]
        and all(
            getattr(a, name).dtype == getattr(b, name).dtype
            and np.array_equal(getattr(a, name), getattr(b, name), equal_nan=True)
            for a, b in zip(one.tracks, other.tracks, strict=True)
            for name in columns
        )
    )


FULL = ReferenceDraft(
    name="/media/ü 😀.jpg",
    labels=("violence", "ü", "violence"),
    note="seen\nat noon",
    provenance={"source": "list", "n": [1, 2.5, None, True], "deep": {"ü": "\ud800 \0"}},
)


class ReferenceStoreContract:
    """``store`` gives an empty store, with the projects ``default`` and ``OTHER_PROJECT``, over the
    same truth as ``banks`` and ``jobs``, with its fingerprints in ``blobs``; all read this clock.
    """

    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    def store(self) -> Iterator[ReferenceStore]:
        raise NotImplementedError

    @pytest.fixture
    def banks(self) -> Iterator[BankStore]:
        raise NotImplementedError

    @pytest.fixture
    def jobs(self) -> Iterator[JobStore]:
        raise NotImplementedError

    @pytest.fixture
    def blobs(self) -> Iterator[Blobs]:
        raise NotImplementedError

    @pytest.fixture
    def bank(self, banks: BankStore) -> Bank:
        return banks.create(P, BankDraft("harm"))

    @pytest.fixture
    def other(self, banks: BankStore) -> Bank:
        return banks.create(P, BankDraft("other"))

    # -- adding

    def test_the_signals_of_what_is_kept_are_told_as_long_as_it_is_whole(
        self, store: ReferenceStore, bank: Bank, blobs: Blobs
    ) -> None:
        made = medium_of(1)
        assert made.fingerprint is not None
        held = store.add(bank, ReferenceDraft("a"), made).reference
        hashed = store.add(bank, ReferenceDraft("b"), hashes(2)).reference
        signals = [track.signal for track in made.fingerprint.tracks]
        assert list(store.signals(held)) == signals
        assert not store.signals(hashed)
        [key] = blobs.keys()
        blobs.put(key, blobs.get(key)[:-1])
        with pytest.raises(BlobMissing):
            store.signals(held)
        blobs.delete([key])
        with pytest.raises(BlobMissing):
            store.signals(held)

    @pytest.mark.parametrize("medium", Medium)
    def test_a_reference_comes_back_as_it_was_added(
        self, store: ReferenceStore, bank: Bank, clock: Clock, medium: Medium
    ) -> None:
        draft = replace(FULL, disabled_until=clock.now + HOUR, expires_at=clock.now + 2 * HOUR)
        content = medium_of(1, medium=medium)
        added = store.add(bank, draft, content)
        made = added.reference
        assert added.is_new
        assert (made.project_id, made.bank_id, made.created_at) == (P, bank.id, clock.now)
        assert made.identity == content.identity
        assert (made.medium, made.duration) == (
            medium,
            None if medium is Medium.IMAGE else 61.5,
        )
        assert made.draft == replace(draft, labels=("violence", "ü"))
        assert store.get(P, made.id) == made
        assert store.held(bank, made.identity) == made
        assert store.list(P).items == (made,)
        assert same(store.fingerprint(made), content.fingerprint)
        assert content.fingerprint is not None
        assert {(one.signal.name, one.code.hex()) for one in store.hashes_of(made)} == {
            ("sha256", content.fingerprint.asset.sha256),
            ("md5", content.fingerprint.asset.md5),
        }

    def test_hashes_alone_are_references_without_a_medium(
        self, store: ReferenceStore, bank: Bank
    ) -> None:
        content = hashes(1, "pdq", "md5", "sha256")
        made = store.add(bank, FULL, content).reference
        assert (made.medium, made.duration) == (None, None)
        assert set(store.hashes_of(made)) == set(content.hashes)
        assert store.fingerprint(made) is None
        assert store.get(P, made.id) == made

    def test_a_hash_from_a_list_becomes_the_file_that_comes_in_later(
        self, store: ReferenceStore, bank: Bank, other: Bank
    ) -> None:
        content = medium_of(7)
        assert content.fingerprint is not None
        listed = Content(hashes=(Hash.parse("sha256", content.fingerprint.asset.sha256),))
        hash_only = store.add(bank, FULL, listed).reference
        added = store.add(bank, ReferenceDraft("the file"), content)
        made = added.reference
        assert added.is_new
        assert (made.id, made.draft) == (hash_only.id, hash_only.draft)
        assert made.medium is Medium.VIDEO
        assert made.change > hash_only.change
        assert same(store.fingerprint(made), content.fingerprint)
        assert {one.signal.name for one in store.hashes_of(made)} == {"sha256", "md5"}
        assert len(store.indexed(P, [made.number])[made.number]) > 0
        assert not store.add(bank, FULL, listed).is_new
        shared = store.add(other, FULL, content).reference
        store.delete(P, made.id)
        assert same(store.fingerprint(shared), content.fingerprint)

    def test_equal_content_is_held_once_a_bank(
        self, store: ReferenceStore, bank: Bank, other: Bank, banks: BankStore
    ) -> None:
        for content in (medium_of(1), hashes(2), hashes(3, "md5"), hashes(4, "sha256", "md5")):
            first = store.add(bank, ReferenceDraft("first"), content)
            again = store.add(bank, ReferenceDraft("again"), content)
            assert first.is_new
            assert not again.is_new
            assert again.reference == first.reference
            assert store.add(other, ReferenceDraft("elsewhere"), content).is_new
        assert banks.counts(P) == {bank.id: 4, other.id: 4}

    def test_many_are_added_in_one_go_with_their_doubles(
        self, store: ReferenceStore, bank: Bank, banks: BankStore
    ) -> None:
        held = store.add(bank, ReferenceDraft("held"), hashes(0)).reference
        contents = [hashes(k % 600) for k in range(1300)] + [medium_of(1), medium_of(1)]
        added = store.add_many(bank, [(ReferenceDraft(f"{k}"), c) for k, c in enumerate(contents)])
        assert [one.reference.identity for one in added] == [one.identity for one in contents]
        assert [one.is_new for one in added] == [k in {*range(1, 600), 1300} for k in range(1302)]
        assert added[0].reference == held
        assert added[600].reference == held
        assert added[1299].reference == added[99].reference
        assert banks.counts(P) == {bank.id: 601}
        new = [one.reference for one in added if one.is_new]
        assert [one.number for one in new] == sorted({one.number for one in new})
        assert [one.change for one in new] == list(range(held.change + 1, held.change + 601))

    def test_nothing_added_is_nothing_changed(self, store: ReferenceStore, bank: Bank) -> None:
        assert store.add_many(bank, []) == []
        assert store.last_change(P) == 0

    @pytest.mark.parametrize(
        "wrong",
        [
            *({"name": text} for text in ("x" * 4097, "\0", "\ud800")),
            *({"note": text} for text in ("x" * 10_001, "\0", "\ud800")),
            *({"labels": (text,)} for text in ("", "x" * 201, "a\0", "\ud800")),
            {"labels": tuple(map(str, range(101)))},
            *({"provenance": {"x": value}} for value in (float("nan"), {1}, b"")),
            {"provenance": {"x": "y" * 200_000}},
        ],
    )
    def test_what_cannot_be_said_is_refused_and_nothing_is_added(
        self, store: ReferenceStore, bank: Bank, blobs: Blobs, wrong: dict[str, Any]
    ) -> None:
        with pytest.raises(InvalidValue):
            store.add_many(
                bank,
                [(FULL, medium_of(1)), (replace(FULL, **wrong), medium_of(2))],
            )
        assert store.list(P).items == ()
        assert store.last_change(P) == 0
        assert list(blobs.keys()) == []
        made = store.add(bank, FULL, hashes(1)).reference
        with pytest.raises(InvalidValue):
            store.update(P, made.id, replace(FULL, **wrong))
        assert store.get(P, made.id) == made

    def test_a_bank_that_is_gone_takes_nothing(
        self, store: ReferenceStore, bank: Bank, banks: BankStore
    ) -> None:
        made = store.add(bank, FULL, hashes(1)).reference
        banks.delete(P, bank.id)
        for content in (hashes(1), hashes(2), medium_of(1)):
            with pytest.raises(NotFound):
                store.add(bank, FULL, content)
        assert store.held(bank, made.identity) is None

    def test_outcomes_are_recorded_with_what_was_added(
        self, store: ReferenceStore, bank: Bank, jobs: JobStore
    ) -> None:
        job = jobs.create(P, JobKind.INGEST, {}, [{"n": k} for k in range(3)])
        items = jobs.waiting(job.id)

        def settled(added: Sequence[Added]) -> list[JobItem]:
            states = {True: ItemState.DONE, False: ItemState.KNOWN}
            return [
                replace(item, state=states[one.is_new], reference_id=one.reference.id)
                for item, one in zip(items, added, strict=True)
            ]

        added = store.add_many(bank, [(FULL, hashes(k % 2)) for k in range(3)], settled)
        now = jobs.get(P, job.id)
        assert (now.done, now.known) == (2, 1)
        assert [one.reference_id for one in jobs.items(P, job.id).items] == [
            one.reference.id for one in added
        ]

    def test_where_outcomes_fail_nothing_is_added(
        self, store: ReferenceStore, bank: Bank, banks: BankStore
    ) -> None:
        def broken(_: Sequence[Added]) -> list[JobItem]:
            raise RuntimeError("no outcome")

        with pytest.raises(RuntimeError, match="no outcome"):
            store.add_many(bank, [(FULL, medium_of(1)), (FULL, hashes(1))], broken)
        assert store.list(P).items == ()
        assert store.last_change(P) == 0
        assert banks.counts(P) == {bank.id: 0}
        assert store.add(bank, FULL, medium_of(1)).is_new

    # -- reading

    @pytest.mark.parametrize(
        "unknown",
        [
            "",
            "ref_",
            "ref_0000000099",
            "ref_ffffffffff",
            "ref_00000000zz",
            "\ud800",
            "\0",
            "x" * 999,
        ],
    )
    def test_an_unknown_reference_is_not_found(
        self, store: ReferenceStore, bank: Bank, unknown: str
    ) -> None:
        store.add(bank, FULL, hashes(1))
        for ask in (store.get, store.delete):
            with pytest.raises(NotFound):
                ask(P, unknown)
        with pytest.raises(NotFound):
            store.update(P, unknown, FULL)
        with pytest.raises(NotFound):
            store.move(P, unknown, bank)
        with pytest.raises(NotFound):
            store.refresh(P, unknown, film(1))

    def test_one_project_does_not_reach_into_another(
        self, store: ReferenceStore, bank: Bank, banks: BankStore, clock: Clock
    ) -> None:
        made = store.add(bank, FULL, medium_of(1)).reference
        theirs = banks.create(OTHER_PROJECT, BankDraft("harm"))
        for ask in (store.get, store.delete):
            with pytest.raises(NotFound):
                ask(OTHER_PROJECT, made.id)
        with pytest.raises(NotFound):
            store.update(OTHER_PROJECT, made.id, FULL)
        with pytest.raises(NotFound):
            store.move(P, made.id, theirs)
        assert store.list(OTHER_PROJECT).items == ()
        assert store.candidates(OTHER_PROJECT, [made.number], clock.now) == ()
        assert store.with_hashes(OTHER_PROJECT, store.hashes_of(made)) == ()
        assert store.indexed(OTHER_PROJECT, [made.number]) == {}
        assert store.changes(OTHER_PROJECT, 0) in ((), [])
        mirrored = store.add(theirs, FULL, medium_of(1))
        assert mirrored.is_new
        store.delete(P, made.id)
        store.sweep(clock.now + HOUR)
        assert same(store.fingerprint(mirrored.reference), film(1))

    def test_references_are_listed_newest_first_by_bank_and_label(
        self, store: ReferenceStore, bank: Bank, other: Bank
    ) -> None:
        made = [
            store.add(
                (bank, other)[k % 2],
                ReferenceDraft(f"{k}", labels=("all", f"third{k % 3}")),
                hashes(k),
            ).reference
            for k in range(12)
        ]
        newest = made[::-1]

        def listed(**chosen: Any) -> list[Reference]:
            found: list[Reference] = []
            cursor = None
            while True:
                page = store.list(P, cursor=cursor, limit=2, **chosen)
                found += page.items
                cursor = page.next
                if cursor is None:
                    return found

        assert listed() == newest
        assert listed(bank_id=other.id) == newest[::2]
        assert listed(label="all") == newest
        assert listed(label="third1") == [one for one in newest if "third1" in one.draft.labels]
        assert listed(label="third1", bank_id=other.id) == [
            one for one in newest if "third1" in one.draft.labels and one.bank_id == other.id
        ]
        for nothing in ({"label": "none"}, {"label": "\0"}, {"bank_id": "bank_ffffffff"}):
            assert listed(**nothing) == []

    def test_references_are_listed_by_a_part_of_their_name_by_kind_and_by_state(
        self, store: ReferenceStore, bank: Bank, other: Bank, clock: Clock
    ) -> None:
        soon, late = clock.now + HOUR, clock.now + 24 * HOUR
        drafts = (
            ReferenceDraft("Flag 100%", ("x",)),
            ReferenceDraft("flag_one", ("x",), disabled_until=late),
            ReferenceDraft("banner", expires_at=soon),
            ReferenceDraft("banner, flagged", ("x",), disabled_until=soon, expires_at=late),
        )
        contents = (medium_of(0, medium=Medium.IMAGE), *map(hashes, range(1, 4)))
        made = [
            store.add((bank, other)[k % 2], draft, content).reference
            for k, (draft, content) in enumerate(zip(drafts, contents, strict=True))
        ]

        def names(**chosen: Any) -> list[str]:
            return [one.draft.name for one in store.list(P, **chosen).items]

        every = [one.draft.name for one in reversed(made)]
        assert names(name="FLAG") == ["banner, flagged", "flag_one", "Flag 100%"]
        assert names(name="%") == ["Flag 100%"]
        assert names(name="g_o") == ["flag_one"]
        assert names(name="flag", bank_id=bank.id) == ["Flag 100%"]
        assert names(name="banner", label="x") == ["banner, flagged"]
        assert names(name="") == every
        assert names(name="\0") == names(name="missing") == []
        assert names(kind=ReferenceKind.HASH) == every[:-1]
        assert names(kind=ReferenceKind.IMAGE) == ["Flag 100%"]
        assert names(kind=ReferenceKind.AUDIO) == []
        assert names(state=ReferenceState.ACTIVE) == ["banner", "Flag 100%"]
        assert names(state=ReferenceState.DISABLED, label="x") == ["banner, flagged", "flag_one"]
        assert names(state=ReferenceState.EXPIRED) == []
        clock.turn(hours=2)
        assert names(state=ReferenceState.EXPIRED) == ["banner"]
        assert names(state=ReferenceState.DISABLED) == ["flag_one"]
        assert names(state=ReferenceState.ACTIVE) == ["banner, flagged", "Flag 100%"]
        page = store.list(P, name="flag", limit=1)
        rest = store.list(P, name="flag", limit=9, cursor=page.next)
        assert [one.draft.name for one in (*page.items, *rest.items)] == names(name="flag")

    def test_lists_skip_what_a_deleted_bank_held_and_what_moved_away(
        self, store: ReferenceStore, bank: Bank, other: Bank, banks: BankStore
    ) -> None:
        third = banks.create(P, BankDraft("third"))
        made = [
            store.add((bank, other, third)[k % 3], ReferenceDraft(f"{k}", ("x",)), hashes(k))
            for k in range(30)
        ]
        moved = store.move(P, made[1].reference.id, bank)
        banks.delete(P, other.id)
        left = [one.reference for one in reversed(made) if one.reference.bank_id != other.id]
        wanted = sorted([*left, moved], key=lambda one: -one.number)
        for label in (None, "x"):
            page = store.list(P, limit=7, label=label)
            rest = store.list(P, limit=30, cursor=page.next, label=label)
            assert [*page.items, *rest.items] == wanted
            assert rest.next is None
        in_bank = tuple(one for one in wanted if one.bank_id == bank.id)
        assert store.list(P, bank_id=bank.id).items == in_bank
        assert store.list(P, bank_id=bank.id, label="x").items == in_bank
        assert store.list(P, bank_id=other.id).items == ()
        changed = store.update(P, moved.id, replace(moved.draft, labels=("y",)))
        assert store.list(P, bank_id=bank.id, label="y").items == (changed,)

    @pytest.mark.parametrize("cursor", ["", "x", "ref_", "ref_zzzzzzzzzz", "job_1", "\0"])
    def test_a_cursor_that_no_list_gave_is_refused(
        self, store: ReferenceStore, cursor: str
    ) -> None:
        with pytest.raises(InvalidValue):
            store.list(P, cursor=cursor)

    def test_a_list_goes_on_where_its_last_reference_was_removed(
        self, store: ReferenceStore, bank: Bank
    ) -> None:
        made = [store.add(bank, FULL, hashes(k)).reference for k in range(5)]
        page = store.list(P, limit=2)
        store.delete(P, page.items[-1].id)
        assert page.next is not None
        assert store.list(P, cursor=page.next).items == tuple(made[2::-1])

    def test_exact_hashes_lead_to_their_references(
        self, store: ReferenceStore, bank: Bank, other: Bank
    ) -> None:
        listed = store.add(bank, FULL, hashes(1, "md5", "sha256")).reference
        filmed = store.add(bank, FULL, medium_of(1)).reference
        again = store.add(other, FULL, medium_of(1)).reference
        for one in hashes(1, "md5", "sha256").hashes:
            assert store.with_hashes(P, [one]) == (listed.number,)
        for one in store.hashes_of(filmed):
            assert store.with_hashes(P, [one]) == (filmed.number, again.number)
        both = [digest("md5", 1), *store.hashes_of(filmed), digest("md5", 99)]
        assert set(store.with_hashes(P, both)) == {listed.number, filmed.number, again.number}
        assert store.with_hashes(P, []) == ()
        assert store.with_hashes(P, [digest("sha256", 99)]) == ()
        many = [digest("sha256", k) for k in range(2000)]
        assert store.with_hashes(P, many) == (listed.number,)
        store.delete(P, filmed.id)
        assert store.with_hashes(P, store.hashes_of(again)) == (again.number,)

    # -- who may match

    def test_only_the_live_are_candidates(
        self, store: ReferenceStore, bank: Bank, other: Bank, banks: BankStore, clock: Clock
    ) -> None:
        now = clock.now
        drafts = {
            "plain": FULL,
            "disabled": replace(FULL, disabled_until=now + HOUR),
            "back": replace(FULL, disabled_until=now),
            "lasting": replace(FULL, expires_at=now + HOUR),
            "moved": FULL,
            "deleted": FULL,
        }
        made = {
            name: store.add(bank, draft, hashes(k)).reference
            for k, (name, draft) in enumerate(drafts.items())
        }
        made["elsewhere"] = store.add(other, FULL, medium_of(9)).reference
        store.delete(P, made["deleted"].id)
        made["moved"] = store.move(P, made["moved"].id, other)
        numbers = [one.number for one in made.values()]

        def names(hours: float = 0) -> set[str]:
            found = store.candidates(P, [*numbers, 10**9], now + hours * HOUR)
            by_id = {one.id: one for one in banks.of_project(P)}
            for one in found:
                assert one.bank == by_id[one.reference.bank_id]
            assert len(found) == len({one.reference.id for one in found})
            return {name for name, one in made.items() for each in found if each.reference == one}

        assert names() == {"plain", "back", "lasting", "moved", "elsewhere"}
        assert names(1) == {"plain", "back", "disabled", "moved", "elsewhere"}
        banks.update(P, other.id, BankDraft("other", enabled=False))
        assert names() == {"plain", "back", "lasting"}
        banks.update(P, other.id, BankDraft("other"))
        banks.delete(P, bank.id)
        assert names() == {"moved", "elsewhere"}

    def test_candidates_are_asked_for_by_the_thousand(
        self, store: ReferenceStore, bank: Bank, clock: Clock
    ) -> None:
        added = store.add_many(bank, [(FULL, hashes(k)) for k in range(1500)])
        numbers = [one.reference.number for one in added]
        assert store.candidates(P, [], clock.now) == ()
        found = store.candidates(P, numbers[::-1] + numbers, clock.now)
        assert {one.reference.number: one.reference for one in found} == {
            one.reference.number: one.reference for one in added
        }

    # -- changing

    def test_an_update_replaces_all_that_is_said(
        self, store: ReferenceStore, bank: Bank, clock: Clock
    ) -> None:
        made = store.add(bank, FULL, hashes(1)).reference
        clock.turn(days=1)
        draft = ReferenceDraft("new", ("x", "ü"), expires_at=clock.now + HOUR)
        changed = store.update(P, made.id, draft)
        assert changed == replace(made, draft=draft, change=made.change + 1)
        assert store.get(P, made.id) == changed
        assert store.list(P, label="violence").items == ()
        assert store.list(P, label="x").items == (changed,)

    def test_a_reference_moves_with_all_it_has(
        self, store: ReferenceStore, bank: Bank, other: Bank, banks: BankStore
    ) -> None:
        made = store.add(bank, FULL, medium_of(1)).reference
        moved = store.move(P, made.id, other)
        assert moved == replace(made, bank_id=other.id, change=made.change + 1)
        assert same(store.fingerprint(moved), film(1))
        assert banks.counts(P) == {bank.id: 0, other.id: 1}
        assert store.list(P, bank_id=other.id).items == (moved,)
        assert store.held(bank, made.identity) is None
        assert store.held(other, made.identity) == moved
        assert store.move(P, made.id, other) == moved

    def test_a_move_does_not_double_content_nor_reach_a_bank_that_is_gone(
        self, store: ReferenceStore, bank: Bank, other: Bank, banks: BankStore
    ) -> None:
        made = store.add(bank, FULL, medium_of(1)).reference
        store.add(other, FULL, medium_of(1))
        with pytest.raises(Conflict):
            store.move(P, made.id, other)
        banks.delete(P, other.id)
        with pytest.raises(NotFound):
            store.move(P, made.id, other)
        assert store.get(P, made.id) == made

    def test_a_refreshed_fingerprint_serves_every_reference_of_the_file(
        self, store: ReferenceStore, bank: Bank, other: Bank, blobs: Blobs, clock: Clock
    ) -> None:
        one = store.add(bank, FULL, medium_of(1)).reference
        two = store.add(other, FULL, medium_of(1)).reference
        better = replace(film(1, rows=9), remarks=("made anew",))
        changed = store.refresh(P, one.id, better)
        assert changed == replace(one, change=changed.change)
        assert same(store.fingerprint(changed), better)
        assert same(store.fingerprint(store.get(P, two.id)), better)
        numbers = {change.reference_number for change in store.changes(P, two.change)}
        assert numbers == {one.number, two.number}
        [tracks] = store.indexed(P, [two.number]).values()
        assert {len(track) for track in tracks} == {9}
        store.sweep(clock.now + HOUR)
        assert len(list(blobs.keys())) == 1
        assert same(store.fingerprint(changed), better)

    def test_a_fingerprint_of_another_file_is_refused(
        self, store: ReferenceStore, bank: Bank, blobs: Blobs, clock: Clock
    ) -> None:
        made = store.add(bank, FULL, medium_of(1)).reference
        bare = store.add(bank, FULL, hashes(1)).reference
        for one in (made, bare):
            with pytest.raises(Conflict):
                store.refresh(P, one.id, film(2))
        assert same(store.fingerprint(made), film(1))
        store.sweep(clock.now + timedelta(days=30))
        assert len(list(blobs.keys())) == 1

    # -- removing

    def test_what_is_deleted_is_gone_at_once_and_from_the_disk_soon(
        self, store: ReferenceStore, bank: Bank, banks: BankStore, blobs: Blobs, clock: Clock
    ) -> None:
        made = store.add(bank, FULL, medium_of(1)).reference
        held = store.hashes_of(made)
        assert store.delete(P, made.id) == made
        with pytest.raises(NotFound):
            store.get(P, made.id)
        with pytest.raises(NotFound):
            store.delete(P, made.id)
        assert store.list(P).items == ()
        assert store.list(P, label="violence").items == ()
        assert store.held(bank, made.identity) is None
        assert store.with_hashes(P, held) == ()
        assert store.hashes_of(made) == ()
        assert store.candidates(P, [made.number], clock.now) == ()
        assert store.indexed(P, [made.number]) == {}
        assert banks.counts(P) == {bank.id: 0}
        with pytest.raises(BlobMissing):
            store.fingerprint(made)
        assert store.sweep(clock.now + HOUR) == 1
        assert list(blobs.keys()) == []
        assert store.sweep(clock.now + HOUR) == 0

    def test_what_was_deleted_enters_anew_under_another_number(
        self, store: ReferenceStore, bank: Bank, clock: Clock
    ) -> None:
        old = store.add(bank, FULL, medium_of(1)).reference
        store.delete(P, old.id)
        new = store.add(bank, ReferenceDraft("again"), medium_of(1))
        assert new.is_new
        assert new.reference.number > old.number
        assert new.reference.draft == ReferenceDraft("again")
        store.sweep(clock.now + HOUR)
        assert same(store.fingerprint(new.reference), film(1))

    def test_a_fingerprint_lasts_as_long_as_one_reference_holds_it(
        self, store: ReferenceStore, bank: Bank, other: Bank, blobs: Blobs, clock: Clock
    ) -> None:
        one = store.add(bank, FULL, medium_of(1)).reference
        two = store.add(other, FULL, medium_of(1)).reference
        assert len(list(blobs.keys())) == 1
        store.delete(P, one.id)
        assert store.sweep(clock.now + HOUR) == 0
        assert same(store.fingerprint(two), film(1))
        store.delete(P, two.id)
        assert store.sweep(clock.now + HOUR) == 1
        assert list(blobs.keys()) == []

    def test_the_expired_are_swept_and_make_room_before(
        self, store: ReferenceStore, bank: Bank, banks: BankStore, blobs: Blobs, clock: Clock
    ) -> None:
        draft = replace(FULL, expires_at=clock.now + HOUR)
        made = [store.add(bank, draft, medium_of(k)).reference for k in range(3)]
        lasting = store.add(bank, FULL, hashes(1)).reference
        assert store.sweep(clock.now) == 0
        clock.turn(hours=1)
        assert store.held(bank, made[0].identity) is None
        again = store.add(bank, FULL, medium_of(0))
        assert again.is_new
        assert banks.counts(P) == {bank.id: 4}
        gone = [c.reference_number for c in store.changes(P, 0) if c.bank_number is None]
        assert gone == [made[0].number]
        for later in (1, 2):
            while store.sweep(clock.now + later * HOUR, limit=1):
                pass
        assert store.list(P).items == (again.reference, lasting)
        assert banks.counts(P) == {bank.id: 2}
        assert len(list(blobs.keys())) == 1
        assert same(store.fingerprint(again.reference), film(0))

    def test_a_deleted_bank_is_gone_at_once_and_swept_in_slices(
        self, store: ReferenceStore, bank: Bank, banks: BankStore, blobs: Blobs, clock: Clock
    ) -> None:
        items = [(FULL, hashes(k)) for k in range(20)] + [(FULL, medium_of(k)) for k in range(5)]
        numbers = [one.reference.number for one in store.add_many(bank, items)]
        last = store.last_change(P)
        assert banks.delete(P, bank.id) == 25
        assert store.list(P).items == ()
        assert store.candidates(P, numbers, clock.now) == ()
        assert banks.counts(P) == {}
        assert store.last_change(P) == last
        swept = []
        for later in (1, 2):
            while count := store.sweep(clock.now + later * HOUR, limit=10):
                assert count <= 20
                swept.append(count)
        assert sum(swept) == 30
        gone = store.changes(P, last)
        assert {change.reference_number for change in gone} == set(numbers)
        assert all(change.bank_number is None for change in gone)
        assert list(blobs.keys()) == []
        assert store.indexed(P, numbers) == {}

    # -- the log, and what an index reads

    def test_the_log_tells_every_change_in_order(
        self, store: ReferenceStore, bank: Bank, other: Bank, clock: Clock
    ) -> None:
        assert (store.last_change(P), store.changes(P, 0)) in ((0, ()), (0, []))
        one, two = (
            added.reference
            for added in store.add_many(bank, [(FULL, hashes(1)), (FULL, medium_of(1))])
        )
        clock.turn(seconds=1)
        store.update(P, one.id, ReferenceDraft("x"))
        store.move(P, two.id, other)
        store.refresh(P, two.id, film(1))
        store.delete(P, one.id)
        told = store.changes(P, 0)
        assert [(c.reference_number, c.bank_number) for c in told] == [
            (one.number, bank.number),
            (two.number, bank.number),
            (one.number, bank.number),
            (two.number, other.number),
            (two.number, other.number),
            (one.number, None),
        ]
        assert [c.position for c in told] == list(range(1, 7))
        assert {c.project_id for c in told} == {P}
        assert told[-1].at == clock.now
        assert store.last_change(P) == 6
        assert list(store.changes(P, 2, limit=2)) == list(told[2:4])
        assert store.changes(P, 6) in ((), [])
        assert store.get(P, two.id).change == 5

    def test_a_follower_of_many_writers_sees_each_change_once(
        self, store: ReferenceStore, bank: Bank, banks: BankStore
    ) -> None:
        """Adding doubles, deleting and updating at once: positions come in order without holes."""
        ended = threading.Event()
        seen: list[int] = []
        errors: list[BaseException] = []

        def follow() -> None:
            while True:
                last_round = ended.is_set()
                while some := store.changes(P, seen[-1] if seen else 0, limit=7):
                    seen.extend(change.position for change in some)
                if last_round:
                    return

        def write(name: int) -> None:
            try:
                for turn in range(6):
                    own = [(FULL, hashes(1000 * name + 10 * turn + k)) for k in range(3)]
                    shared = [(FULL, hashes(10**6 + turn))]
                    added = store.add_many(bank, own + shared)
                    store.update(P, added[0].reference.id, ReferenceDraft("x"))
                    store.delete(P, added[1].reference.id)
            except BaseException as error:  # told to the test's own thread
                errors.append(error)
                raise

        follower = threading.Thread(target=follow)
        writers = [threading.Thread(target=write, args=(name,)) for name in range(1, 7)]
        for thread in (follower, *writers):
            thread.start()
        for thread in writers:
            thread.join(60)
        ended.set()
        follower.join(30)
        assert errors == []
        assert seen == list(range(1, store.last_change(P) + 1))
        assert len(seen) == 6 * 6 * 5 + 6
        listed = store.list(P, limit=1000).items
        assert len(listed) == len({one.identity for one in listed}) == 6 * 6 * 2 + 6
        assert banks.counts(P) == {bank.id: len(listed)}
        by_last_change = {c.reference_number: c for c in store.changes(P, 0, limit=10_000)}
        live = {n for n, change in by_last_change.items() if change.bank_number is not None}
        assert live == {one.number for one in listed}

    def test_deleting_while_the_same_file_is_added_leaves_no_reference_without_its_fingerprint(
        self, store: ReferenceStore, bank: Bank, other: Bank, blobs: Blobs, clock: Clock
    ) -> None:
        ended = threading.Event()
        errors: list[BaseException] = []

        def churn(into: Bank) -> None:
            try:
                for turn in range(12):
                    made = store.add(into, FULL, medium_of(turn % 2)).reference
                    assert same(store.fingerprint(made), film(turn % 2))
                    store.delete(P, made.id)
            except BaseException as error:  # told to the test's own thread
                errors.append(error)
                raise

        def sweep() -> None:
            while not ended.is_set():
                store.sweep(clock.now + HOUR)

        sweeper = threading.Thread(target=sweep)
        workers = [threading.Thread(target=churn, args=(one,)) for one in (bank, other)]
        for thread in (sweeper, *workers):
            thread.start()
        for thread in workers:
            thread.join(60)
        ended.set()
        sweeper.join(30)
        assert errors == []
        clock.turn(days=2)
        while store.sweep(clock.now):
            pass
        assert list(blobs.keys()) == []

    def test_an_index_gets_what_it_takes_and_nothing_of_the_gone(
        self, store: ReferenceStore, bank: Bank, blobs: Blobs, clock: Clock
    ) -> None:
        whole = film(1)
        moving = replace(whole.tracks[0], signal=MOTION)
        content = Content(replace(whole, tracks=(*whole.tracks, moving)))
        filmed = store.add(bank, FULL, content).reference
        listed = store.add(bank, FULL, hashes(1, "pdq", "md5")).reference
        exact = store.add(bank, FULL, hashes(2, "md5")).reference
        gone = store.add(bank, FULL, medium_of(3)).reference
        store.delete(P, gone.id)
        numbers = [one.number for one in (filmed, listed, exact, gone)]
        tracks = store.indexed(P, [*numbers, 10**9])
        assert set(tracks) == set(numbers[:3])
        taken = tuple(tracks[filmed.number])
        assert [t.signal for t in taken] == [PDQ, DESCRIPTOR, LOOKS, QUADS]
        assert same(replace(whole, tracks=taken), whole)
        [row] = tracks[listed.number]
        assert row.signal == PDQ
        assert row.codes.tobytes() == digest("pdq", 1).code
        assert row.codes.shape == (1, 32)
        assert np.isinf(row.spans).all()
        assert list(tracks[exact.number]) == []
        assert store.indexed(P, []) == {}
        store.sweep(clock.now + HOUR)
        blobs.delete(list(blobs.keys()))
        assert set(store.indexed(P, numbers)) == set(numbers[1:3])
        with pytest.raises(BlobMissing):
            store.fingerprint(filmed)

    def test_a_damaged_fingerprint_is_missing_and_does_not_stop_an_index(
        self, store: ReferenceStore, bank: Bank, blobs: Blobs
    ) -> None:
        made = store.add(bank, FULL, medium_of(1)).reference
        other = store.add(bank, FULL, hashes(1)).reference
        [key] = blobs.keys()
        whole = blobs.get(key)
        for damaged in (b"", b"\xff" * 50, whole[:500], whole[: len(whole) // 4]):
            blobs.put(key, damaged)
            with pytest.raises(BlobMissing):
                store.fingerprint(made)
            assert set(store.indexed(P, [made.number, other.number])) == {other.number}

    def test_projects_are_told(self, store: ReferenceStore) -> None:
        assert set(store.project_ids()) == {P, OTHER_PROJECT}
