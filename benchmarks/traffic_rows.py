"""Raw rows of a replay: one JSON line an upload, and one a look that a reviewer took."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.rows import Stamp

UPLOADS, REVIEWS = "traffic-uploads.jsonl", "traffic-reviews.jsonl"
AS_PLANNED, SHUFFLED = "as planned", "in another order"


@dataclass(frozen=True, slots=True)
class Uploaded:
    """One upload. ``run``: which replay it is of. ``thing``: what it shows, ``beside`` what else;
    ``shows``: how (``traffic_plan.Shows``). ``content`` and ``cluster`` are those of the upload,
    the cluster at the end; ``joined`` is how many contents its cluster held when it was answered.
    ``action`` is the answer, ``ended`` what held at the end; ``decided``: a decision that was there
    already gave the answer. ``linked``: at the end its cluster is tied to that of its thing, or is
    it. Seconds are by the clock: ``perceive`` decoding and fingerprinting, ``write`` the
    transaction, ``answer`` all of it.
    """

    run: str
    number: int
    at: float
    thing: str
    beside: str
    kind: str
    role: str
    alike: str
    attack: str
    family: str
    shows: str
    account: str
    content: int
    cluster: str
    joined: int
    action: str
    ended: str
    decided: bool
    linked: bool
    reported: bool
    perceive: float
    write: float
    answer: float
    stamp: Stamp
    error: str = ""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One look of a reviewer. ``what``: ``decision``, or ``split`` of a cluster that mixes things.
    ``thing`` is what was decided or taken out; ``uploads`` are the contents of it. ``copies``: some
    of them are copies of it, and not only pieces or in another medium.
    """

    run: str
    at: float
    what: str
    why: str
    thing: str
    role: str
    verdict: str
    cluster: str
    members: int
    uploads: int
    copies: bool
    stamp: Stamp


def append(path: Path, rows: Iterable[Uploaded] | Iterable[Reviewed]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(row), separators=(",", ":")) + "\n" for row in rows)


def uploads(path: Path) -> list[Uploaded]:
    """Those of the last run that added to the file."""
    return _newest([Uploaded(**_stamped(fields)) for fields in _lines(path)])


def reviews(path: Path) -> list[Reviewed]:
    return _newest([Reviewed(**_stamped(fields)) for fields in _lines(path)])


def _newest[R: (Uploaded, Reviewed)](rows: list[R]) -> list[R]:
    return [row for row in rows if row.stamp == rows[-1].stamp]


def _lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.endswith("\n")]


def _stamped(fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "stamp": Stamp(**fields["stamp"])}
