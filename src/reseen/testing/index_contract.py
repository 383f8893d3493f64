# ruff: noqa: S101 the suite of a port is made of assertions
"""What every ``ports.WritableIndex`` must do: an adapter's tests inherit this, with ``index``.

The exact index answers the same questions beside it; ``recall`` is how much of that an approximate
one may miss.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pytest

from reseen.domain.fingerprint import (
    DESCRIPTOR,
    DESCRIPTOR_FULL,
    PDQ,
    QUADS,
    WORDS,
    Signal,
    Track,
)
from reseen.engine.picture.words import KEPT
from reseen.engine.sound_candidates import windows_asked
from reseen.index.flat import FlatIndex
from reseen.ports import QUAD_WINDOW, Entry, Hits, WritableIndex

PROJECT = "default"


def descriptors(
    rng: np.random.Generator, rows: int, signal: Signal = DESCRIPTOR, near: Any = None
) -> Track:
    """Random unit vectors; with ``near``, copies of one at a cosine of about 0.8."""
    vectors = rng.normal(size=(rows, 512))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    if near is not None:
        vectors = 0.8 * near / 127.0 + 0.6 * vectors
    codes = np.rint(vectors / np.linalg.norm(vectors, axis=1, keepdims=True) * 127).astype(np.int8)
    return track(signal, codes)


def hashes(rng: np.random.Generator, rows: int) -> Track:
    return track(PDQ, rng.integers(0, 256, (rows, 32), np.uint8))


def flipped(
    rng: np.random.Generator, code: npt.NDArray[np.uint8], bits: int
) -> npt.NDArray[np.uint8]:
    """The hash with this many of its bits changed."""
    unpacked = np.unpackbits(code)
    unpacked[rng.choice(256, bits, replace=False)] ^= 1
    return np.packbits(unpacked)


def quads(rng: np.random.Generator, seconds: float, keys: int = 1 << 22) -> Track:
    """Sixty keys a second."""
    count = int(seconds * 60)
    begins = np.sort(rng.uniform(0, seconds, count))
    codes = rng.integers(0, keys, (count, 1), np.uint32)
    places = rng.uniform(0, 54, (count, 4)).astype(np.float32)
    whole = track(QUADS, codes, np.stack([begins, begins + 1.0], axis=1))
    return replace(whole, places=places)


def asked_of(sound: Track) -> npt.NDArray[np.uint32]:
    """What the first window of a query asks for that has these very quads."""
    pitches = sound.places[:, 1].astype(np.float64)
    return windows_asked(sound.spans[:, 0], pitches, sound.codes[:, 0])[0]


def words(rng: np.random.Generator, rows: int, near: Any = None) -> Track:
    """Frames of 90 keypoints; with ``near``, each has 30 of another frame's, turned by 40 degrees
    and with some bits of their marks changed.
    """
    codes = np.zeros((rows, KEPT, 3), np.uint32)
    codes[:, :90] = rng.integers(0, 1 << 32, (rows, 90, 3), np.uint32)
    codes[:, :90, 0] >>= 16
    codes[:, :90, 2] |= 1 << 24
    if near is not None:
        shared = np.asarray(near, np.uint32).reshape(-1, 3)[:30]
        flips = rng.integers(0, 1 << 32, (3, 30), np.uint32)
        codes[:, :30] = shared
        codes[:, :30, 1] ^= flips[0] & flips[1] & flips[2]
        turned = (shared[:, 2] >> 16) + 28 & 255
        codes[:, :30, 2] = shared[:, 2] & 0xFF00FFFF | turned << 16
    return track(WORDS, codes.reshape(rows, 3 * KEPT))


def track(
    signal: Signal, codes: npt.NDArray[Any], spans: npt.NDArray[np.float64] | None = None
) -> Track:
    rows = len(codes)
    return Track(
        signal=signal,
        spans=np.tile([-np.inf, np.inf], (rows, 1)) if spans is None else spans,
        codes=codes,
        quality=np.ones(rows, np.float32),
        places=np.zeros((rows, 0), np.float32),
    )


def rows_of(hits: Hits) -> set[tuple[int, int, int]]:
    """Query row, reference and reference row of each hit."""
    columns = (hits.query_rows, hits.references, hits.reference_rows)
    return set(zip(*(column.tolist() for column in columns), strict=True))


class IndexContract:
    """``index`` gives an empty index."""

    recall: ClassVar[float] = 1.0

    @pytest.fixture
    def index(self) -> Iterator[WritableIndex]:
        raise NotImplementedError

    @pytest.fixture
    def rng(self) -> np.random.Generator:
        return np.random.default_rng(7)

    def test_an_empty_index_finds_nothing(self, index: WritableIndex) -> None:
        for signal, codes in _questions(np.random.default_rng(0)):
            hits = index.nearest(PROJECT, signal, codes, 10)
            assert hits.signal == signal
            assert len(hits.references) == len(hits.nearness) == 0
        assert index.position(PROJECT) == 0

    def test_each_signal_finds_its_own_rows(
        self, index: WritableIndex, rng: np.random.Generator
    ) -> None:
        entries = _library(rng, 30)
        index.apply(PROJECT, entries, 30)
        for entry in entries[::7]:
            assert entry.tracks is not None
            for one in entry.tracks:
                codes = asked_of(one) if one.signal == QUADS else one.codes[:1]
                hits = index.nearest(PROJECT, one.signal, codes, 3)
                assert hits.references[0] == entry.reference_number
                assert hits.reference_rows[0] == 0 or one.signal == QUADS
        assert index.position(PROJECT) == 30

    def test_it_answers_as_the_exact_index_does(
        self, index: WritableIndex, rng: np.random.Generator
    ) -> None:
        entries = _library(rng, 200)
        flat = FlatIndex()
        for one in (index, flat):
            one.apply(PROJECT, entries, 200)
        for banks in (None, (1,), (0, 2), (9,), ()):
            for signal, codes in _questions(rng, entries):
                _same(
                    index.nearest(PROJECT, signal, codes, 5, banks),
                    flat.nearest(PROJECT, signal, codes, 5, banks),
                    self.recall,
                )

    @pytest.mark.parametrize("bits", [0, 1, 8, 20, 30, 31])
    def test_every_hash_within_the_radius_is_found(
        self, index: WritableIndex, rng: np.random.Generator, bits: int
    ) -> None:
        stored = hashes(rng, 300)
        index.apply(PROJECT, [Entry(5, 0, [stored])], 1)
        asked = np.stack([flipped(rng, code, bits) for code in stored.codes])
        hits = index.nearest(PROJECT, PDQ, asked, 5)
        assert rows_of(hits) >= {(n, 5, n) for n in range(300)}
        assert hits.nearness.tolist() == [-float(bits)] * 300

    def test_no_hash_beyond_the_radius_is_found(
        self, index: WritableIndex, rng: np.random.Generator
    ) -> None:
        stored = hashes(rng, 50)
        index.apply(PROJECT, [Entry(5, 0, [stored])], 1)
        asked = np.stack([flipped(rng, code, 32) for code in stored.codes])
        assert not len(index.nearest(PROJECT, PDQ, asked, 5).references)

    def test_a_query_row_gets_so_many_hits_nearest_first(
        self, index: WritableIndex, rng: np.random.Generator
    ) -> None:
        asked = descriptors(rng, 2)
        near = [descriptors(rng, 4, near=code) for code in asked.codes]
        index.apply(PROJECT, [Entry(n, 0, [one]) for n, one in enumerate(near)], 2)
        hits = index.nearest(PROJECT, DESCRIPTOR, asked.codes, 3)
        assert hits.query_rows.tolist() == [0, 0, 0, 1, 1, 1]
        assert hits.references.tolist() == hits.query_rows.tolist()
        for row in (0, 1):
            cosines = near[row].codes @ asked.codes[row].astype(np.float32) / 127.0**2
            found = hits.nearness[hits.query_rows == row]
            np.testing.assert_allclose(found, np.sort(cosines)[:0:-1], atol=1e-5)

    def test_shared_keys_are_counted_by_window(
        self, index: WritableIndex, rng: np.random.Generator
    ) -> None:
        sound = quads(rng, 5 * QUAD_WINDOW)
        index.apply(PROJECT, [Entry(3, 1, [sound]), Entry(4, 1, [quads(rng, 20.0)])], 2)
        inside = (sound.spans[:, 0] >= 2 * QUAD_WINDOW) & (sound.spans[:, 0] < 3 * QUAD_WINDOW)
        keys = asked_of(sound.rows(inside))
        hits = index.nearest(PROJECT, QUADS, keys, 1)
        assert (hits.references[0], hits.reference_rows[0]) == (3, 2)
        assert hits.nearness[0] >= 0.99 * len(keys)

    def test_shared_keys_count_where_they_agree_on_one_clock_and_one_shift_of_pitch(
        self, index: WritableIndex, rng: np.random.Generator
    ) -> None:
        sound = quads(rng, QUAD_WINDOW)
        late = replace(sound, spans=sound.spans + 3.0).rows(sound.spans[:, 0] < QUAD_WINDOW - 3.0)
        begins = rng.permutation(sound.spans[:, 0])
        jumbled = replace(sound, spans=np.stack([begins, begins + 1.0], axis=1))
        higher = replace(late, places=late.places + np.float32(3.0))
        tune = replace(late, places=rng.permutation(late.places))
        entries = [Entry(n, 0, [one]) for n, one in enumerate((jumbled, late, higher, tune))]
        index.apply(PROJECT, entries, 1)
        hits = index.nearest(PROJECT, QUADS, asked_of(sound), 4)
        found = dict(zip(hits.references.tolist(), hits.nearness.tolist(), strict=True))
        assert found[1] >= 0.99 * len(late)
        assert found[2] >= 0.9 * len(late)
        assert found[0] < 0.3 * len(sound)
        assert found[3] < 0.3 * len(late)

    def test_keypoints_that_turn_and_grow_together_outvote_those_that_do_not(
        self, index: WritableIndex, rng: np.random.Generator
    ) -> None:
        original = words(rng, 1)
        copy = words(rng, 1, near=original.codes[0])
        jumbled = copy.codes.reshape(-1, 3).copy()
        jumbled[:30, 2] ^= rng.integers(0, 256, 30, np.uint32) << 16
        index.apply(PROJECT, [Entry(n, 0, [words(rng, 3)]) for n in range(3, 30)], 1)
        index.apply(PROJECT, [Entry(1, 0, [track(WORDS, jumbled.reshape(1, -1))])], 2)
        index.apply(PROJECT, [Entry(2, 0, [copy])], 3)
        hits = index.nearest(PROJECT, WORDS, original.codes, 5)
        assert hits.references[:2].tolist() == [2, 1]
        assert hits.reference_rows[0] == 0
        assert hits.nearness[0] > 2 * hits.nearness[1] > 0

    def test_a_removed_reference_is_gone(
        self, index: WritableIndex, rng: np.random.Generator
    ) -> None:
        entries = _library(rng, 12)
        index.apply(PROJECT, entries, 12)
        index.apply(PROJECT, [Entry(4, None)], 13)
        for signal, codes in _questions(rng, entries):
            hits = index.nearest(PROJECT, signal, codes, 50)
            assert 4 not in hits.references
        assert index.position(PROJECT) == 13

    def test_a_move_takes_effect_without_the_tracks(
        self, index: WritableIndex, rng: np.random.Generator
    ) -> None:
        one = descriptors(rng, 2)
        index.apply(PROJECT, [Entry(1, 0, [one]), Entry(2, 0, [descriptors(rng, 2)])], 2)
        index.apply(PROJECT, [Entry(1, 7)], 3)
        assert 1 not in index.nearest(PROJECT, DESCRIPTOR, one.codes, 5, (0,)).references
        moved = index.nearest(PROJECT, DESCRIPTOR, one.codes, 5, (7,))
        assert set(moved.references.tolist()) == {1}

    def test_new_tracks_replace_all_old_ones(
        self, index: WritableIndex, rng: np.random.Generator
    ) -> None:
        old, new, other = descriptors(rng, 3), descriptors(rng, 1), hashes(rng, 1)
        index.apply(PROJECT, [Entry(1, 0, [old, hashes(rng, 2)])], 1)
        index.apply(PROJECT, [Entry(1, 0, [new, other])], 2)
        assert rows_of(index.nearest(PROJECT, DESCRIPTOR, old.codes, 5)) == {
            (row, 1, 0) for row in range(3)
        }
        assert index.nearest(PROJECT, DESCRIPTOR, new.codes, 5).nearness[0] > 0.99
        index.apply(PROJECT, [Entry(1, 0, [other])], 3)
        assert not len(index.nearest(PROJECT, DESCRIPTOR, new.codes, 5).references)
        assert len(index.nearest(PROJECT, PDQ, other.codes, 5).references) == 1

    def test_twice_is_as_once(self, index: WritableIndex, rng: np.random.Generator) -> None:
        entries = [*_library(rng, 10), Entry(3, None), Entry(5, 9)]
        for _ in range(2):
            index.apply(PROJECT, entries, 12)
        flat = FlatIndex()
        flat.apply(PROJECT, entries, 12)
        for signal, codes in _questions(rng, entries):
            for banks in (None, (9,)):
                found = index.nearest(PROJECT, signal, codes, 100, banks)
                assert rows_of(found) == rows_of(flat.nearest(PROJECT, signal, codes, 100, banks))
        assert index.position(PROJECT) == 12

    def test_of_changes_taken_together_the_last_counts(
        self, index: WritableIndex, rng: np.random.Generator
    ) -> None:
        first, last = descriptors(rng, 1), descriptors(rng, 1)
        changes = [
            *(Entry(1, 0, [first]), Entry(1, None), Entry(1, 2, [last]), Entry(1, 3)),
            *(Entry(2, 0, [first]), Entry(2, None), Entry(9, None), Entry(8, 1)),
        ]
        index.apply(PROJECT, changes, 8)
        hits = index.nearest(PROJECT, DESCRIPTOR, last.codes, 5, (3,))
        assert rows_of(hits) == {(0, 1, 0)}
        assert hits.nearness[0] > 0.99
        assert set(index.nearest(PROJECT, DESCRIPTOR, first.codes, 5).references.tolist()) == {1}

    def test_versions_of_a_signal_do_not_mix(
        self, index: WritableIndex, rng: np.random.Generator
    ) -> None:
        code = descriptors(rng, 1).codes
        index.apply(PROJECT, [Entry(1, 0, [track(DESCRIPTOR, code)])], 1)
        index.apply(PROJECT, [Entry(2, 0, [track(DESCRIPTOR_FULL, code)])], 2)
        for signal, reference in ((DESCRIPTOR, 1), (DESCRIPTOR_FULL, 2)):
            assert index.nearest(PROJECT, signal, code, 5).references.tolist() == [reference]

    def test_it_knows_which_versions_living_references_hold(
        self, index: WritableIndex, rng: np.random.Generator
    ) -> None:
        old, full = (descriptors(rng, 2, one) for one in (DESCRIPTOR, DESCRIPTOR_FULL))
        assert index.held(PROJECT) == {}
        entries = [Entry(n, 0, [old, hashes(rng, 1)]) for n in range(5)]
        index.apply(PROJECT, [*entries, Entry(9, 0, [quads(rng, 30.0)])], 6)
        assert index.held(PROJECT) == {DESCRIPTOR.id: 5, PDQ.id: 5, QUADS.id: 1}
        changes = [Entry(0, None), Entry(1, 7), Entry(2, 0, [full]), Entry(2, 0, [full, old])]
        index.apply(PROJECT, [*changes, Entry(9, 0, [])], 11)
        assert index.held(PROJECT) == {DESCRIPTOR.id: 4, DESCRIPTOR_FULL.id: 1, PDQ.id: 3}
        index.apply(PROJECT, [Entry(n, 0, [full]) for n in (1, 2, 3, 4)], 15)
        assert index.held(PROJECT) == {DESCRIPTOR_FULL.id: 4}
        assert index.held("other") == {}

    def test_projects_do_not_see_each_other(
        self, index: WritableIndex, rng: np.random.Generator
    ) -> None:
        one = descriptors(rng, 1)
        index.apply("acme", [Entry(1, 0, [one])], 4)
        assert not len(index.nearest("other", DESCRIPTOR, one.codes, 5).references)
        index.apply("other", [Entry(1, 0, [descriptors(rng, 1)])], 1)
        index.clear("acme")
        assert not len(index.nearest("acme", DESCRIPTOR, one.codes, 5).references)
        assert len(index.nearest("other", DESCRIPTOR, one.codes, 5).references) == 1
        assert (index.position("acme"), index.position("other")) == (0, 1)

    def test_a_cleared_project_starts_anew(
        self, index: WritableIndex, rng: np.random.Generator
    ) -> None:
        one = descriptors(rng, 1)
        index.apply(PROJECT, [Entry(1, 0, [one])], 4)
        index.clear(PROJECT)
        index.apply(PROJECT, [Entry(2, 0, [one])], 1)
        assert index.nearest(PROJECT, DESCRIPTOR, one.codes, 5).references.tolist() == [2]
        assert index.position(PROJECT) == 1

    def test_large_numbers_and_empty_tracks_are_taken(
        self, index: WritableIndex, rng: np.random.Generator
    ) -> None:
        one = descriptors(rng, 1)
        number, bank = 3_000_000_000, 40_000
        empty = [hashes(rng, 0), track(QUADS, np.empty((0, 1), np.uint32), np.empty((0, 2)))]
        index.apply(PROJECT, [Entry(number, bank, [one, *empty]), Entry(7, 1, [])], 2**40)
        hits = index.nearest(PROJECT, DESCRIPTOR, one.codes, 5, (bank,))
        assert hits.references.tolist() == [number]
        assert index.position(PROJECT) == 2**40


def _library(rng: np.random.Generator, references: int) -> list[Entry]:
    """References with rows of every signal, in three banks."""
    return [
        Entry(
            n + 1,
            n % 3,
            [
                descriptors(rng, 1 + n % 2),
                hashes(rng, 1 + n % 2),
                quads(rng, 30.0),
                words(rng, 1 + n % 2),
            ],
        )
        for n in range(references)
    ]


def _questions(
    rng: np.random.Generator, entries: Sequence[Entry] = ()
) -> list[tuple[Signal, npt.NDArray[Any]]]:
    """What copies of two of the references would ask."""
    known = [entry.tracks for entry in entries if entry.tracks][1:8:3]
    pictures = [descriptors(rng, 1, near=tracks[0].codes[0]).codes for tracks in known]
    bits = [flipped(rng, tracks[1].codes[0], 11)[None] for tracks in known]
    sounds = [quads(rng, 5.0), *(tracks[2].rows(slice(200, 800)) for tracks in known)]
    begins = np.concatenate([sound.spans[:, 0] for sound in sounds])
    pitches = np.concatenate([sound.places[:, 1] for sound in sounds]).astype(np.float64)
    keys = np.concatenate([sound.codes[:, 0] for sound in sounds])
    frames = [words(rng, 1, near=tracks[3].codes[0]).codes for tracks in known]
    return [
        (WORDS, np.concatenate([words(rng, 1).codes, *frames])),
        (DESCRIPTOR, np.concatenate([descriptors(rng, 1).codes, *pictures])),
        (PDQ, np.concatenate([hashes(rng, 1).codes, *bits])),
        (QUADS, windows_asked(begins, pitches, keys)[0]),
    ]


def _same(found: Hits, exact: Hits, recall: float) -> None:
    """As many hits, as near: equally near ones may be others."""
    assert np.array_equal(found.query_rows, exact.query_rows)
    missed = exact.nearness - found.nearness > 1e-5
    assert missed.sum() <= (1 - recall) * len(missed)
