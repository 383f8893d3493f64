"""What moderation reaches, as a page with drawings: ``python -m benchmarks.traffic_report``.

``--rows DIR`` holds the rows of ``benchmarks.run_traffic`` and ``benchmarks.traffic_load``, and in
a folder ``burst`` those of ``run_traffic --size burst``; what was not measured is left out.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks import plots, traffic_load
from benchmarks import traffic_metrics as metrics
from benchmarks.datasets import PICTURE, SOUND, VIDEO
from benchmarks.report import table
from benchmarks.rows import OUT, ROOT
from benchmarks.traffic_goals import goals
from benchmarks.traffic_load import ALONE, HALF, Waited
from benchmarks.traffic_plan import Shows
from benchmarks.traffic_rows import (
    AS_PLANNED,
    REVIEWS,
    UPLOADS,
    Reviewed,
    Uploaded,
    reviews,
    uploads,
)

FOLDER = ROOT / "docs" / "benchmarks"
PAGE = "traffic.md"
SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 400)
HOUR = 3600.0

INTRODUCTION = """\
# Days of traffic

Hundreds of accounts upload photos, films and sounds: most of them innocent and once, many alike
(frames of one scene, screenshots of one program, pictures of one set, pictures in one frame), some
in bursts of disguised copies of one harmful thing. All of it goes through moderation as a server
has it, on a clock that is moved; people report some of it, and a reviewer who knows what every
upload shows decides what is to be reviewed. Then the same uploads come again in another order.
`python -m benchmarks.run_traffic` and `python -m benchmarks.traffic_load` measure,
`benchmarks/traffic_metrics.py` says what the numbers mean, `benchmarks/traffic_plan.py` what the
traffic is made of."""


class Page:
    """The page and its drawings in a folder."""

    def __init__(
        self,
        rows: Sequence[Uploaded],
        looks: Sequence[Reviewed],
        load: Sequence[Waited],
        burst: Sequence[Uploaded],
        folder: Path,
        note: str = "",
    ) -> None:
        self.rows, self.looks, self.load, self.folder = rows, looks, load, folder
        self.burst, self.note = burst, note
        self.planned = [row for row in rows if row.run == AS_PLANNED]
        self.reviewed = [one for one in looks if one.run == AS_PLANNED]

    def write(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        page = self.folder / PAGE
        page.write_text("\n\n".join([INTRODUCTION, *self._parts()]) + "\n", encoding="utf-8")
        return page

    def _parts(self) -> Iterator[str]:
        if self.note:
            yield self.note
        yield self._promised()
        if self.planned:
            yield self._burst()
            yield self._misses()
            yield self._reviews()
            yield self._answers()
        if self.load:
            yield self._busy()
        stamps = {row.stamp for row in (*self.rows, *self.burst)}
        stamps |= {row.stamp for row in self.load}
        measured = sorted(f"{s.dataset}, commit {s.commit}, {s.machine}" for s in stamps)
        yield "Measured on: " + "; ".join(measured) + "."

    def _promised(self) -> str:
        lines = [
            [goal.name, goal.promised, f"{goal.measured:.4g}", "yes" if goal.reached else "**no**"]
            for goal in goals(self.rows, self.looks, self.load)
        ]
        return "## What was promised\n\n" + table(["", "promised", "measured", "reached"], lines)

    def _burst(self) -> str:
        """Of the thing that was uploaded most."""
        harmful = [row for row in self.planned if row.role == "harmful"]
        most = max(
            {row.thing for row in harmful}, key=lambda t: (sum(r.thing == t for r in harmful), t)
        )
        mine = sorted((row for row in harmful if row.thing == most), key=lambda row: row.at)
        began = mine[0].at
        hours = [(row.at - began) / HOUR for row in mine]
        lines = {
            "uploaded": list(zip(hours, np.arange(1.0, len(mine) + 1).tolist(), strict=True)),
            "removed when they were answered": list(
                zip(hours, np.cumsum([float(r.action == "remove") for r in mine]), strict=True)
            ),
            "looks of a reviewer": [
                ((one.at - began) / HOUR, k + 1.0)
                for k, one in enumerate(o for o in self.reviewed if o.thing == most)
            ],
        }
        plot = "traffic-burst.svg"
        title = f"A burst: {len(mine)} accounts, {len({r.attack for r in mine})} disguises"
        shown = {name: points for name, points in lines.items() if points}
        plots.scaling(self.folder / plot, title, "hours since the first upload", "uploads", shown)
        found = metrics.clustered(self.planned)
        of = [
            ["purity", f"{found.purity:.4f}"],
            ["purity of clusters with several uploads", f"{found.purity_shared:.4f}"],
            ["completeness", f"{found.completeness:.4f}"],
            ["B-cubed precision, recall", f"{found.precision:.4f}, {found.recall:.4f}"],
            [
                "things, clusters, mixed clusters",
                f"{found.things}, {found.clusters}, {found.mixed}",
            ],
            [
                "harmful copies removed in the end",
                f"{metrics.removed_in_the_end(self.planned):.3f}",
            ],
            *(
                [f"removed when they were answered: {name}", f"{share:.3f}"]
                for name, share in metrics.removed_at_once(self.planned).items()
            ),
            ["pieces and other media linked to their thing", self._linked()],
        ]
        text = (
            f"{len(self.planned)} uploads of {found.things} things. Copies that are uploaded "
            "before anybody decided are removed by the decision, those after it at once."
        )
        return f"## Clusters\n\n{text}\n\n![{title}]({plot})\n\n{table(['', ''], of)}"

    def _linked(self) -> str:
        apart = [r for r in self.planned if r.shows != Shows.WHOLE and not r.beside]
        return f"{sum(row.linked for row in apart)} of {len(apart)}"

    def _misses(self) -> str:
        lines = [
            [_said(row), f"in a cluster of {thing}"]
            for row, thing in metrics.intruders(self.planned)
        ]
        lines += [[_said(row), "apart from its copies"] for row in metrics.strays(self.planned)]
        return "### Every miss\n\n" + (table(["upload", ""], lines) if lines else "None.")

    def _reviews(self) -> str:
        kinds: dict[tuple[str, str], int] = {}
        for one in self.reviewed:
            key = one.what if one.copies else f"{one.what} on pieces or other media", one.why
            kinds[key] = kinds.get(key, 0) + 1
        lines = [[what, why, times] for (what, why), times in sorted(kinds.items())]
        text = (
            f"{len(self.reviewed)} looks instead of "
            f"{metrics.looks_without_clusters(self.planned, self.reviewed)}, one a copy. A split "
            "of a cluster that shows several things is a look more. A still of a film, or a piece "
            "among other things, is looked at for itself."
        )
        return f"## Reviews\n\n{text}\n\n" + table(["", "because", "times"], lines)

    def _answers(self) -> str:
        pictures = [row for row in (*self.rows, *self.burst) if row.kind == PICTURE]
        told = metrics.by_size(pictures, SIZES)
        parts = {
            "fingerprinting": [1000 * max(0.0, a - s - w) for _, a, s, w in told.values()],
            "searching": [1000 * search for _, _, search, _ in told.values()],
            "writing": [1000 * write for _, _, _, write in told.values()],
        }
        plot = "traffic-answers.svg"
        title = "An answer to a picture, by the contents of its cluster"
        plots.stacked(self.folder / plot, title, "median ms by the clock", list(told), parts)
        lines = []
        for kind in (PICTURE, SOUND, VIDEO):
            some = [row for row in self.rows if row.kind == kind]
            if some:
                quantiles = [
                    1000 * metrics.quantile(some, part, share)
                    for share in (0.5, 0.95)
                    for part in ("perceive", "answer")
                ]
                lines.append([kind, len(some), *(f"{q:.0f}" for q in quantiles)])
        header = ["", "uploads", "fingerprinting, ms", "answer", "fingerprinting, p95", "answer"]
        text = "One upload after the other. Times are by the clock, decoding and all."
        return f"## Answers\n\n{text}\n\n![{title}]({plot})\n\n{table(header, lines)}"

    def _busy(self) -> str:
        lines = []
        for phase, clients in dict.fromkeys((row.phase, row.clients) for row in self.load):
            mine = [r for r in self.load if (r.phase, r.clients) == (phase, clients)]
            answer, inside = ([getattr(r, what) for r in mine] for what in ("answer", "perceive"))
            quantiles = [
                1000 * float(np.quantile(v, q)) for q in (0.5, 0.95) for v in (inside, answer)
            ]
            lines.append(
                [
                    {HALF: "half of that rate", ALONE: "fingerprinting alone"}.get(
                        phase, f"saturated, {clients} clients"
                    ),
                    len(mine),
                    f"{mine[0].rate:.2f}",
                    *(f"{q:.0f}" for q in quantiles),
                    f"{mine[0].generator:.1%}",
                ]
            )
        header = [
            *("", "uploads", "a second", "fingerprinting, ms", "answer"),
            *("fingerprinting, p95", "answer", "share of the generator"),
        ]
        text = (
            "`POST /v1/uploads` with small pictures at a real server, every fifth a copy of an "
            "earlier one. At half the rate uploads come at times of their own. An answer takes "
            "from the moment when a request that was made before is handed to the network; "
            "fingerprinting is measured inside of the server, of the same uploads."
        )
        return f"## A busy server\n\n{text}\n\n{table(header, lines)}"


def _said(row: Uploaded) -> str:
    how = f"{row.family}: {row.attack}" if row.attack else "as it is"
    return f"{row.number}, {row.thing} ({row.kind}, {how})"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.traffic_report", description=__doc__
    )
    parser.add_argument("--rows", type=Path, default=OUT)
    parser.add_argument("--report", type=Path, default=FOLDER)
    parser.add_argument("--note", default="", help="what a reader of the page must know")
    options = parser.parse_args(arguments)
    rows = uploads(options.rows / UPLOADS)
    load = traffic_load.read(options.rows / traffic_load.FILE)
    burst = uploads(options.rows / "burst" / UPLOADS)
    looks = reviews(options.rows / REVIEWS)
    print(Page(rows, looks, load, burst, options.report, options.note).write())


if __name__ == "__main__":
    main()
