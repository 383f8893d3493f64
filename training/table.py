"""The table of a training, from its logs alone: ``python -m training.table --out FOLDER``.

It keeps what the table needs in ``--results``, which is ``training/results`` (rows of
``training.measure``, and the logs of the runs with every 25th step), and writes ``table.md`` there;
without ``--out``, from what is kept.
"""

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
PEER, BEST = "sscd_distilled", "sscd"
_EVERY = 25
_INTRODUCTION = (
    "Made by `python -m training.table`. {queries:,} queries, {copies:,} of them disguised copies,"
    " against {references:,} references; no source of theirs trained anything. Known kinds are"
    " attacks like those that training makes, in another hand; unknown kinds are never made in"
    " training. Both columns give R@0FP (above the best false pair of all queries) / µAP."
)
_APART_TITLE = "Collections of which nothing trained"
_APART = (
    "Above, other pictures of the same collections trained, of the same makers and rooms maybe."
    " Here whole collections were held out: {queries:,} queries, {copies:,} of them copies, against"
    " {references:,} references."
)
_WATCHED = (
    "`first`: the nearest of all references is the right one. `clear`: above every pair of"
    " strangers. Disguises are training's own, so this compares runs, not descriptors."
)

Row = Mapping[str, Any]


def newest(rows: Iterable[Row]) -> dict[str, Row]:
    """The last row of each model, in the order in which models first appear."""
    found: dict[str, Row] = {}
    for row in rows:
        found[row["model"]] = row
    return found


def may_ship(student: Row, peer: Row) -> bool:
    """Whether it equals or beats the peer: in all, and on attacks it was not made ready for."""
    figures = ("clear", "precision", "clear_unseen", "precision_unseen")
    return all(student[figure] >= peer[figure] for figure in figures)


def thinned(log: Sequence[Row]) -> list[Row]:
    """What a table and a plot need of a log."""
    return [row for row in log if row["what"] != "step" or row["step"] % _EVERY == 0]


def overall(rows: Sequence[Row]) -> list[str]:
    titles = [
        "descriptor, 1 view",
        "numbers",
        "R@0FP",
        "R@P.99",
        "µAP",
        "known kinds",
        "unknown kinds",
        "chains",
    ]
    lines = [_line(titles), "|---" * len(titles) + "|"]
    for row in rows:
        clear, low, high = row["clear"], row["low"], row["high"]
        cells = [
            _name(row),
            str(row["width"]),
            f"{clear:.3f} ({low:.3f} to {high:.3f})",
            f"{row['sure']:.3f}",
            f"{row['precision']:.3f}",
            f"{row['clear_seen']:.3f} / {row['precision_seen']:.3f}",
            f"{row['clear_unseen']:.3f} / {row['precision_unseen']:.3f}",
            f"{row['clear_chains']:.3f}",
        ]
        lines.append(_line(cells))
    return lines


def by_family(rows: Sequence[Row]) -> list[str]:
    names = list(rows[0]["families"])
    lines = [
        "| family | copies | " + " | ".join(_name(row) for row in rows) + " |",
        "|---" * (2 + len(rows)) + "|",
    ]
    for name in names:
        shares = (row["families"][name] for row in rows)
        cells = " | ".join(f"{found / max(1, total):.2f}" for found, total in shares)
        lines.append(f"| {name} | {rows[0]['families'][name][1]} | {cells} |")
    return lines


def watched(logs: Mapping[str, Sequence[Row]]) -> list[str]:
    """The pictures that train nothing, as each run saw them."""
    lines = ["| run | told otherwise | step | of | first | clear |", "|---|---|---|---|---|---|"]
    plain = _told(logs.get("full", next(iter(logs.values()))))
    for name, log in logs.items():
        told = _told(log)
        changed = ", ".join(f"{k} = {v}" for k, v in told.items() if plain.get(k) != v)
        lines += [
            f"| {name} | {changed} | {row['step']} | {row['of']} | {row['first']:.3f} | "
            f"{row['clear']:.3f} |"
            for row in log
            if row["what"] == "tune"
        ]
    return lines


def page(
    rows: Mapping[str, Row], logs: Mapping[str, Sequence[Row]], apart: Mapping[str, Row]
) -> str:
    """The whole of ``table.md``. ``apart``: rows of a trial of collections held out whole."""
    students = [row for name, row in rows.items() if name not in (PEER, BEST)]
    peer, one = rows[PEER], next(iter(rows.values()))
    lines = [
        "# How far the student is",
        "",
        _INTRODUCTION.format(**one),
        "",
        *overall(list(rows.values())),
        "",
    ]
    shipped = [s for s in students if may_ship(s, peer) and _ships_apart(s, apart)]
    if apart:
        other = next(iter(apart.values()))
        lines += ["## " + _APART_TITLE, "", _APART.format(**other), ""]
        lines += [*overall(list(apart.values())), ""]
    if students:
        best = max(shipped or students, key=lambda s: s["clear"])
        lines += [
            f"{_name(best)} equals or beats `{PEER}` on all of this and may ship."
            if shipped
            else f"None equals `{PEER}` on all of this: none ships.",
            "",
            "## By family: recall at 99% precision over all",
            "",
            *by_family([rows[BEST], peer, best]),
            "",
        ]
    if logs:
        lines += [
            "## What each run saw of pictures that train nothing",
            "",
            _WATCHED,
            "",
            *watched(logs),
            "",
        ]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _name(row: Row) -> str:
    return f"`{row['model']}`"


def _ships_apart(student: Row, apart: Mapping[str, Row]) -> bool:
    if not apart:
        return True
    mine = apart.get(student["model"])
    return mine is not None and may_ship(mine, apart[PEER])


def _told(log: Sequence[Row]) -> dict[str, Any]:
    config: Row = next((row["config"] for row in log if row["what"] == "config"), {})
    parts = {k: v if isinstance(v, dict) else {"": v} for k, v in config.items()}
    flat = {f"{k}.{f}".strip("."): v for k, part in parts.items() for f, v in part.items()}
    return {k: v for k, v in flat.items() if k not in ("fit.steps", "fit.tune_every", "fit.keep")}


def _read(file: Path) -> list[Row]:
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def _write(file: Path, rows: Iterable[Row]) -> None:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="what training.prepare was given")
    parser.add_argument("--apart", type=Path, help="a folder with a trial of collections held out")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the table is written")
    told = parser.parse_args()
    told.results.mkdir(parents=True, exist_ok=True)
    if told.out:
        _write(told.results / "measured.jsonl", newest(_read(told.out / "measured.jsonl")).values())
        if told.apart:
            second = newest(_read(told.apart / "measured.jsonl")).values()
            _write(told.results / "measured-apart.jsonl", second)
        for log in sorted((told.out / "runs").glob("*/log.jsonl")):
            _write(told.results / f"run-{log.parent.name}.jsonl", thinned(_read(log)))
    logs = {f.stem.removeprefix("run-"): _read(f) for f in sorted(told.results.glob("run-*.jsonl"))}
    rows, apart = (
        newest(_read(told.results / f"{f}.jsonl")) for f in ("measured", "measured-apart")
    )
    text = page(rows, logs, apart)
    (told.results / "table.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
