"""The plots of the report, as SVG files that are the same for the same rows."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from benchmarks.metrics import TAIL, Bin, Curve, Lines

STYLE = {"svg.hashsalt": "reseen", "svg.fonttype": "none", "font.size": 9, "axes.grid": True}
MOST_POINTS = 120


def precision_recall(path: Path, title: str, curves: Mapping[str, Curve]) -> None:
    """One curve a name. Precision is cut at 0.5: below that nobody would act."""
    with _axes(path, title, "recall", "precision") as axes:
        for name, curve in curves.items():
            if len(curve.recall):
                rows = np.unique(np.linspace(0, len(curve.recall) - 1, MOST_POINTS).astype(int))
                recall = np.append(0.0, curve.recall[rows])
                precision = np.append(curve.precision[rows[0]], curve.precision[rows])
                axes.plot(recall, precision, label=name, linewidth=1.2)
        axes.set_xlim(0, 1.01)
        axes.set_ylim(0.5, 1.01)
        axes.legend(fontsize=7, ncols=2, loc="lower left")


def histogram(path: Path, title: str, label: str, values: Mapping[str, Sequence[float]]) -> None:
    """Shares of 0 to 1 in twenty bins, the names stacked."""
    with _axes(path, title, label, "segments") as axes:
        bins = np.linspace(0, 1, 21)
        if values:
            axes.hist(list(values.values()), bins=bins, stacked=True, label=list(values))
            axes.legend(fontsize=7, loc="upper left")


def reliability(path: Path, title: str, bins: Mapping[str, Sequence[Bin]]) -> None:
    """Share of true pairs against score; a calibrated score lies on the diagonal."""
    with _axes(path, title, "score", "share of true pairs") as axes:
        axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8, linestyle="--")
        for name, some in bins.items():
            axes.plot([b.score for b in some], [b.share for b in some], marker="o", label=name)
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(-0.02, 1.02)
        axes.legend(fontsize=7, loc="upper left")


@contextmanager
def _axes(path: Path, title: str, x: str, y: str) -> Iterator[Any]:
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(5.4, 3.8), layout="constrained")
        axes = figure.subplots()
        axes.set_title(title)
        axes.set_xlabel(x)
        axes.set_ylabel(y)
        yield axes
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format="svg", metadata={"Date": None})


def growth(
    path: Path, title: str, x: str, y: str, lines: Lines, bound: float | None = None
) -> None:
    """How something grows with size, both on logarithmic axes; ``bound``: what it may be. A tail
    is drawn thin, in the colour of the line before it.
    """
    with _axes(path, title, x, y) as axes:
        colour = None
        for name, points in lines.items():
            is_thin = name.endswith(TAIL)
            drawn = axes.plot(
                *zip(*points, strict=True),
                label=name,
                marker="." if is_thin else "o",
                linestyle=":" if is_thin else "-",
                linewidth=1.0 if is_thin else 1.6,
                color=colour if is_thin else None,
                markersize=4,
            )
            colour = drawn[0].get_color()
        _bounded(axes, bound)
        axes.set_xscale("log")
        axes.set_yscale("log")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(subs=_marks(*axis.get_view_interval())))
            axis.set_major_formatter(_amount)
            axis.set_minor_formatter(NullFormatter())
        axes.legend(fontsize=7)


def shares(path: Path, title: str, x: str, y: str, lines: Lines, lowest: float) -> None:
    """Shares up to 1 against size."""
    with _axes(path, title, x, y) as axes:
        for name, points in lines.items():
            axes.plot(*zip(*points, strict=True), label=name, marker="o", linewidth=1.4)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(_amount)
        axes.set_ylim(lowest, 1.0 + (1.0 - lowest) / 20)
        axes.legend(fontsize=7)


def stacked(
    path: Path,
    title: str,
    y: str,
    names: Sequence[str],
    parts: Mapping[str, Sequence[float]],
    bound: float | None = None,
) -> None:
    """A bar a name, of parts that add up."""
    with _axes(path, title, "", y) as axes:
        bottom = np.zeros(len(names))
        for part, values in parts.items():
            axes.bar(names, values, bottom=bottom, width=0.5, label=part, zorder=2)
            bottom += np.asarray(values)
        _bounded(axes, bound)
        axes.legend(fontsize=7, loc="upper left")
        axes.set_xlim(-0.75, max(2, len(names)) - 0.25)
        axes.set_ylim(0, 1.35 * max(*bottom, bound or 0.0))


def bars(
    path: Path,
    title: str,
    y: str,
    names: Sequence[str],
    groups: Mapping[str, Sequence[float]],
    bound: float | None = None,
) -> None:
    """Groups side by side for each name, with their numbers."""
    with _axes(path, title, "", y) as axes:
        width = 0.8 / max(1, len(groups))
        for at, (group, values) in enumerate(groups.items()):
            left = np.arange(len(names)) + (at - (len(groups) - 1) / 2) * width
            drawn = axes.bar(left, values, width=0.92 * width, label=group, zorder=2)
            axes.bar_label(drawn, fmt="%.3g", fontsize=7, padding=2)
        axes.set_xticks(np.arange(len(names)), names)
        _bounded(axes, bound)
        axes.legend(fontsize=7, loc="upper left")
        axes.margins(y=0.25)


def scaling(path: Path, title: str, x: str, y: str, lines: Lines) -> None:
    """Straight axes from nothing; the first line is what was measured, others what it is held
    against.
    """
    with _axes(path, title, x, y) as axes:
        for at, (name, points) in enumerate(lines.items()):
            axes.plot(
                *zip(*points, strict=True),
                label=name,
                marker="o" if at == 0 else None,
                linestyle="-" if at == 0 else "--",
                linewidth=1.6 if at == 0 else 1.0,
            )
        axes.set_xlim(left=0)
        axes.set_ylim(bottom=0)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(fontsize=7, loc="upper left")


def _bounded(axes: Any, bound: float | None) -> None:
    if bound is not None:
        axes.axhline(bound, color="black", linewidth=1.0, linestyle="--", label="goal", zorder=3)


def _marks(low: float, high: float) -> tuple[float, ...]:
    """Which multiples of ten get a number: more of them where there are few decades."""
    return (1.0,) if high / low > 1e3 else (1.0, 2.0, 5.0)


def _amount(value: float, _place: object) -> str:
    """1 M, 20 k, 0.5."""
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:g} {unit}"
    return f"{value:g}"
