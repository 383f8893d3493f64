"""A phase vocoder: the way music libraries and editors stretch sound.

Frames of the spectrogram are played faster or slower; each bin's phase goes on turning at the pace
that it had (Flanagan and Golden, *Phase Vocoder*, 1966). Strokes are smeared over a window, and no
two bins by the same time: a disguise of another kind than the splicing of ``atempo``.
"""

import numpy as np
from scipy.signal import get_window

from benchmarks.attacks import Samples
from benchmarks.attacks.acoustics import resampled

LONG, SHORT = 0.093, 0.046
"""Seconds of a window: 4096 and 2048 samples at 44.1 kHz, the two in common use."""


def stretched(samples: Samples, rate: int, tempo: float, window: float) -> Samples:
    """Faster (``tempo`` above one) or slower at the same pitch."""
    hop = round(window * rate / 4)
    size = 4 * hop
    taper = get_window("hann", size)
    padded = np.pad(np.asarray(samples, np.float64), (size // 2, size + hop))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    spectrum = np.fft.rfft(frames * taper, axis=1)
    made = round(len(samples) / tempo)
    at = np.arange(0, (made + size) / hop) * tempo
    at = at[at <= len(spectrum) - 2]
    before = at.astype(np.intp)
    part = (at - before)[:, None]
    loud = (1 - part) * np.abs(spectrum[before]) + part * np.abs(spectrum[before + 1])
    expected = 2 * np.pi * hop * np.arange(spectrum.shape[1]) / size
    turned = np.angle(spectrum[before + 1]) - np.angle(spectrum[before]) - expected
    turned = expected + turned - 2 * np.pi * np.round(turned / (2 * np.pi))
    phase = np.angle(spectrum[:1]) + np.cumsum(turned, axis=0) - turned
    parts = np.fft.irfft(loud * np.exp(1j * phase), size, axis=1) * taper
    out = np.zeros(len(at) * hop + size)
    weight = np.full(len(out), 1e-3)
    for row, piece in enumerate(parts):
        out[row * hop : row * hop + size] += piece
        weight[row * hop : row * hop + size] += taper**2
    return np.asarray((out / weight)[size // 2 : size // 2 + made], np.float32)


def changed(
    samples: Samples, rate: int, *, tempo: float = 1.0, semitones: float = 0.0, window: float = LONG
) -> Samples:
    """Tempo and pitch changed, each without the other: stretched, then played faster."""
    speed = round(1000 * 2 ** (semitones / 12)) / 1000
    longer = stretched(samples, rate, tempo / speed, window)
    return resampled(longer, round(1000 * speed), 1000)
