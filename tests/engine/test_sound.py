import itertools
from dataclasses import dataclass

import numpy as np
import pytest
from benchmarks.attacks import vocoder
from scipy.signal import resample_poly

from reseen.domain.fingerprint import Track
from reseen.domain.match import Segment
from reseen.domain.media import Channel, Samples
from reseen.engine.sound.alignment import align_sound, glance_at_sound, heard, matched_peaks
from reseen.signals.peaks import find_peaks
from reseen.testing import sounds

RATE = sounds.RATE


@dataclass(frozen=True)
class Heard:
    """The peaks of a file made of parts, and how long it is."""

    track: Track
    seconds: float


def peaks(*parts: Samples) -> Heard:
    samples = np.concatenate(parts)
    return Heard(find_peaks(sounds.sound(samples)), len(samples) / RATE)


def cut(samples: Samples, start: float, end: float) -> Samples:
    return samples[int(start * RATE) : int(end * RATE)]


def aligned(query: Heard, reference: Heard) -> tuple[Segment, ...]:
    return align_sound(query.track, reference.track, query.seconds, reference.seconds)


def standing(query: Heard, reference: Heard) -> tuple[Segment, ...]:
    return tuple(s for s in aligned(query, reference) if s.score >= 0.5)


def near(segment: Segment, query: tuple[float, float], reference: tuple[float, float]) -> bool:
    times = (segment.query.start, segment.query.end, segment.reference.start, segment.reference.end)
    return bool(np.allclose(times, (*query, *reference), atol=0.25))


@pytest.fixture(scope="module")
def song() -> Samples:
    return sounds.music(90, seed=21)


@pytest.fixture(scope="module")
def talk() -> Samples:
    return sounds.speech(60, seed=22)


def test_a_glance_sees_an_excerpt_where_every_look_does_and_no_other_song(song: Samples) -> None:
    query = peaks(cut(song, 40, 50)).track
    best = max(glance_at_sound(query, peaks(song).track), key=lambda s: s.score)
    assert best.offset == pytest.approx(40.0, abs=0.1)
    assert best.score > 0.5
    others = glance_at_sound(query, peaks(sounds.music(60, seed=23)).track)
    assert max((other.score for other in others), default=0.0) < 0.1


def test_a_query_made_ready_once_aligns_with_each_reference_as_by_itself(
    song: Samples, talk: Samples
) -> None:
    query = peaks(cut(song, 40, 46), cut(talk, 10, 16)).track
    ready = heard(query)
    for reference in (peaks(song).track, peaks(talk).track, peaks(song).track):
        assert align_sound(ready, reference) == align_sound(query, reference)
        assert glance_at_sound(ready, reference) == glance_at_sound(query, reference)


def test_an_excerpt_is_found_at_its_place(song: Samples) -> None:
    [segment] = aligned(peaks(cut(song, 40, 50)), peaks(song))
    assert segment.channel is Channel.AUDIO
    assert near(segment, (0, 10), (40, 50))
    assert segment.offset == pytest.approx(40, abs=0.02)
    assert segment.rate == pytest.approx(1, abs=0.002)
    assert segment.pitch == pytest.approx(0, abs=0.05)
    assert segment.support > 40
    assert segment.score > 0.9


def test_a_clip_within_other_sound_keeps_its_ends(song: Samples, talk: Samples) -> None:
    query = peaks(cut(talk, 0, 21), cut(song, 30, 40), cut(talk, 21, 50))
    [segment] = standing(query, peaks(song))
    assert near(segment, (21, 31), (30, 40))


def test_a_pause_at_either_end_of_a_file_belongs_to_the_copy(song: Samples) -> None:
    hush = sounds.noise(1, 3, 0.001)
    original = np.concatenate([cut(song, 0, 20), hush, cut(song, 20, 30), hush, cut(song, 30, 50)])
    [segment] = standing(peaks(cut(original, 20, 32)), peaks(original))
    assert near(segment, (0, 12), (20, 32))


