"""One page from raw rows: tables with intervals, plots, speed, and what failed.

No medium of a corpus is written, only names of attacks and numbers.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks import plots, run_speed
from benchmarks.datasets import PICTURE, REPORT, SOUND, VIDEO
from benchmarks.goals import FOUND_WITHIN, OURS, goals
from benchmarks.metrics import Interval, curve, expected_calibration_error, reliability
from benchmarks.peers import PDQ_RADIUS, VPDQ_SHARE, has_chromaprint
from benchmarks.rows import Row, Stamp, families, newest, of_system, read
from benchmarks.summary import (
    Ranking,
    arrays,
    at_cut,
    by_family,
    localised,
    quantile,
    ranking,
    segment_precision,
    within,
)

TITLES = {PICTURE: "Pictures", SOUND: "Sound", VIDEO: "Video"}
_PDQ_CUT = 1 - PDQ_RADIUS / 256
CUTS = {
    "PDQ": _PDQ_CUT,
    "PDQ dihedral": _PDQ_CUT,
    "vPDQ": VPDQ_SHARE,
    "vPDQ (rewritten)": VPDQ_SHARE,
}
SCORED = 0.01
"""Pairs below it are left out of the reliability diagram: they are nearly all, and surely false."""
NONE = "-"

NOTES = """\
- *R@0FP*: the share of true pairs that score above the best-scoring false pair of the same system,
  with the 95% interval of originals drawn anew (bootstrap); by family, with Wilson's interval.
- *R@P.999*: the largest recall at a precision of 0.999. *µAP*: area under the precision-recall
  curve of all pairs ranked together; ties are one step.
- *At its own cut*: recall and false pairs where a system says "match": reseen from confidence
  `medium`, PDQ from distance 31, vPDQ from 80% of either side's frames.
- Each query meets its original, the references nearest to it by what an index would use, and a few
  at random; all other pairs count as unanswered. *Absent* media are disguised too but are no
  references, so every answer to them is false.
- References from the query's own source (one package, one film) are not compared: nobody knows
  whether they share content.
- Originals, absent media and fillers come from one half of the sources, split by hash; the other
  half is for calibration."""


def build(dataset: str, out: Path, folder: Path, command: str, note: str = "") -> Path:
    """Write ``report.md`` and its plots from the rows of a dataset; answers its path.

    ``note`` is what a reader must know of this run.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kinds = {kind: _reported(newest(kind, dataset, out)) for kind in TITLES}
    timings = _timings(newest("speed", dataset, out))
    parts = [_opening(dataset, command, kinds), *([note] if note else []), _goals(kinds, timings)]
    parts += [_section(kind, rows, folder) for kind, rows in kinds.items() if rows]
    if timings:
        parts.append(_speed(timings))
    page = folder / "report.md"
    page.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return page


def _reported(path: Path | None) -> list[Row]:
    return [row for row in read(path) if row.half == REPORT] if path else []


def _timings(path: Path | None) -> list[run_speed.Timing]:
    return run_speed.read(path) if path else []


def _commits(stamps: Iterable[Stamp]) -> str:
    return (
        "Measured at commit " + ", ".join(sorted({f"`{stamp.commit}`" for stamp in stamps})) + "."
    )


def _opening(dataset: str, command: str, kinds: Mapping[str, Sequence[Row]]) -> str:
    stamps = {row.stamp for rows in kinds.values() for row in rows}
    machines = "; ".join(sorted({stamp.machine for stamp in stamps}))
    sizes = [
        [
            TITLES[kind],
            len({r.source for r in ours if r.truth}),
            len({r.attack for r in ours}),
            sum(r.truth for r in ours),
            len({r.source for r in ours} - {r.source for r in ours if r.truth}),
            sum(not r.truth for r in ours),
        ]
        for kind, rows in kinds.items()
        if (ours := of_system(rows, OURS))
    ]
    made = f"Made by `{command}` on {machines or 'an unknown machine'}. Data set: `{dataset}`."
    header = ["", "originals", "attacks", "true pairs", "absent media", "false pairs compared"]
    return "\n\n".join(
        [
            "# Benchmark report",
            made,
            table(header, sizes),
            NOTES,
        ]
    )


