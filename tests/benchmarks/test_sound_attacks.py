import numpy as np
import pytest
from benchmarks.attacks import SoundAttack, vocoder
from benchmarks.attacks.sound import SOUND_ATTACKS
from benchmarks.attacks.sound_reserved import RESERVED, room_response

from reseen.engine.sound.alignment import align_sound
from reseen.signals.peaks import find_peaks
from reseen.testing import sounds

RATE = sounds.RATE


@pytest.fixture(scope="module")
def original() -> np.ndarray:
    return sounds.music(45, seed=5)


@pytest.fixture(scope="module")
def others() -> list[np.ndarray]:
    return [sounds.music(40, seed=6), sounds.speech(40, seed=7)]


def test_a_vocoder_changes_the_tempo_and_not_the_pitch_of_a_tone() -> None:
    seconds = np.arange(4 * RATE) / RATE
    tone = np.sin(2 * np.pi * 440 * seconds).astype(np.float32)
    faster = vocoder.changed(tone, RATE, tempo=1.25)
    higher = vocoder.changed(tone, RATE, semitones=12)
    assert len(faster) == pytest.approx(len(tone) / 1.25, abs=2)
    assert len(higher) == pytest.approx(len(tone), abs=2)
    for made, hertz in ((faster, 440), (higher, 880)):
        spectrum = np.abs(np.fft.rfft(made * np.hanning(len(made))))
        assert np.argmax(spectrum) * RATE / len(made) == pytest.approx(hertz, abs=1)
        assert np.sqrt(np.mean(made**2)) == pytest.approx(0.707, abs=0.1)


def test_names_differ_and_families_are_several() -> None:
    names = [attack.name for attack in (*SOUND_ATTACKS, *RESERVED)]
    assert len(names) == len(set(names)) >= 50
    assert len({attack.family for attack in SOUND_ATTACKS}) >= 10
    assert not {a.family for a in RESERVED} & {a.family for a in SOUND_ATTACKS} - {"loop"}


def test_sound_in_a_room_comes_first_by_the_straight_way_and_dies_away() -> None:
    response = room_response(RATE, np.random.default_rng(3), distance=2.0, absorption=0.35)
    first = int(np.flatnonzero(response)[0])
    assert first / RATE == pytest.approx(2.0 / 343.0, abs=2 / RATE)
    energy = np.square(response)
    assert energy[RATE // 2 :].sum() < 0.01 * energy.sum()


@pytest.mark.parametrize("attack", [*SOUND_ATTACKS, *RESERVED], ids=lambda a: a.name)
def test_an_attack_is_repeatable_audible_and_tells_the_truth(
    attack: SoundAttack, original: np.ndarray, others: list[np.ndarray]
) -> None:
    made, truth = attack.apply(original, RATE, np.random.default_rng(1), others)
    again, _ = attack.apply(original, RATE, np.random.default_rng(1), others)
    np.testing.assert_array_equal(made, again)
    assert made.dtype == np.float32
    assert np.isfinite(made).all()
    assert np.sqrt(np.mean(made**2)) > 1e-4
    assert truth
    for copied in truth:
        assert 0 <= copied.query[0] < copied.query[1] <= len(made) / RATE + 1e-6
        assert 0 <= copied.reference[0] < copied.reference[1] <= 45 + 1e-6
        lasted = copied.query[1] - copied.query[0]
        assert copied.reference[1] - copied.reference[0] == pytest.approx(lasted * copied.rate)


@pytest.mark.parametrize(
    "name",
    [
        "mp3 64",
        "pitch +2",
        "tempo 0.9",
        "speed 1.1",
        "vocoder pitch +2",
        "vocoder tempo 1.15",
        "10 s in 60 s",
    ],
)
def test_the_truth_of_an_attack_is_what_alignment_finds(
    name: str, original: np.ndarray, others: list[np.ndarray]
) -> None:
    attack = next(a for a in SOUND_ATTACKS if a.name == name)
    made, [truth] = attack.apply(original, RATE, np.random.default_rng(2), others)
    query, reference = (find_peaks(sounds.sound(samples)) for samples in (made, original))
    best = max(align_sound(query, reference), key=lambda s: s.score)
    at = truth.query[0] + 1
    assert (best.offset or 0) + best.rate * at == pytest.approx(
        truth.reference[0] + truth.rate, abs=0.05
    )
    assert best.rate == pytest.approx(truth.rate, abs=0.005)
    assert best.pitch == pytest.approx(truth.pitch, abs=0.15)