def test_a_file_that_goes_on_with_other_sound_goes_on_without_the_copy(
    song: Samples, talk: Samples
) -> None:
    query = peaks(cut(talk, 0, 1.5), cut(song, 30, 40), cut(talk, 20, 21.5))
    [segment] = standing(query, peaks(song))
    assert near(segment, (1.5, 11.5), (30, 40))


def test_sound_played_faster_is_higher_and_its_rate_is_told(song: Samples) -> None:
    faster = resample_poly(cut(song, 20, 42), 10, 11).astype(np.float32)
    [segment] = standing(peaks(faster), peaks(song))
    assert segment.rate == pytest.approx(1.1, abs=0.003)
    assert segment.pitch == pytest.approx(12 * np.log2(1.1), abs=0.05)
    assert near(segment, (0, 20), (20, 42))


@pytest.mark.parametrize(("tempo", "semitones"), [(1.0, 2.0), (0.9, 0.0), (1.1, -3.0)])
def test_a_phase_vocoder_does_not_make_a_retake_of_a_copy(
    song: Samples, tempo: float, semitones: float
) -> None:
    changed = vocoder.changed(cut(song, 20, 35), RATE, tempo=tempo, semitones=semitones)
    [segment] = standing(peaks(changed), peaks(song))
    assert segment.rate == pytest.approx(tempo, abs=0.01)
    assert segment.pitch == pytest.approx(semitones, abs=0.15)
    assert segment.score > 0.6


def test_noise_as_loud_as_the_sound_does_not_hide_it(song: Samples) -> None:
    excerpt = cut(song, 50, 65)
    loudness = float(np.sqrt(np.mean(excerpt**2)))
    [segment] = standing(peaks(excerpt + sounds.noise(15, 3, loudness)), peaks(song))
    assert segment.offset == pytest.approx(50, abs=0.03)


@pytest.mark.parametrize("seconds", [12, 25])
def test_a_voice_much_louder_than_the_song_does_not_hide_it(
    song: Samples, talk: Samples, seconds: int
) -> None:
    voice = cut(talk, 10, 10 + seconds)
    under = 10 ** (-9 / 20) * cut(song, 30, 30 + seconds) * (voice.std() / song.std())
    [segment] = standing(peaks(voice + under), peaks(song))
    assert segment.offset == pytest.approx(30, abs=0.03)


def test_a_montage_gives_each_clip(song: Samples, talk: Samples) -> None:
    clips = [(60.0, 68.0), (10.0, 18.0), (35.0, 43.0)]
    parts = itertools.chain.from_iterable(
        (cut(talk, 10 * i, 10 * i + 5), cut(song, *clip)) for i, clip in enumerate(clips)
    )
    found = standing(peaks(*parts), peaks(song))
    assert len(found) == 3
    for i, clip in enumerate(clips):
        assert near(found[i], (13 * i + 5, 13 * i + 13), clip), found[i]


def test_a_bar_that_the_reference_repeats_is_found_at_each_place(
    song: Samples, talk: Samples
) -> None:
    bar = cut(song, 10, 18)
    reference = peaks(cut(talk, 0, 6), bar, cut(talk, 6, 12), bar, cut(talk, 12, 18))
    found = standing(peaks(bar), reference)
    assert sorted(round(s.reference.start) for s in found) == [6, 20]
    assert all(near(s, (0, 8), (s.offset or 0, (s.offset or 0) + 8)) for s in found)


def test_a_song_played_twice_is_found_twice(song: Samples) -> None:
    piece = cut(song, 0, 30)
    found = standing(peaks(piece, piece), peaks(piece))
    assert [round(s.query.start) for s in found] == [0, 30]


def test_a_whole_file_is_one_segment(song: Samples) -> None:
    track = peaks(song)
    [segment] = aligned(track, track)
    assert (segment.query.start, segment.query.end) == (0.0, 90.0)


