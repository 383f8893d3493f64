"""A replay in a few lines, and every miss by name."""

from collections.abc import Iterator, Sequence

from benchmarks import traffic_metrics as metrics
from benchmarks.datasets import PICTURE, SOUND, VIDEO
from benchmarks.traffic_plan import Shows
from benchmarks.traffic_rows import AS_PLANNED, SHUFFLED, Reviewed, Uploaded

SIZES = (1, 2, 5, 10, 20, 50, 100, 200)


def lines(rows: Sequence[Uploaded], reviews: Sequence[Reviewed]) -> Iterator[str]:
    runs = {run: [row for row in rows if row.run == run] for run in (AS_PLANNED, SHUFFLED)}
    for run, mine in runs.items():
        if mine:
            yield from _of_run(run, mine, [one for one in reviews if one.run == run])
    if all(runs.values()):
        moved = metrics.moved(runs[AS_PLANNED], runs[SHUFFLED])
        yield f"in other clusters when they come in another order: {len(moved)} uploads {moved}"


def _of_run(run: str, rows: Sequence[Uploaded], reviews: Sequence[Reviewed]) -> Iterator[str]:
    found = metrics.clustered(rows)
    yield f"== {run}: {len(rows)} uploads of {found.things} things in {found.clusters} clusters"
    yield (
        f"purity {found.purity:.4f} (clusters of several: {found.purity_shared:.4f}, "
        f"{found.mixed} mixed), completeness {found.completeness:.4f}, "
        f"B-cubed {found.precision:.4f} / {found.recall:.4f}"
    )
    for row, thing in metrics.intruders(rows):
        yield f"  mixed: {_said(row)} is in a cluster of {thing}"
    for row in metrics.strays(rows):
        yield f"  apart: {_said(row)}"
    looks = metrics.looks_without_clusters(rows, reviews)
    splits = sum(one.what == "split" for one in reviews)
    others = sum(not one.copies for one in reviews)
    yield (
        f"{len(reviews)} reviews ({splits} splits, {others} of pieces and other media) of "
        f"{len({o.thing for o in reviews})} things: {metrics.reviews_a_thing(reviews):.3f} a "
        f"thing; one by one: {looks}"
    )
    for one in reviews:
        yield f"  {one.what} on {one.thing} ({one.why}): {one.verdict}, {one.uploads} contents"
    yield f"innocent uploads removed: {len(metrics.removed_innocents(rows))}"
    for row in metrics.removed_innocents(rows):
        yield f"  removed: {_said(row)}: {row.action}, then {row.ended}"
    at_once = ", ".join(f"{k} {v:.3f}" for k, v in metrics.removed_at_once(rows).items())
    yield f"harmful copies removed: {metrics.removed_in_the_end(rows):.3f}; at once: {at_once}"
    apart = [row for row in rows if row.shows != Shows.WHOLE and not row.beside]
    yield f"pieces and other media linked: {sum(r.linked for r in apart)} of {len(apart)}"
    for row in apart:
        if not row.linked:
            yield f"  not linked: {_said(row)}"
    for kind in (PICTURE, SOUND, VIDEO):
        some = [row for row in rows if row.kind == kind]
        if some:
            yield (
                f"{kind}: p95 of answers / of fingerprinting {metrics.ratio(some):.2f} "
                f"({metrics.quantile(some, 'answer', 0.95):.3f} / "
                f"{metrics.quantile(some, 'perceive', 0.95):.3f} s)"
            )
    yield f"all: p95 of answers / of fingerprinting {metrics.ratio(rows):.2f}"
    for size, (times, answer, search, write) in metrics.by_size(rows, SIZES).items():
        yield (
            f"  cluster of {size}: {times} answers, median {1000 * answer:.0f} ms, "
            f"search {1000 * search:.0f}, write {1000 * write:.0f}"
        )


def _said(row: Uploaded) -> str:
    what = row.attack or "as it is"
    return f"{row.number} {row.thing} ({row.kind}, {row.family or what}: {what})"
