"""Which references a query is held against.

Verifying every pair would take days and tell little: most references are nothing like the query.
So each query meets its original, the references that lie nearest by the cheap measure that an index
would use, and a few at random. The nearest are the hardest false pairs; all others count as
unanswered, which they would be in a bank.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
import numpy.typing as npt

from benchmarks.datasets import Dataset, Item
from benchmarks.localisation import Stretch
from benchmarks.pool import Query
from benchmarks.rows import Row, Stamp, commit, machine
from benchmarks.subject import Subject, stretches
from reseen.domain.errors import ReseenError
from reseen.domain.fingerprint import Fingerprint

type Closeness = Callable[[Fingerprint], npt.NDArray[np.floating]]
"""How near each reference lies to a query by what an index would use; larger is nearer."""


@dataclass(frozen=True, slots=True)
class Breadth:
    """How many of the nearest and of random references a query meets, its original aside."""

    nearest: int
    random: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What one system said of one query and one reference."""

    reference: str
    score: float
    confidence: str = ""
    segments: tuple[Stretch, ...] = ()
    seconds: float = 0.0
    error: str | None = None


def candidates(
    query: Query,
    references: Sequence[str],
    closeness: npt.NDArray[np.floating],
    breadth: Breadth,
    barred: Sequence[int] = (),
) -> list[int]:
    """Indices of the references to verify, nearest first; the original is always among them.

    ``barred`` are left out: nobody knows whether they are true.
    """
    ranked = np.argsort(-closeness, kind="stable")
    ranked = ranked[~np.isin(ranked, barred)]
    chosen = [int(i) for i in ranked[: breadth.nearest]]
    rest = ranked[breadth.nearest :]
    drawn = query.rng().choice(rest, size=min(breadth.random, len(rest)), replace=False)
    chosen += sorted(int(i) for i in drawn)
    if not query.absent:
        original = references.index(query.item.id)
        if original not in chosen:
            chosen.append(original)
    return chosen


@dataclass(frozen=True, slots=True)
class Verified:
    """What reseen said of a query, the candidates it was asked about, and its time to perceive."""

    answers: list[Answer]
    asked: list[int]
    seconds: float


def verify(
    subject: Subject,
    query: Query,
    path: Path,
    references: Sequence[Item],
    closeness: Closeness,
    breadth: Breadth,
    barred: Sequence[int] = (),
) -> Verified:
    """Fingerprint a file as an upload and compare it with its candidates."""
    names = [item.id for item in references]
    start = perf_counter()
    try:
        seen = subject.query(path)
    except ReseenError as error:
        failed = [] if query.absent else [Answer(query.item.id, 0.0, error=error.code)]
        return Verified(failed, [], perf_counter() - start)
    seconds = perf_counter() - start
    asked = candidates(query, names, closeness(seen.fingerprint), breadth, barred)
    answers = []
    for i in asked:
        reference = subject.reference(references[i].path)
        start = perf_counter()
        match = subject.compare(seen, reference)
        answers.append(
            Answer(
                names[i],
                match.score,
                confidence=str(subject.cuts.confidence(match.score)),
                segments=stretches(match, seen.fingerprint, reference.fingerprint),
                seconds=perf_counter() - start,
            )
        )
    return Verified(answers, asked, seconds)


def rows(
    query: Query,
    dataset: Dataset,
    system: str,
    answers: Sequence[Answer],
    *,
    kind: str,
    family: str,
    copied: tuple[Stretch, ...] = (),
    query_seconds: float = 0.0,
) -> list[Row]:
    """Raw rows of one system for one query."""
    stamp = Stamp(dataset.name, commit(), machine())
    return [
        Row(
            system=system,
            kind=kind,
            half=dataset.half,
            query=query.id,
            source=query.item.id,
            reference=answer.reference,
            attack=query.attack,
            family=family,
            truth=(truth := not query.absent and answer.reference == query.item.id),
            score=answer.score,
            stamp=stamp,
            confidence=answer.confidence,
            segments=answer.segments,
            copied=copied if truth else (),
            seconds=round(answer.seconds, 5),
            query_seconds=round(query_seconds, 5),
            error=answer.error,
        )
        for answer in answers
    ]


def kin(query: Query, fillers: Sequence[Item], references: Sequence[Item]) -> list[int]:
    """References from a source of the query or of what is mixed into it. They may truly share
    content: the trailer of a film, the same photograph at another size, a tune arranged anew.
    """
    groups = {query.item.group, *(item.group for item in fillers)}
    return [i for i, item in enumerate(references) if item.group in groups]


def peer_answers(
    query: Query,
    references: Sequence[str],
    scores: npt.NDArray[np.float64],
    barred: Sequence[int] = (),
) -> list[Answer]:
    """A peer that scored every reference: its five best answers and the original's."""
    chosen = candidates(query, references, scores, Breadth(5, 0), barred)
    return [Answer(references[i], float(scores[i])) for i in chosen]
