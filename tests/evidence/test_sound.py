import math

import numpy as np
import pytest
from tests.evidence.reading import decode, near

from reseen.domain.match import Confidence, Segment
from reseen.domain.media import Channel, Sound, Span
from reseen.evidence import sound_evidence
from reseen.evidence.canvas import ACCENT, LARGEST_PNG, PANEL
from reseen.evidence.sound import _GAP, _HEIGHT, _LEFT, _TOP
from reseen.evidence.spectrogram import _COLOURS, semitones, spectrogram

RATE = 11025
NO_PEAKS = np.zeros((0, 2), np.float32)
NO_PAIRS = (np.zeros(0, np.intp), np.zeros(0, np.intp))


def _sound(seconds: float, seed: int = 1, start: float = 0.0) -> Sound:
    rng = np.random.default_rng(seed)
    return Sound(start, RATE, rng.normal(0, 0.1, int(seconds * RATE)).astype(np.float32))


def _tone(seconds: float, hertz: float) -> Sound:
    t = np.arange(int(seconds * RATE)) / RATE
    return Sound(0.0, RATE, (0.3 * np.sin(2 * np.pi * hertz * t)).astype(np.float32))


def _clicks(seconds: float, at: float) -> Sound:
    samples = np.zeros(int(seconds * RATE), np.float32)
    samples[int(at * RATE)] = 1.0
    return Sound(0.0, RATE, samples)


def _segment(
    query: Span,
    reference: Span,
    *,
    offset: float | None = 0.0,
    rate: float = 1.0,
    pitch: float | None = None,
) -> Segment:
    return Segment(
        Channel.AUDIO,
        query,
        reference,
        score=0.98,
        support=9,
        offset=offset,
        rate=rate,
        pitch=pitch,
    )


def _drawn(
    query: Sound,
    reference: Sound,
    segment: Segment,
    peaks: tuple[np.ndarray, np.ndarray] = (NO_PEAKS, NO_PEAKS),
    matched: tuple[np.ndarray, np.ndarray] = NO_PAIRS,
) -> np.ndarray:
    png = sound_evidence(
        query,
        reference,
        segment,
        confidence=Confidence.HIGH,
        query_peaks=peaks[0],
        reference_peaks=peaks[1],
        matched=matched,
    )
    assert len(png) <= LARGEST_PNG
    return decode(png)


