"""A spectrogram as a picture: time across, pitch upwards in equal steps a semitone.

Conventions: pitch is in semitones above 170 Hz, as peaks are. Frequency is logarithmic so that a
change of pitch moves everything by the same height and two spectrograms can be laid in line.
"""

import numpy as np
import numpy.typing as npt
from scipy import fft

from reseen.domain.media import Pixels, Sound
from reseen.evidence.canvas import PANEL
from reseen.evidence.panels import resized

LOWEST_HZ = 170.0

_WINDOW = 0.14
"""Seconds, as where the peaks are found."""
_RANGE_DB = 54.0
_LOUD = 0.999
"""The quantile that is shown brightest."""
_STEP = 2
"""Pixels a column of the transform: 20 ms in a window of 12 s, a seventh of ``_WINDOW``."""
_LEVELS = 96

_COLOURS = np.array(
    [
        (16, 19, 29),
        (27, 27, 55),
        (44, 33, 78),
        (64, 39, 97),
        (87, 46, 111),
        (110, 52, 122),
        (133, 60, 127),
        (155, 70, 130),
        (175, 82, 130),
        (192, 96, 129),
        (206, 113, 129),
        (217, 130, 132),
        (224, 149, 138),
        (229, 169, 149),
        (231, 188, 166),
        (233, 207, 188),
        (236, 225, 213),
    ],
    np.float64,
)
"""Ink to paper over plum and rose: lightness L* rises evenly from 6 to 90 (CIE 1976) while the hue
turns away from the accents' green and orange, so that dots stay visible at every loudness."""


def semitones(frequency: float) -> float:
    return float(12 * np.log2(frequency / LOWEST_HZ))


def spectrogram(
    sound: Sound, start: float, end: float, pitches: tuple[float, float], size: tuple[int, int]
) -> Pixels:
    """The stretch from ``start`` to ``end`` seconds of the file between two pitches, as pixels of
    ``size`` (width, height). What the sound does not cover has the colour of an empty panel.
    """
    width, height = size
    columns = max(1, width // _STEP)
    times = start + (np.arange(columns) + 0.5) * (end - start) / columns
    power = _power(sound, times)
    edges = LOWEST_HZ * 2 ** (np.linspace(pitches[1], pitches[0], height + 1) / 12)
    rows = _bands(power, edges * (power.shape[1] - 1) / (sound.rate / 2))
    loud = 10 * np.log10(rows + 1e-12)
    level = (loud - np.quantile(loud, _LOUD)) / _RANGE_DB + 1.0
    if rows.max() <= 1e-9:
        level = np.zeros_like(loud)
    shades = np.linspace(0, len(_COLOURS) - 1, _LEVELS)
    table = [np.interp(shades, np.arange(len(_COLOURS)), c) for c in _COLOURS.T]
    chosen = np.rint(level.clip(0.0, 1.0) * (_LEVELS - 1)).astype(np.intp)
    picture = np.stack(table, axis=1).round().astype(np.uint8)[chosen]
    picture[:, (times < sound.start) | (times >= sound.start + duration(sound))] = PANEL
    return resized(picture, width, height)


def duration(sound: Sound) -> float:
    """Seconds of sound."""
    return len(sound.samples) / sound.rate


def _power(sound: Sound, times: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Power spectra around these times: ``float64 [times, bins]``."""
    window = 1 << round(np.log2(max(_WINDOW * sound.rate, 16)))
    first = np.rint((times - sound.start) * sound.rate).astype(np.int64) - window // 2
    place = first[:, None] + np.arange(window)
    within = (place >= 0) & (place < len(sound.samples))
    if not within.any():
        return np.zeros((len(times), window // 2 + 1))
    pieces = np.nan_to_num(sound.samples[place.clip(0, len(sound.samples) - 1)]) * within
    spectrum = fft.rfft(pieces * np.hanning(window).astype(np.float32), axis=1)
    return np.asarray(spectrum.real**2 + spectrum.imag**2, np.float64)


def _bands(
    power: npt.NDArray[np.float64], edges: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Mean power between neighbouring edges (in bins, falling): ``float64 [bands, times]``."""
    total = np.zeros((power.shape[1] + 1, len(power)))
    np.cumsum(power.T, axis=0, out=total[1:])
    # Bin k holds what lies within half a bin of k.
    at = (edges + 0.5).clip(0.0, power.shape[1])
    low = np.minimum(at.astype(np.intp), power.shape[1] - 1)
    below = total[low] + (at - low)[:, None] * power.T[low]
    return np.asarray((below[:-1] - below[1:]) / np.maximum(at[:-1] - at[1:], 1e-9)[:, None])
