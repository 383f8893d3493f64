"""Spectral peaks of a sound track: where in time and pitch something stands out.

Sound is mono at 11,025 Hz. The spectrogram has a frame every 16.7 ms and 36 bands an octave from
170 Hz to 4 kHz, so that a change of pitch moves peaks and does not stretch them. A peak is the
largest value within 0.13 s and 2.7 semitones, stands 4 dB out of the surrounding 1.5 s and octave,
and rises and falls in time: a held tone has no moment that could be recognised. The parameters
are those of a trial on held-out music and speech (docs/decisions/0004-sound.md).

Level does not matter: power is taken relative to the loud parts of the file.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy import fft
from scipy.ndimage import maximum_filter, minimum_filter1d, uniform_filter

from reseen.domain.fingerprint import PEAKS, Track
from reseen.domain.media import Samples, Sound
from reseen.engine.sound.constellation import constellation, distinct_share, rank
from reseen.engine.sound.quads import REFERENCE_QUADS, find_quads

RATE = 11025
WINDOW = 1536
HOP = 184
BANDS = 164
BANDS_PER_OCTAVE = 36
LOWEST_HZ = 170.0
REACH_FRAMES = 8
REACH_BANDS = 8
MEAN_FRAMES = 89
MEAN_BANDS = BANDS_PER_OCTAVE + 1
PROMINENCE_DB = 4.0
RISE_DB = 1.0
"""How much a peak must stand over the quietest moment of its band within its reach."""
PEAKS_PER_SECOND = 35

SILENCE_RMS = 10 ** (-80 / 20)
"""Below this a block is silence: the rounding noise of 16-bit files lies near -98 dBFS, noise
shaping and resampling lift it to -85; speech attenuated by 40 dB lies near -65."""
FLOOR = 10 ** (-65 / 10)
"""Power added to every band, relative to a sine as loud as the loud parts: hides coding noise."""
LEVEL_BLOCK = RATE // 10
LEVEL_QUANTILE = 0.95

BLOCK_FRAMES = 4096
MARGIN_FRAMES = MEAN_FRAMES // 2 + REACH_FRAMES + 1

SHORTEST = 1.0
"""Seconds. Fewer leave too few peaks for four of them to repeat by anything but chance."""
FEWEST_PEAKS = 12
FEWEST_QUADS = 12

type Grid = npt.NDArray[np.float32]


def find_peaks(sound: Sound) -> Track:
    """The ``PEAKS`` track of a whole sound track at 11,025 Hz; empty where nothing is heard.

    Works through the file in blocks of about 68 s, so memory beyond the samples is bounded.
    Raises ``ValueError`` at another sampling rate.
    """
    if sound.rate != RATE:
        raise ValueError(f"peaks are taken at {RATE} Hz, not {sound.rate}")
    level = _level(sound.samples)
    found = [] if level is None else [_peaks_of(g, o) for g, o in _blocks(sound.samples, level)]
    time, pitch, prominence = (
        np.concatenate([columns[k] for columns in found]) if found else np.zeros(0)
        for k in range(3)
    )
    order = np.argsort(time, kind="stable")
    order = order[rank(time[order], prominence[order]) < PEAKS_PER_SECOND]
    time = time[order] + sound.start
    return Track(
        signal=PEAKS,
        spans=np.stack([time, time], axis=1),
        codes=np.zeros((len(time), 0), np.uint8),
        quality=prominence[order].astype(np.float32),
        places=np.stack([time, pitch[order]], axis=1).astype(np.float32),
    )


def why_unusable(sound: Sound, peaks: Track) -> str | None:
    """Why a sound track cannot be recognised, or ``None`` when it can be.

    Tones, sweeps, hum and beeps have peaks, but nothing by which one recording could be told from
    another: every test tone is the same tone.
    """
    if len(sound.samples) < SHORTEST * sound.rate:
        return "too short"
    if _level(sound.samples) is None:
        return "silent"
    points = constellation(peaks)
    if len(points) < FEWEST_PEAKS:
        return "a steady tone"
    if len(find_quads(points, REFERENCE_QUADS)) < FEWEST_QUADS:
        return "a steady tone"
    if distinct_share(points.time, points.pitch) * len(points) < FEWEST_PEAKS:
        return "a repeated tone"
    return None


def _level(samples: Samples) -> float | None:
    """Root mean square of the loud parts, or ``None`` for silence."""
    blocks = len(samples) // LEVEL_BLOCK
    if not blocks:
        return None
    squares = np.empty(blocks)
    for first in range(0, blocks, 4096):
        last = min(first + 4096, blocks)
        part = samples[first * LEVEL_BLOCK : last * LEVEL_BLOCK].reshape(-1, LEVEL_BLOCK)
        squares[first:last] = np.einsum("ij,ij->i", part, part) / LEVEL_BLOCK
    rms = np.sqrt(squares[np.isfinite(squares)])
    heard = rms[rms > SILENCE_RMS]
    return float(np.quantile(heard, LEVEL_QUANTILE)) if len(heard) >= 3 else None


def _filterbank() -> Grid:
    """Triangular bands ``float32 [WINDOW // 2 + 1, BANDS]``, each of sum one."""
    bins = np.fft.rfftfreq(WINDOW, 1 / RATE)
    centres = LOWEST_HZ * 2 ** (np.arange(BANDS) / BANDS_PER_OCTAVE)
    widths = np.maximum(centres * (2 ** (1 / BANDS_PER_OCTAVE) - 1), bins[1])
    weights = np.maximum(0, 1 - np.abs(bins[:, None] - centres) / widths)
    bank: Grid = (weights / weights.sum(axis=0)).astype(np.float32)
    return bank


FILTERBANK = _filterbank()
TAPER = np.hanning(WINDOW + 1)[:-1].astype(np.float32)


def _blocks(samples: Samples, level: float) -> Iterator[tuple[Grid, tuple[int, int, int]]]:
    """The spectrogram in dB, ``float32 [frames, BANDS]``, in overlapping blocks.

    With each: the frame it begins with, and the first and last-plus-one frame whose peaks count.
    """
    frames = 1 + len(samples) // HOP
    loudest = (level * np.sqrt(2) * WINDOW / 4) ** 2
    for start in range(0, frames, BLOCK_FRAMES):
        stop = min(start + BLOCK_FRAMES, frames)
        first, last = max(0, start - MARGIN_FRAMES), min(frames, stop + MARGIN_FRAMES)
        begin, end = first * HOP - WINDOW // 2, (last - 1) * HOP + WINDOW // 2
        part = samples[max(0, begin) : max(0, min(end, len(samples)))]
        part = np.clip(np.nan_to_num(part, posinf=0.0, neginf=0.0), -100, 100)
        part = np.pad(part, (max(0, -begin), max(0, end - len(samples))))
        windows = np.lib.stride_tricks.sliding_window_view(part, WINDOW)[::HOP]
        grid = np.empty((last - first, BANDS), np.float32)
        for row in range(0, len(grid), 512):
            spectrum = fft.rfft(windows[row : row + 512] * TAPER, axis=1)
            grid[row : row + 512] = (spectrum.real**2 + spectrum.imag**2) @ FILTERBANK
        yield 10 * np.log10(grid / np.float32(loudest) + np.float32(FLOOR)), (first, start, stop)


def _peaks_of(grid: Grid, frames: tuple[int, int, int]) -> tuple[npt.NDArray[np.float64], ...]:
    """Times, pitches and prominences of the peaks in one block."""
    first, start, stop = frames
    around = (2 * REACH_FRAMES + 1, 2 * REACH_BANDS + 1)
    prominence = grid - uniform_filter(grid, (MEAN_FRAMES, MEAN_BANDS), mode="nearest")
    rise = grid - minimum_filter1d(grid, around[0], axis=0, mode="nearest")
    chosen = (prominence > PROMINENCE_DB) & (rise > RISE_DB)
    chosen &= grid >= maximum_filter(grid, around, mode="constant", cval=-np.inf)
    chosen[:, [0, -1]] = chosen[[0, -1]] = False
    chosen[: start - first] = chosen[stop - first :] = False
    i, j = np.nonzero(chosen)
    frame = i + first + _summit(grid[i - 1, j], grid[i, j], grid[i + 1, j])
    band = j + _summit(grid[i, j - 1], grid[i, j], grid[i, j + 1])
    return frame * HOP / RATE, band * 12 / BANDS_PER_OCTAVE, prominence[i, j].astype(np.float64)


def _summit(
    before: npt.NDArray[np.float32], at: npt.NDArray[np.float32], after: npt.NDArray[np.float32]
) -> npt.NDArray[np.float64]:
    """Where between -0.5 and 0.5 the parabola through three values has its top."""
    bend = before.astype(np.float64) - 2 * at + after
    bend = np.where(bend < -1e-3, bend, -1e9)
    return np.clip(0.5 * (before - after) / bend, -0.5, 0.5)
