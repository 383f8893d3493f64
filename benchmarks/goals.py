"""What reseen promises to reach, held against what was measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.datasets import PICTURE, SOUND, VIDEO
from benchmarks.metrics import recall_at_zero_false
from benchmarks.rows import Row
from benchmarks.run_speed import Timing
from benchmarks.summary import arrays, at_cut, localised, quantile, within

OURS = "reseen"
FOUND_WITHIN = 1.0
"""Seconds by which both boundaries of a clip in a video may be off."""


@dataclass(frozen=True, slots=True)
class Goal:
    """``reached`` compares the measured value with the bound."""

    name: str
    promised: str
    measured: float
    reached: bool


def goals(kinds: Mapping[str, Sequence[Row]], timings: Sequence[Timing]) -> list[Goal]:
    """Those that the rows and timings can tell of."""
    found: list[Goal] = []
    ours = {k: [r for r in rows if r.system == OURS] for k, rows in kinds.items()}
    if pictures := ours.get(PICTURE):
        found.append(least("pictures: recall at zero false pairs", 0.95, _recall(pictures)))
    if sound := ours.get(SOUND):
        every = localised(sound)
        offset = 1000 * quantile([item.offset for item in every], 0.5)
        overlap = sum(item.iou for item in every) / max(1, len(every))
        found += [
            least("sound: recall at zero false pairs", 0.97, _recall(sound)),
            most("sound: median offset error, ms", 20.0, offset),
            least("sound: mean segment IoU", 0.9, overlap),
        ]
    if video := ours.get(VIDEO):
        share = within(video, FOUND_WITHIN).value
        found += [
            least("video: clips found, both boundaries within 1 s", 0.9, share),
            most("video: false pairs called a match", 0.0, float(at_cut(video)[1])),
        ]
    return found + _speeds({timing.name: timing for timing in timings})


def _speeds(by_name: Mapping[str, Timing]) -> list[Goal]:
    found = []
    peer = next((t for name, t in by_name.items() if name.startswith("vPDQ")), None)
    if pair := by_name.get("picture pair"):
        found.append(most("picture pair, processor ms", 250.0, 1000 * pair.cpu_seconds))
    if video := by_name.get("video"):
        found.append(least("video and its sound, times real time a core", 15, video.times_real))
        if peer:
            ratio = peer.cpu_seconds / video.cpu_seconds
            found.append(least("the same, times as fast as vPDQ", 3.0, ratio))
    if sound := by_name.get("sound"):
        found.append(least("sound, times real time a core", 300.0, sound.times_real))
    if server := by_name.get("server at rest"):
        found.append(most("server at rest, resident MB", 600.0, server.bytes / 1e6))
    return found


def _recall(rows: Sequence[Row]) -> float:
    return recall_at_zero_false(*arrays(rows))


def least(name: str, bound: float, measured: float) -> Goal:
    return Goal(name, f"at least {bound:g}", measured, measured >= bound)


def most(name: str, bound: float, measured: float) -> Goal:
    return Goal(name, f"at most {bound:g}", measured, measured <= bound)
