import numpy as np
import pytest

from reseen.domain.fingerprint import PEAKS
from reseen.domain.media import Sound
from reseen.signals import peaks
from reseen.signals.peaks import find_peaks, why_unusable
from reseen.testing import sounds


def test_peaks_are_rows_of_the_peaks_signal_in_time_order() -> None:
    track = find_peaks(sounds.sound(sounds.music(8, seed=3)))
    assert track.signal == PEAKS
    assert track.codes.shape == (len(track), 0)
    assert track.places.dtype == np.float32
    assert np.all(np.diff(track.spans[:, 0]) >= 0)
    np.testing.assert_allclose(track.places[:, 0], track.spans[:, 0], atol=1e-4)
    assert np.all(track.quality > 0)


def test_a_note_gives_a_peak_at_its_time_and_pitch() -> None:
    t = np.arange(3 * sounds.RATE) / sounds.RATE
    note = np.sin(2 * np.pi * 880 * t) * np.exp(-(((t - 1.5) / 0.05) ** 2))
    track = find_peaks(sounds.sound(np.asarray(note, np.float32)))
    strongest = track.places[np.argmax(track.quality)]
    assert strongest[0] == pytest.approx(1.5, abs=0.01)
    assert strongest[1] == pytest.approx(12 * np.log2(880 / 170), abs=0.1)


@pytest.mark.parametrize("decibels", [-40, -20, 6])
def test_peaks_do_not_depend_on_level(decibels: int) -> None:
    samples = sounds.music(10, seed=4)
    plain = find_peaks(sounds.sound(samples))
    scaled = find_peaks(sounds.sound(samples * np.float32(10 ** (decibels / 20))))
    assert len(scaled) == len(plain)
    np.testing.assert_allclose(scaled.places, plain.places, atol=1e-3)


def test_a_file_is_the_same_in_one_block_and_in_many(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = sounds.sound(sounds.speech(20, seed=5))
    whole = find_peaks(sound)
    monkeypatch.setattr(peaks, "BLOCK_FRAMES", 256)
    in_blocks = find_peaks(sound)
    assert len(whole) > 100
    np.testing.assert_allclose(in_blocks.places, whole.places, atol=1e-3)


def test_there_are_at_most_thirty_five_peaks_in_a_second() -> None:
    track = find_peaks(sounds.sound(sounds.speech(30, seed=6)))
    busiest = np.histogram(track.spans[:, 0], bins=np.arange(0, 31))[0].max()
    assert 10 < busiest <= 2 * peaks.PEAKS_PER_SECOND
    assert len(track) <= 31 * peaks.PEAKS_PER_SECOND


def test_a_sound_that_begins_later_has_later_peaks() -> None:
    samples = sounds.music(5, seed=7)
    late = find_peaks(Sound(start=2.5, rate=sounds.RATE, samples=samples))
    early = find_peaks(sounds.sound(samples))
    np.testing.assert_allclose(late.spans - early.spans, 2.5)


def test_broken_samples_are_taken_as_silence() -> None:
    samples = sounds.music(6, seed=8)
    samples[20000:20010] = np.nan
    samples[30000] = np.inf
    track = find_peaks(sounds.sound(samples))
    assert len(track) > 20
    assert np.isfinite(track.places).all()


def test_another_sampling_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="11025"):
        find_peaks(Sound(0.0, 44100, np.zeros(44100, np.float32)))


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        (np.zeros(0, np.float32), "too short"),
        (sounds.music(0.5, seed=1), "too short"),
        (sounds.tones(10)["digital silence"], "silent"),
        (sounds.tones(10)["dither"], "silent"),
        (sounds.tones(10)["a 440 Hz tone"], "a steady tone"),
        (sounds.tones(10)["mains hum"], "a steady tone"),
        (sounds.tones(10)["clicks"], "a repeated tone"),
    ],
)
def test_sound_that_cannot_be_recognised_has_a_reason(samples: np.ndarray, reason: str) -> None:
    sound = sounds.sound(samples)
    assert why_unusable(sound, find_peaks(sound)) == reason


@pytest.mark.parametrize("name", sorted(sounds.tones(1)))
@pytest.mark.parametrize("seconds", [5, 30])
def test_no_test_signal_is_usable(name: str, seconds: int) -> None:
    sound = sounds.sound(sounds.tones(seconds)[name])
    assert why_unusable(sound, find_peaks(sound)) is not None


@pytest.mark.parametrize(
    "samples",
    [
        sounds.music(8, seed=9),
        sounds.speech(8, seed=9),
        sounds.music(8, seed=10) * np.float32(0.01),
        sounds.music(3, seed=11),
    ],
)
def test_music_and_speech_are_usable(samples: np.ndarray) -> None:
    sound = sounds.sound(samples)
    assert why_unusable(sound, find_peaks(sound)) is None