def _goals(kinds: Mapping[str, Sequence[Row]], timings: Sequence[run_speed.Timing]) -> str:
    lines = [
        [goal.name, goal.promised, f"{goal.measured:.4g}", "yes" if goal.reached else "**no**"]
        for goal in goals(kinds, timings)
    ]
    return "## What was promised\n\n" + table(["", "promised", "measured", "reached"], lines)


def _section(kind: str, rows: Sequence[Row], folder: Path) -> str:
    systems = list(dict.fromkeys(row.system for row in rows))
    rankings = [ranking(system, of_system(rows, system)) for system in systems]
    ours = of_system(rows, OURS)
    commits = _commits(row.stamp for row in rows)
    parts = [f"## {TITLES[kind]}", commits, _rankings(rankings, rows)]
    if kind == SOUND and not has_chromaprint():
        parts.append("Chromaprint's `fpcalc` is not installed here, so it is not in the table.")
    parts.append(_families(systems, rows))
    every = {system: curve(*arrays(of_system(rows, system))) for system in systems}
    plots.precision_recall(folder / f"{kind}-systems.svg", f"{TITLES[kind]}: systems", every)
    parts.append(f"![Precision and recall by system]({kind}-systems.svg)")
    if kind != PICTURE:
        parts.append(_localisation(kind, ours, folder))
    parts += [_plots(kind, ours, folder), _misses(ours)]
    return "\n\n".join(parts)


def _rankings(rankings: Sequence[Ranking], rows: Sequence[Row]) -> str:
    lines = []
    for r in rankings:
        recall, false = at_cut(of_system(rows, r.system), CUTS.get(r.system, math.inf))
        has_cut = r.system == OURS or r.system in CUTS
        lines.append(
            [
                r.system,
                ranged(r.at_zero_false),
                f"{r.at_precision:.3f}",
                f"{r.average_precision:.3f}",
                f"{recall.value:.3f}, {false} false" if has_cut else NONE,
                f"{r.threshold:.3f}",
            ]
        )
    header = ["", "R@0FP", "R@P.999", "µAP", "at its own cut", "best false score"]
    return table(header, lines)


def _families(systems: Sequence[str], rows: Sequence[Row]) -> str:
    found = {s: {f.name: f.recall for f in by_family(of_system(rows, s))} for s in systems}
    lines = [
        [
            name,
            round(_count(rows, name)),
            ranged(found[OURS][name]),
            *(f"{found[s][name].value:.3f}" for s in systems if s != OURS),
        ]
        for name in sorted(found[OURS])
    ]
    return "R@0FP by family:\n\n" + table(
        ["family", "true pairs", OURS, *(s for s in systems if s != OURS)], lines
    )


def _count(rows: Sequence[Row], family: str) -> int:
    return sum(row.truth and row.family == family for row in of_system(rows, OURS))


def _localisation(kind: str, rows: Sequence[Row], folder: Path) -> str:
    every = localised(rows)
    lines = []
    for name in ["all", *sorted({item.family for item in every})]:
        some = [item for item in every if name in ("all", item.family)]
        mine = [row for row in rows if name in ("all", row.family) or not row.truth]
        offsets = [item.offset for item in some]
        ends = [max(item.start, item.end) for item in some]
        lines.append(
            [
                name,
                len(some),
                f"{sum(item.iou for item in some) / max(1, len(some)):.3f}",
                f"{quantile([item.iou for item in some], 0.1):.3f}",
                f"{quantile(ends, 0.5):.2f} / {quantile(ends, 0.95):.2f}",
                f"{1000 * quantile(offsets, 0.5):.0f} / {1000 * quantile(offsets, 0.95):.0f}",
                ranged(within(mine, FOUND_WITHIN)),
            ]
        )
    name = f"{kind}-iou.svg"
    by_name = {f: [i.iou for i in every if i.family == f] for f in families(rows)}
    plots.histogram(folder / name, f"{TITLES[kind]}: segment IoU", "IoU", by_name)
    header = [
        "family",
        "true segments of found pairs",
        "mean IoU",
        "IoU, lowest tenth",
        "worse boundary off, s (median / p95)",
        "offset off, ms (median / p95)",
        f"of all segments, both boundaries within {FOUND_WITHIN:g} s",
    ]
    return (
        "Where the copy lies (IoU on the worse of both clocks). Segment µAP as in the Video "
        f"Similarity Challenge 2022: **{segment_precision(rows):.3f}**.\n\n"
        f"{table(header, lines)}\n\n![Segment IoU]({name})"
    )


