"""How sound that is no copy scores: ``python -m benchmarks.run_sound_doubles [--takes FOLDER]``.

Each pair of ``sound_doubles`` is aligned by itself, which is harder than a search: a search would
compare few of them. Prints by family how many pairs reach the cuts of a match, with the upper end
of Wilson's interval of the share at ``high``; and of loops that two tracks truly share, how many
are told where they are, to a quarter of a second. ``--out`` keeps a line of JSON a pair.
"""

import argparse
import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path

from benchmarks.attacks import Samples
from benchmarks.localisation import Stretch, boundary_errors, covering
from benchmarks.metrics import wilson
from benchmarks.run_sound import truth
from benchmarks.sound_doubles import RATE, Double, drawn, spoken_again, takes
from reseen.domain.fingerprint import PEAKS, Track
from reseen.domain.media import Sound
from reseen.engine.sound.alignment import align_sound
from reseen.signals.audible import hear
from reseen.wiring.matching import CUTS

PLACED = 0.25


@dataclass(frozen=True, slots=True)
class Scored:
    """One pair: ``score`` of the best segment that no truth explains, 0 without; ``true`` loops of
    which ``placed`` are told with both ends in their place.
    """

    family: str
    name: str
    score: float
    true: int
    placed: int


def measured(double: Double) -> Scored:
    query, reference = _peaks(double.query), _peaks(double.reference)
    found: list[Stretch] = []
    if query is not None and reference is not None:
        seconds = len(double.query) / RATE, len(double.reference) / RATE
        found = [
            Stretch((s.query.start, s.query.end), (s.reference.start, s.reference.end), s.score)
            for s in align_sound(query, reference, *seconds)
        ]
    known = truth(double.copied)
    false = [f.score for f in found if not any(f.shares_area(t) for t in known)]
    sure = [f for f in found if f.score >= CUTS.medium]
    best = [(t, covering(t, sure)) for t in known]
    placed = sum(b is not None and max(boundary_errors(t, b)) <= PLACED for t, b in best)
    return Scored(double.family, double.name, max(false, default=0.0), len(known), placed)


def table(rows: Sequence[Scored]) -> list[str]:
    """Lines of a table, a family each."""
    lines = ["| family | pairs | match | high | best | high at most |", "|---|---|---|---|---|---|"]
    for family in dict.fromkeys(row.family for row in rows):
        some = [row for row in rows if row.family == family]
        match, high = (sum(r.score >= cut for r in some) for cut in (CUTS.medium, CUTS.high))
        bound = wilson(high, len(some)).high
        best = max(row.score for row in some)
        line = f"| {family} | {len(some)} | {match} | {high} | {best:.2f} | {bound:.3f} |"
        if true := sum(row.true for row in some):
            line += f" of {true} true loops {sum(r.placed for r in some)} in their place"
        lines.append(line)
    return lines


def _peaks(samples: Samples) -> Track | None:
    """``None`` where nothing can be told from other sound."""
    tracks = hear(Sound(0.0, RATE, samples)).found
    return next((track for track in tracks if track.signal == PEAKS), None)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=24, help="pairs of each family")
    parser.add_argument("--takes", type=Path, help="recorded words: word_speaker_take.wav")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        doubles: Iterable[Double] = chain(
            drawn(options.count),
            spoken_again(Path(folder)),
            takes(options.takes, options.count) if options.takes else (),
        )
        rows = [measured(double) for double in doubles]
    if options.out:
        options.out.write_text("".join(json.dumps(asdict(row)) + "\n" for row in rows), "utf-8")
    print("\n".join(table(rows)))


if __name__ == "__main__":
    main()
