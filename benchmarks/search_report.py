"""Cost and recall of the search, as a page with plots: ``python -m benchmarks.search_report``.

``--rows DIR`` holds the rows; ``--measure quick|full`` first measures what is not there yet
(``benchmarks.search_measure``). Without rows of a kind its part of the page is left out.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import index_scale, plots, search_measure, searched
from benchmarks import search_figures as figures
from benchmarks.datasets import corpora_of
from benchmarks.index_churn import quantiles
from benchmarks.report import table
from benchmarks.rows import OUT, ROOT
from benchmarks.search_goals import PHASES, Measured, goals
from benchmarks.search_measure import Step
from benchmarks.search_rows import files, load
from benchmarks.search_texts import INTRODUCTION, TEXTS

FOLDER = ROOT / "docs" / "benchmarks"
PAGE = "search.md"
QUERY_MS = "ms a query, one core"
HOURS_A_WINDOW = 12 / 3600


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page."""

    title: str
    text: str
    plot: str
    lines: str
    source: str

    def __str__(self) -> str:
        shown = f"![{self.title}]({self.plot})"
        parts = [f"## {self.title}", self.text, shown, self.lines, self.source]
        return "\n\n".join(part for part in parts if part)


class Page:
    """The page and its plots in a folder; ``rows`` is where it was measured."""

    def __init__(self, measured: Measured, rows: Path, folder: Path) -> None:
        self.measured, self.rows, self.folder = measured, rows, folder

    def write(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        parts = [INTRODUCTION, self.promised(), *map(str, self.sections())]
        page = self.folder / PAGE
        page.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
        return page

    def promised(self) -> str:
        lines = [
            [goal.name, goal.promised, f"{goal.measured:.4g}", "yes" if goal.reached else "**no**"]
            for goal in goals(self.measured)
        ]
        return "## What was promised\n\n" + table(["", "promised", "measured", "reached"], lines)

    def sections(self) -> list[Section]:
        of = self.measured
        made = [
            self._index("hashes", "PDQ hashes", of.hashes, None),
            self._index("descriptors", "Descriptors", of.descriptors, 25.0),
            self._index("sound", "Sound", of.sound, 150.0),
            self._whole(),
            self._recall(),
            self._media(),
            self._bytes(),
            self._truth(),
            self._freshness(),
            self._load(),
            self._ingest(),
        ]
        return [section for section in made if section is not None]

    def _index(
        self, kind: str, title: str, rows: Sequence[index_scale.IndexRow], goal: float | None
    ) -> Section | None:
        if not rows:
            return None
        scale = HOURS_A_WINDOW if kind == "sound" else 1.0
        x = "hours of sound" if kind == "sound" else "rows"
        plot = f"search-{kind}.svg"
        lines = figures.waits(rows, scale)
        plots.growth(self.folder / plot, f"{title}: one query", x, QUERY_MS, lines, goal)
        found = [
            [
                system,
                f"{size * scale:,.0f}",
                f"{1000 * cost.p50:.1f}",
                f"{1000 * cost.p95:.1f}",
                f"{cost.recall:.3f}",
                cost.queries,
            ]
            for (system, size), cost in index_scale.costs(rows).items()
        ]
        header = ["", x, "ms, median", "ms, p95", "found", "queries"]
        return Section(title, TEXTS[kind], plot, table(header, found), self._source(kind))

    def _whole(self) -> Section | None:
        rows = self.measured.searched
        if not rows:
            return None
        every = searched.summary(rows)
        names = [f"{one.size:,}" for one in every]
        parts = figures.parts_of_search(rows)
        y = "mean processor ms a search"
        plot = "search-whole.svg"
        plots.stacked(self.folder / plot, "A whole search, by references", y, names, parts, 250.0)
        lines = [
            [
                names[at],
                *(f"{values[at]:.1f}" for values in parts.values()),
                f"{1000 * one.search_p50:.0f} / {1000 * one.search_p95:.0f}",
                f"{one.looked_at:.0f}",
            ]
            for at, one in enumerate(every)
        ]
        header = ["references", *parts, "without describing, p50 / p95", "looked at"]
        title = "A whole search"
        return Section(title, TEXTS["searched"], plot, table(header, lines), self._source())

    def _recall(self) -> Section | None:
        of = self.measured
        kinds = {
            "PDQ, of an exact scan": of.hashes,
            "descriptors, of an exact scan": of.descriptors,
            "sound, right window first": of.sound,
        }
        lines = figures.recalls(of.searched, {k: rows for k, rows in kinds.items() if rows})
        if not lines:
            return None
        lowest = min(share for points in lines.values() for _, share in points)
        plot = "search-recall.svg"
        bottom = min(0.9, lowest - 0.02)
        plots.shares(self.folder / plot, "Found, by size", "rows", "share", lines, bottom)
        every = searched.summary(of.searched)
        found = [
            [
                f"{o.size:,}",
                o.queries,
                f"{o.pairs:.3f}",
                f"{o.found:.3f}",
                o.lost,
                o.gained,
                o.false,
            ]
            for o in every
        ]
        header = ["references", "queries", "alone", "by search", "lost", "gained", "false"]
        said = table(header, found) if found else ""
        return Section("Recall", TEXTS["recall"], plot, said, self._source("searched"))

    def _media(self) -> Section | None:
        rows = self.measured.media
        if not rows:
            return None
        every = searched.summary(rows)
        parts = figures.parts_of_search(rows)
        names = [f"{one.what}\n{one.size:,}" for one in every]
        plot, title = "search-media.svg", "Films and sound"
        plots.stacked(self.folder / plot, title, "mean processor ms a search", names, parts)
        lines = [
            [
                one.what,
                f"{one.size:,}",
                f"{one.windows * HOURS_A_WINDOW:,.0f}",
                one.queries,
                f"{one.pairs:.3f} / {one.found:.3f}",
                f"{one.lost} / {one.worse}",
                one.false,
                f"{one.placed_alone:.3f} / {one.placed:.3f}",
                f"{1000 * one.describe_p50:.0f}",
                f"{1000 * one.search_p50:.0f} / {1000 * one.search_p95:.0f}",
                f"{1000 * one.index_p50:.0f}",
                f"{one.looked_at:.0f}",
            ]
            for one in every
        ]
        header = [
            *("", "descriptors", "hours of sound", "queries", "alone / by search"),
            *("lost / worse", "false", "in place, alone / by search", "describing"),
            *("search, p50 / p95", "index", "looked at"),
        ]
        return Section(title, TEXTS["media"], plot, table(header, lines), self._source("media"))

    def _bytes(self) -> Section | None:
        of = self.measured
        kinds = {"PDQ": of.hashes, "descriptors": of.descriptors, "sound windows": of.sound}
        lines = figures.bytes_of({k: rows for k, rows in kinds.items() if rows})
        if not lines:
            return None
        plot = "search-bytes.svg"
        plots.growth(self.folder / plot, "Memory and disk of the index", "rows", "MB", lines)
        return Section("Memory and disk", TEXTS["bytes"], plot, "", self._source("hashes"))

    def _truth(self) -> Section | None:
        lines = figures.calls(self.measured.truth)
        if not lines:
            return None
        plot, title = "search-truth.svg", "Calls of the truth"
        plots.growth(self.folder / plot, title, "references", "ms by the clock, median", lines)
        return Section(title, TEXTS["truth"], plot, "", self._source("truth"))

    def _freshness(self) -> Section | None:
        rows = [*self.measured.churn]
        phases = figures.phases_of(rows, "searchable", list(PHASES))
        if not phases:
            return None
        plot = "search-freshness.svg"
        bars = figures.by_phase(rows, "searchable", list(PHASES))
        title = "From added to found"
        plots.bars(self.folder / plot, title, "ms by the clock", phases, bars)
        return Section(title, TEXTS["freshness"], plot, "", self._source("churn"))

    def _load(self) -> Section | None:
        rows = self.measured.load
        phases = figures.phases_of(rows, "search", list(PHASES))
        if "idle" not in phases:
            return None
        plot = "search-load.svg"
        bars = figures.by_phase(rows, "search", list(PHASES))
        bound = 3 * bars["p99"][phases.index("idle")]
        title = "A search beside other work"
        plots.bars(self.folder / plot, title, "ms by the clock", phases, bars, bound)
        found = quantiles(rows)

        def largest(what: str, phase: str) -> float:
            return found[phase, what][3] if (phase, what) in found else 0.0

        lines = [
            [
                PHASES[phase],
                found[phase, "search"][0],
                *(f"{values[at]:.0f}" for values in bars.values()),
                f"{1e-6 * largest('resident', phase):.0f}",
                f"{largest('added', phase):.1f}",
            ]
            for at, phase in enumerate(phases)
        ]
        header = ["while", "searches", *(f"{name}, ms" for name in bars), "MB", "files a second"]
        return Section(title, TEXTS["load"], plot, table(header, lines), self._source("load"))

    def _ingest(self) -> Section | None:
        lines = figures.rates(self.measured.filled)
        if not lines:
            return None
        plot = "search-ingest.svg"
        plots.scaling(self.folder / plot, "Ingest", "cores", "pictures a second", lines)
        return Section("Ingest", TEXTS["filled"], plot, "", self._source("filled"))

    def _source(self, kind: str = "searched") -> str:
        """The commands, machines and commits behind rows of a kind."""
        done = [Step.read(path.parent) for path in files(self.rows, kind)]
        said = [f"`{s.command}`, {s.machine}, commit `{s.commit}`" for s in done if s is not None]
        if not said:
            stamps = {getattr(row, "stamp", None) for row in getattr(self.measured, kind)}
            said = sorted(f"{s.machine}, commit `{s.commit}`" for s in stamps if s is not None)
        return "Measured: " + "; ".join(dict.fromkeys(said)) + "." if said else ""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search_report", description=__doc__)
    parser.add_argument("--rows", type=Path, default=OUT / "search")
    parser.add_argument("--report", type=Path, default=FOLDER)
    parser.add_argument("--measure", choices=tuple(search_measure.SIZES))
    parser.add_argument("--corpus", type=Path, action="append", default=[])
    parser.add_argument("--only", nargs="+", default=[], help="names of steps")
    options = parser.parse_args(arguments)
    if options.measure:
        corpora = corpora_of(options.corpus)
        search_measure.run(options.measure, options.rows, corpora, options.only)
    print(Page(load(options.rows), options.rows, options.report).write())


if __name__ == "__main__":
    main()
