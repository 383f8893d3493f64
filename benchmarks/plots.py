"""The plots of the report, as SVG files that are the same for the same rows."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from benchmarks.metrics import Bin, Curve

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