def _plots(kind: str, rows: Sequence[Row], folder: Path) -> str:
    scores, truth = arrays(rows)
    curves = {"all": curve(scores, truth)}
    for family in families(rows):
        mine = [r for r in rows if r.family == family or not r.truth]
        curves[family] = curve(*arrays(mine))
    plots.precision_recall(folder / f"{kind}-pr.svg", f"{TITLES[kind]}: by family", curves)
    asked = scores >= SCORED
    bins = reliability(scores[asked], truth[asked])
    plots.reliability(
        folder / f"{kind}-reliability.svg", f"{TITLES[kind]}: reliability", {OURS: bins}
    )
    error = expected_calibration_error(scores[asked], truth[asked])
    return (
        f"![Precision and recall by family]({kind}-pr.svg)\n\n"
        f"![Reliability]({kind}-reliability.svg)\n\n"
        f"Expected calibration error, ten bins of equal mass: {error:.4f} over the "
        f"{int(asked.sum())} pairs that score at least {SCORED:g}, "
        f"{expected_calibration_error(scores, truth):.4f} over all."
    )


def _misses(rows: Sequence[Row]) -> str:
    """Attacks with true pairs below the best false one, and the best false pairs."""
    threshold = max((row.score for row in rows if not row.truth), default=0.0)
    tried = Counter(row.attack for row in rows if row.truth)
    missed = [row for row in rows if row.truth and row.score <= threshold]
    counts = Counter(row.attack for row in missed)
    lines = [
        [attack, f"{count} of {tried[attack]}", _scores(missed, attack)]
        for attack, count in counts.most_common()
    ]
    errors = Counter(row.error for row in rows if row.error)
    worst = sorted((row for row in rows if not row.truth), key=lambda row: -row.score)[:5]
    false = [
        [f"{row.score:.3f}", row.attack, row.source, row.reference] for row in worst if row.score
    ]
    parts = ["Missed at zero false pairs:", table(["attack", "missed", "their scores"], lines)]
    if not lines:
        parts = ["Nothing was missed at zero false pairs."]
    if false:
        parts += ["False pairs that score highest:"]
        parts += [table(["score", "attack", "made of", "held against"], false)]
    if errors:
        said = ", ".join(f"`{code}` {count}" for code, count in errors.items())
        parts.append(f"Queries that ended in an error: {said}.")
    return "\n\n".join(parts)


def _scores(missed: Sequence[Row], attack: str) -> str:
    return ", ".join(f"{row.score:.2f}" for row in missed if row.attack == attack)


def _speed(timings: Sequence[run_speed.Timing]) -> str:
    video = next((t for t in timings if t.name == "video"), None)
    lines = []
    for t in timings:
        beside = (
            f"{t.cpu_seconds / video.cpu_seconds:.2f} x ours" if video and "PDQ" in t.name else ""
        )
        lines.append(
            [
                t.name,
                f"{1000 * t.cpu_seconds:.0f}" if t.cpu_seconds else NONE,
                f"{1000 * t.wall_seconds:.0f}" if t.wall_seconds else NONE,
                f"{t.times_real:.1f} x" if t.media_seconds else NONE,
                f"{t.bytes / 1e6:.0f}" if t.bytes else NONE,
                beside,
            ]
        )
    header = ["", "processor ms", "wall ms", "of real time, per core", "resident MB", ""]
    return (
        f"## Speed\n\n{_commits(t.stamp for t in timings)}\n\n"
        "One run, one thread. The picture pair includes decoding both files. The video "
        "is 60 s of 720p H.264 with sound, made by the encoder's defaults; vPDQ hashes the same "
        "file without its sound: one frame a second (its default), as many samples as ours, "
        f"and every frame (its own benchmark).\n\n{table(header, lines)}"
    )


def ranged(interval: Interval) -> str:
    if math.isnan(interval.low):
        return f"{interval.value:.3f}"
    return f"**{interval.value:.3f}** ({interval.low:.3f} to {interval.high:.3f})"


def table(header: Sequence[str], lines: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    rule = ["---"] * len(header)
    return "\n".join(
        f"| {' | '.join(map(str, cells))} |" for cells in [header, rule, *map(list, lines)]
    )
