import numpy as np

from reseen.domain.fingerprint import QUADS, Track
from reseen.domain.media import Samples
from reseen.engine.sound.constellation import constellation
from reseen.engine.sound.quads import REFERENCE_QUADS, straight_share
from reseen.signals.peaks import find_peaks
from reseen.signals.quads import quads, query_keys, usual_keys
from reseen.testing import sounds


def test_a_quads_track_has_a_key_and_a_place_for_each_row() -> None:
    track = quads(find_peaks(sounds.sound(sounds.music(20, seed=1))))
    assert track.signal == QUADS
    assert track.codes.dtype == np.uint32
    assert track.codes.shape == (len(track), 1)
    assert track.places.shape == (len(track), 4)
    np.testing.assert_allclose(
        np.exp(track.places[:, 0]), track.spans[:, 1] - track.spans[:, 0], rtol=1e-4
    )
    assert np.all((track.places[:, 2:] > 0) & (track.places[:, 2:] <= 1))


def test_most_keys_of_an_excerpt_are_asked_for_and_few_of_another_piece() -> None:
    samples = sounds.music(30, seed=2)
    stored = quads(find_peaks(sounds.sound(samples)))
    inside = (stored.spans[:, 0] > 11) & (stored.spans[:, 1] < 19)
    keys = set(stored.codes[inside, 0].tolist()) - set(usual_keys().tolist())
    excerpt = find_peaks(sounds.sound(samples[10 * sounds.RATE : 20 * sounds.RATE]))
    other = find_peaks(sounds.sound(sounds.music(10, seed=3)))
    asked, asked_by_other = (set(query_keys(p)[2].tolist()) for p in (excerpt, other))
    assert len(keys & asked) > 0.8 * len(keys)
    assert len(keys & asked_by_other) < 0.1 * len(keys)


def test_usual_keys_are_stored_and_not_asked_for() -> None:
    peaks = find_peaks(sounds.sound(sounds.music(20, seed=5)))
    usual = usual_keys()
    assert (np.diff(usual.astype(np.int64)) > 0).all()
    assert np.isin(quads(peaks).codes[:, 0], usual).any()
    times, pitches, keys = query_keys(peaks)
    assert len(times) == len(pitches) == len(keys)
    assert not np.isin(keys, usual).any()


def test_keys_survive_a_change_of_pitch_and_tempo() -> None:
    peaks = find_peaks(sounds.sound(sounds.speech(20, seed=4)))
    changed = Track(
        signal=peaks.signal,
        spans=peaks.spans / 1.1,
        codes=peaks.codes,
        quality=peaks.quality,
        places=np.stack([peaks.places[:, 0] / 1.1, peaks.places[:, 1] + 3], axis=1),
    )
    stored = set(quads(peaks).codes[:, 0].tolist()) - set(usual_keys().tolist())
    asked = set(query_keys(changed)[2].tolist())
    assert len(stored & asked) > 0.8 * len(stored)


def test_test_signals_have_next_to_no_quads() -> None:
    for name in ("a 440 Hz tone", "mains hum", "colour-bar beeps", "a linear sweep"):
        assert len(quads(find_peaks(sounds.sound(sounds.tones(10)[name])))) < 12, name


def test_silence_has_an_empty_track_of_the_right_shape() -> None:
    track = quads(find_peaks(sounds.sound(np.zeros(50000, np.float32))))
    assert len(track) == 0
    assert track.codes.shape == (0, 1)
    assert track.places.shape == (0, 4)


def test_a_sweep_is_all_straight_and_music_is_not() -> None:
    def share(samples: Samples) -> float:
        return straight_share(constellation(find_peaks(sounds.sound(samples))), REFERENCE_QUADS)

    tones = sounds.tones(12)
    assert share(tones["a linear sweep"]) > 0.9
    assert share(tones["a logarithmic sweep"]) > 0.9
    assert share(sounds.music(20, seed=1)) < 0.1
    assert share(sounds.speech(20, seed=1)) < 0.1
    assert share(np.zeros(10 * sounds.RATE, np.float32)) == 0.0