def test_a_short_voice_over_does_not_split_a_segment(song: Samples, talk: Samples) -> None:
    covered = np.array(cut(song, 20, 50))
    covered[12 * RATE : 14 * RATE] = 0.1 * cut(covered, 12, 14) + cut(talk, 30, 32)
    [segment] = standing(peaks(covered), peaks(song))
    assert near(segment, (0, 30), (20, 50))


def test_a_loop_of_music_that_repeats_its_bars_ends_where_each_turn_ends() -> None:
    bar = sounds.music(2, seed=51)
    original = np.tile(bar, 15) + 0.5 * sounds.music(30, seed=52)
    found = standing(peaks(*[cut(original, 10, 14)] * 3), peaks(original))
    best = sorted(found, key=lambda s: -s.score)[:3]
    spans = sorted((s.query.start, s.query.end, s.reference.start) for s in best)
    np.testing.assert_allclose(spans, [(0, 4, 10), (4, 8, 10), (8, 12, 10)], atol=0.25)


def test_two_halves_that_changed_places_end_where_they_meet() -> None:
    bar = sounds.music(2, seed=53)
    original = np.tile(bar, 15) + 0.5 * sounds.music(30, seed=54)
    query = peaks(cut(original, 14, 22), cut(original, 6, 14))
    best = sorted(standing(query, peaks(original)), key=lambda s: -s.score)[:2]
    spans = sorted((s.query.start, s.query.end, s.reference.start) for s in best)
    np.testing.assert_allclose(spans, [(0, 8, 14), (8, 16, 6)], atol=0.25)


def test_a_copy_that_is_heard_in_pauses_of_a_voice_is_one_copy_of_the_whole(
    song: Samples, talk: Samples
) -> None:
    query = np.array(cut(song, 20, 44))
    for start in range(0, 24, 8):
        voice = cut(talk, start, start + 5)
        query[start * RATE : (start + 5) * RATE] *= 0.5 * voice.std() / song.std()
        query[start * RATE : (start + 5) * RATE] += voice
    [segment] = standing(peaks(query), peaks(song))
    assert near(segment, (0, 24), (20, 44))


def test_other_music_and_other_speech_do_not_match() -> None:
    tracks = [peaks(sounds.music(15, seed=s)) for s in range(3)]
    tracks += [peaks(sounds.speech(15, seed=s)) for s in range(3)]
    for a, b in itertools.combinations(tracks, 2):
        assert standing(a, b) == ()


@pytest.mark.parametrize("seed", [31, 32, 33])
def test_the_same_notes_played_by_other_hands_do_not_match(seed: int) -> None:
    first = peaks(sounds.music(20, seed))
    again = peaks(sounds.music(20, seed, timbre=2, jitter=0.02))
    assert standing(again, first) == ()


def test_test_signals_never_match_themselves_or_each_other() -> None:
    tracks = [peaks(samples) for samples in sounds.tones(12).values()]
    for a, b in itertools.combinations_with_replacement(tracks, 2):
        assert standing(a, b) == ()


def test_two_noises_do_not_match() -> None:
    assert standing(peaks(sounds.noise(20, 1)), peaks(sounds.noise(20, 2))) == ()


def test_matched_peaks_are_rows_that_lie_at_the_same_moment(song: Samples) -> None:
    query, reference = peaks(cut(song, 40, 50)), peaks(song)
    [segment] = standing(query, reference)
    here, there = matched_peaks(query.track, reference.track, segment)
    assert len(here) == len(there) > 40
    late = reference.track.spans[there, 0] - query.track.spans[here, 0]
    np.testing.assert_allclose(late, 40, atol=0.06)
    np.testing.assert_allclose(
        query.track.places[here, 1], reference.track.places[there, 1], atol=0.5
    )


def test_empty_tracks_give_no_segment(song: Samples) -> None:
    nothing = peaks(np.zeros(30000, np.float32))
    assert aligned(nothing, peaks(song)) == ()
    assert aligned(peaks(song), nothing) == ()
