"""Every signal of the sound channel. Implements ``ports.SoundSignals``."""

from reseen.domain.fingerprint import PEAKS, QUADS, Skip
from reseen.domain.media import Sound
from reseen.ports import Tracks
from reseen.signals.peaks import find_peaks, why_unusable
from reseen.signals.quads import quads


def hear(sound: Sound) -> Tracks:
    """Peaks and their quads, or why the sound cannot be told from others."""
    peaks = find_peaks(sound)
    reason = why_unusable(sound, peaks)
    if reason is not None:
        return Tracks((), (Skip(PEAKS, reason), Skip(QUADS, reason)))
    return Tracks((peaks, quads(peaks)))