def _panels(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    lower = _TOP + _HEIGHT + _GAP
    right = pixels.shape[1] - 20
    return pixels[_TOP : _TOP + _HEIGHT, _LEFT:right], pixels[lower : lower + _HEIGHT, _LEFT:right]


def _upright_lines(panel: np.ndarray) -> np.ndarray:
    """Columns that are in the accent's colour from top to bottom."""
    return np.flatnonzero(near(panel, ACCENT, 12).mean(axis=0) > 0.95)


def test_the_ends_of_a_segment_stand_at_the_same_place_in_both_spectrograms() -> None:
    pixels = _drawn(_sound(10), _sound(30, 2), _segment(Span(2, 6), Span(12, 16), offset=10.0))
    for panel in _panels(pixels):
        lines = _upright_lines(panel)
        assert len(lines) >= 2
        # 0.8 s are shown before and after the 4 s.
        seconds = lines[[0, -1]] / panel.shape[1] * 5.6 - 0.8
        np.testing.assert_allclose(seconds, [0.0, 4.0], atol=0.02)


def test_a_change_of_pitch_is_a_shift_of_the_lower_axis() -> None:
    segment = _segment(Span(0, 4), Span(0, 4), pitch=12.0)
    upper, lower = _panels(_drawn(_tone(4, 1000), _tone(4, 500), segment))
    heights = [panel[:, 300:-300].sum(axis=2).mean(axis=1).argmax() for panel in (upper, lower)]
    assert abs(int(heights[0]) - int(heights[1])) <= 2


def test_a_change_of_tempo_is_a_stretch_of_the_lower_axis() -> None:
    segment = _segment(Span(0, 8), Span(1, 11), offset=1.0, rate=1.25)
    upper, lower = _panels(_drawn(_clicks(8, 6.0), _clicks(12, 1 + 1.25 * 6.0), segment))
    middles = [panel[:, 120:-120].sum(axis=2).mean(axis=0).argmax() for panel in (upper, lower)]
    assert abs(int(middles[0]) - int(middles[1])) <= 6


def test_of_a_long_segment_the_part_with_most_agreement_is_shown() -> None:
    rng = np.random.default_rng(3)
    times = np.concatenate([rng.uniform(0, 90, 60), rng.uniform(40, 48, 200)])
    peaks = np.stack([times, rng.uniform(0, 50, 260)], axis=1)
    rows = np.arange(260)
    pixels = _drawn(
        _sound(90), _sound(90), _segment(Span(0, 90), Span(0, 90)), (peaks, peaks), (rows, rows)
    )
    upper, _ = _panels(pixels)
    assert near(upper, ACCENT, 12).sum() > 200 * 8
    assert not len(_upright_lines(upper))


def test_matched_peaks_are_marked_where_they_are_and_others_are_not() -> None:
    peaks = np.array([[3.0, 20.0], [5.0, 40.0]])
    rows = np.array([0])
    segment = _segment(Span(2, 6), Span(2, 6))
    silence = Sound(0.0, RATE, np.zeros(10 * RATE, np.float32))
    upper, _ = _panels(_drawn(silence, silence, segment, (peaks, peaks), (rows, rows)))

    def place(peak: np.ndarray) -> tuple[slice, slice]:
        x = (peak[0] - 1.2) / 5.6 * upper.shape[1]
        y = (57.0 - peak[1]) / 59.0 * _HEIGHT
        return slice(round(y) - 1, round(y) + 1), slice(round(x) - 1, round(x) + 1)

    assert near(upper[place(peaks[0])], ACCENT).all()
    assert not near(upper[place(peaks[1])], ACCENT).any()


ODD = [
    Span(-math.inf, math.inf),
    Span(2.0, 2.0),
    Span(5.0, 1e9),
    Span(-4.0, 3.0),
    Span(900.0, 901.0),
    Span(math.nan, math.nan),
]


@pytest.mark.parametrize("span", ODD)
@pytest.mark.parametrize("seconds", [0.0, 4.0])
def test_any_span_over_any_sound_can_be_drawn(span: Span, seconds: float) -> None:
    _drawn(_sound(seconds), _sound(2), _segment(span, span, offset=None))
    _drawn(_sound(2), _sound(seconds), _segment(span, span, offset=math.inf))


def test_where_a_file_has_ended_the_panel_is_empty() -> None:
    upper, lower = _panels(
        _drawn(_sound(4), _sound(9), _segment(Span(0, 4), Span(2, 6), offset=2.0))
    )
    dimmed = tuple(int(c * 0.4) for c in PANEL)
    assert near(upper[20:-20, -60:-10], dimmed).all()  # type: ignore[arg-type]
    assert not near(lower[20:-20, -60:-10], dimmed).all()  # type: ignore[arg-type]


def test_samples_that_are_not_numbers_are_silence() -> None:
    broken = np.full(RATE, np.nan, np.float32)
    picture = spectrogram(Sound(0.0, RATE, broken), 0.0, 1.0, (0.0, 40.0), (50, 20))
    assert near(picture, (16, 19, 29)).all()


def test_a_tone_is_brightest_at_its_pitch() -> None:
    for hertz in (200.0, 440.0, 3000.0):
        picture = spectrogram(_tone(2, hertz), 0.5, 1.5, (-2.0, 55.0), (80, 190))
        row = int(picture.sum(axis=2).mean(axis=1).argmax())
        pitch = 55.0 - (row + 0.5) / 190 * 57
        assert abs(pitch - semitones(hertz)) < 0.6


def test_the_same_input_gives_the_same_bytes() -> None:
    segment = _segment(Span(0, 3), Span(0, 3))
    one, other = (_drawn(_sound(3), _sound(3), segment) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_lightness_rises_evenly_along_the_colours() -> None:
    linear = np.where(
        _COLOURS / 255 <= 0.04045, _COLOURS / 255 / 12.92, ((_COLOURS / 255 + 0.055) / 1.055) ** 2.4
    )
    luminance = linear @ (0.2126, 0.7152, 0.0722)
    lightness = np.where(luminance > 0.008856, 116 * np.cbrt(luminance) - 16, 903.3 * luminance)
    steps = np.diff(lightness)
    np.testing.assert_allclose(steps, steps.mean(), atol=0.6)
