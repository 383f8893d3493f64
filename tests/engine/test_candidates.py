"""From near rows to a shortlist: distinct evidence, excess over the usual, windows, budgets."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from reseen.domain.fingerprint import DESCRIPTOR, PDQ, QUADS, WORDS, Signal, Track
from reseen.engine.candidates import SURE, Lead, merged, shortlist
from reseen.engine.picture_candidates import Asked, asked, by_hashes, by_pictures, by_words
from reseen.engine.sound_candidates import by_quads
from reseen.ports import Hits

type Row = tuple[int, int, int, float]
"""Reference, row of the query, row of the reference, nearness."""


def hits(rows: Sequence[Row], signal: Signal = DESCRIPTOR) -> Hits:
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    references, query_rows, reference_rows, nearness = columns
    return Hits(
        signal,
        np.array(references, np.int64),
        np.array(query_rows, np.int64),
        np.array(reference_rows, np.int64),
        np.array(nearness, np.float32),
    )


def film(codes: npt.NDArray[np.float32], step: float = 0.5) -> Track:
    starts = step * np.arange(len(codes))
    return Track(
        DESCRIPTOR,
        spans=np.column_stack([starts, starts + step]),
        codes=np.rint(127 * codes).astype(np.int8),
        quality=np.ones(len(codes), np.float32),
        places=np.tile(np.array([0, 0, 1, 1, 0, 0], np.float32), (len(codes), 1)),
    )


def pictures(count: int, seed: int = 0) -> npt.NDArray[np.float32]:
    """Unrelated unit vectors."""
    vectors = np.random.default_rng(seed).normal(size=(count, 64))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def moments(count: int, window: int = 0, weight: float = 1.0) -> Asked:
    rows = np.arange(count, dtype=np.int64)
    return Asked(rows, rows, np.full(count, window, np.int64), np.full(count, weight))


NOISE: list[Row] = [(100 + k, 0, 0, 0.30 + 0.001 * k) for k in range(20)]


def test_all_rows_of_a_still_are_views_of_one_moment() -> None:
    codes = pictures(5)
    still = film(codes)
    still = Track(
        still.signal,
        np.tile(np.array([-np.inf, np.inf]), (5, 1)),
        still.codes,
        still.quality,
        still.places,
    )
    of = asked(still, 240)
    assert of.rows.tolist() == [0, 1, 2, 3, 4]
    assert set(of.moments.tolist()) == {0}


def test_a_scene_that_stands_still_has_one_vote_however_long_it_is_shown() -> None:
    one, other = pictures(2)
    of = asked(film(np.stack([one] * 30 + [other])), 240)
    assert of.weights[:30].sum() == 1.0
    assert of.weights[30] == 1.0


def test_a_long_film_is_asked_for_everything_distinct_before_anything_twice() -> None:
    scenes = pictures(12)
    codes = np.concatenate([np.stack([scene] * 50) for scene in scenes])
    of = asked(film(codes), 24)
    assert len(of.rows) == 24
    assert np.bincount(of.rows // 50, minlength=12).tolist() == [2] * 12


def test_few_questions_to_a_film_without_repeats_lie_spread_over_all_of_it() -> None:
    of = asked(film(pictures(400)), 16)
    assert len(of.rows) == 16
    assert np.diff(np.concatenate([[0], of.rows, [399]])).max() < 60


def test_a_clip_is_found_by_many_faint_moments_before_one_chance_likeness() -> None:
    clip: list[Row] = [(1, moment, 400 + moment, 0.5) for moment in range(10)]
    usual: list[Row] = [(10 + k, moment, 0, 0.35) for moment in range(10) for k in range(20)]
    chance: list[Row] = [(2, 4, 7, 0.6)]
    leads = by_pictures(hits([*clip, *usual, *chance]), moments(10))
    assert leads[0].reference == 1
    assert 2 in [lead.reference for lead in leads]


def test_a_reference_that_stands_still_counts_once_however_many_moments_find_it() -> None:
    still: list[Row] = [(1, moment, 0, 0.6) for moment in range(10)]
    moving: list[Row] = [(2, moment, moment, 0.6) for moment in range(10)]
    found = {lead.reference: lead for lead in by_pictures(hits([*still, *moving]), moments(10))}
    assert found[2].evidence > 5 * found[1].evidence


def test_what_resembles_everything_says_little() -> None:
    studio: list[Row] = [(10 + k, 0, 0, 0.44) for k in range(30)]
    [first, *rest] = by_pictures(hits([(1, 0, 0, 0.6), *studio]), moments(1))
    assert first.reference == 1
    assert first.evidence > 10 * max((lead.evidence for lead in rest), default=0.0)


def test_thirty_true_copies_do_not_hide_each_other() -> None:
    copies: list[Row] = [(k, 0, 0, 0.95) for k in range(30)]
    leads = by_pictures(hits(copies), moments(1))
    assert len(leads) == 30
    assert all(lead.sure for lead in leads)


def test_unrelated_pictures_are_no_sure_leads() -> None:
    assert not any(lead.sure for lead in by_pictures(hits(NOISE), moments(1)))


def still() -> Asked:
    """One picture, asked for by one view."""
    nothing = np.zeros(1, np.int64)
    return Asked(nothing, nothing, nothing, np.ones(1))


def test_a_copy_stands_out_in_a_bank_of_one() -> None:
    (lead,) = by_pictures(hits([(1, 0, 0, 0.5)]), still())
    assert lead.evidence > 20.0
    (lead,) = by_words(hits([(1, 0, 0, 70.0)], WORDS))
    assert lead.sure


def test_of_a_still_only_what_is_unusual_is_looked_at_and_the_first_few() -> None:
    usual: list[Row] = [(100 + k, 0, 0, 0.20 + 0.0005 * k) for k in range(48)]
    assert len(by_pictures(hits(usual), still())) == 4
    copies: list[Row] = [(k, 0, 0, 0.32 + 0.01 * k) for k in range(6)]
    found = {lead.reference for lead in by_pictures(hits([*copies, *usual]), still())}
    assert found == set(range(6))


def test_what_the_best_of_many_shares_by_chance_is_no_lead() -> None:
    chance: list[Row] = [(100 + k, 0, 0, 16.0 + 0.2 * k) for k in range(48)]
    assert by_words(hits(chance, WORDS)) == []
    (lead,) = by_words(hits([(1, 0, 0, 70.0), *chance], WORDS))
    assert (lead.reference, lead.sure) == (1, True)


def test_each_part_of_a_compilation_has_its_winner() -> None:
    parts = [(k, moment, moment, 0.55) for k in range(8) for moment in (4 * k, 4 * k + 1)]
    lookalikes = [(50 + k, moment, moment, 0.48) for moment in range(32) for k in range(10)]
    of = Asked(np.arange(32), np.arange(32), (np.arange(32) // 4).astype(np.int64), np.ones(32))
    leads = by_pictures(hits([*parts, *lookalikes]), of)
    assert {lead.reference for lead in leads if lead.place == 0} == set(range(8))
    chosen = shortlist([leads], 8)
    assert {lead.reference for lead in chosen} == set(range(8))


def test_a_little_of_every_moment_of_a_film_makes_nothing_sure() -> None:
    of = Asked(np.arange(40), np.arange(40), np.zeros(40, np.int64), np.ones(40))
    alike = [(1, moment, moment, 0.34) for moment in range(40)]
    same = [(2, moment, moment, 0.55) for moment in range(12)]
    usual = [(10 + k, moment, moment, 0.25) for moment in range(40) for k in range(20)]
    leads = {lead.reference: lead for lead in by_pictures(hits([*alike, *same, *usual]), of)}
    assert leads[1].evidence > SURE
    assert not leads[1].sure
    assert leads[2].sure


def test_near_hashes_are_looked_at_nearest_first() -> None:
    leads = by_hashes(hits([(1, 0, 0, -30.0), (2, 0, 0, -4.0), (1, 1, 3, -20.0)], PDQ))
    assert [lead.reference for lead in leads] == [2, 1]
    assert all(lead.sure for lead in leads)


def test_a_sound_that_falls_into_two_windows_counts_as_a_whole() -> None:
    halves: list[Row] = [(1, 0, 6, 30.0), (1, 0, 7, 30.0)]
    one: list[Row] = [(2, 0, 3, 36.0), (2, 0, 9, 6.0)]
    chance: list[Row] = [(10 + k, 0, 0, 4.0) for k in range(40)]
    found = by_quads([(150_000, hits([*halves, *one, *chance], QUADS))], 12.0)
    assert [lead.reference for lead in found] == [1, 2]


def test_keys_shared_by_chance_are_no_lead() -> None:
    chance: list[Row] = [(10 + k, 0, 0, 4.0) for k in range(40)]
    assert by_quads([(150_000, hits(chance, QUADS))], 12.0) == []


def test_a_sound_that_is_faint_in_each_window_adds_up_over_all_of_them() -> None:
    windows = []
    for k in range(4):
        chance: list[Row] = [(100 * k + n, 0, 3 * n, 12.0 - n / 10) for n in range(1, 30)]
        windows.append((150_000, hits([(7000, 0, 20 + k, 9.0), *chance], QUADS)))
    places = {lead.reference: lead.place for lead in by_quads(windows, 12.0)}
    assert places[7000] == 0
    [alone] = [one for one in by_quads(windows[:1], 12.0) if one.reference == 7000]
    assert alone.place > 10


def test_much_that_is_unrelated_makes_nothing_sure() -> None:
    windows = [(150_000, hits([(1, 0, 9 * k, 30.0)], QUADS)) for k in range(20)]
    assert not any(lead.sure for lead in by_quads(windows, 12.0))


def test_many_copies_of_one_sound_do_not_hide_each_other() -> None:
    copies: list[Row] = [(k, 0, 0, 120.0) for k in range(40)]
    assert len(by_quads([(120_000, hits(copies, QUADS))], 12.0)) == 40


def test_all_that_is_sure_is_kept_and_the_rest_taken_in_turn_from_each_signal() -> None:
    pictures_say = [Lead(k, 5.0 - k, place=k) for k in range(5)]
    sounds_say = [Lead(10 + k, 90.0 - k, place=k) for k in range(5)]
    sure = [Lead(20 + k, 50.0, sure=True) for k in range(9)]
    chosen = [lead.reference for lead in shortlist([pictures_say, sounds_say, sure], 4)]
    assert set(chosen) == {0, 1, 10, 11} | {lead.reference for lead in sure}
    assert set(chosen[:9]) == {lead.reference for lead in sure}


def test_picture_and_sound_that_lead_to_one_reference_add_up() -> None:
    [one] = merged([Lead(1, 2.0, place=3), Lead(1, 3.0, place=1, sure=True)])
    assert one == Lead(1, 5.0, place=1, sure=True)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 9), st.integers(0, 5), st.integers(0, 5), st.floats(-1, 1, width=32)
        ),
        max_size=60,
    )
)
def test_whatever_an_index_says_leads_are_ranked_and_name_what_was_found(rows: list[Row]) -> None:
    leads = by_pictures(hits(rows), moments(6))
    assert {lead.reference for lead in leads} <= {row[0] for row in rows}
    assert len({lead.reference for lead in leads}) == len(leads)
    assert leads == sorted(leads, key=lambda one: (one.place, -one.evidence, one.reference))
