"""Making an index anew from the truth, while the old one serves."""

from collections.abc import Generator, Sequence

from reseen.index.follower import BATCH, Follower, take
from reseen.index.maintenance import settle
from reseen.index.project import ProjectIndex
from reseen.index.segmented import SegmentedIndex
from reseen.index.turns import Turns
from reseen.ports import ReferenceStore

_ROUNDS = 3
"""Times that what came meanwhile is taken before the serving index stops following: the less is
left then, the sooner is what comes next searchable."""


def rebuild(
    index: SegmentedIndex, follower: Follower, truth: ReferenceStore, project_ids: Sequence[str]
) -> Generator[float]:
    """Yields progress 0..1. Left early, what was made is dropped and the old index stays. Raises
    what the truth raises, ``OSError`` and ``MergeFailed``.
    """
    hurry = Turns(patience_s=0.0)
    for done, project_id in enumerate(project_ids):
        made = index.next_generation(project_id)
        is_serving = False
        try:
            while made.position < truth.last_change(project_id) - BATCH:
                _feed(made, truth, project_id, index.turns)
                settle(made)
                last = max(1, truth.last_change(project_id))
                yield (done + min(1.0, made.position / last)) / len(project_ids)
            for _ in range(_ROUNDS):
                if not _feed(made, truth, project_id, hurry):
                    break
            made.flush()
            with follower.paused():
                while _feed(made, truth, project_id, hurry):
                    pass
                index.swap(project_id, made)
                is_serving = True
        finally:
            if not is_serving:
                index.drop(made)
        yield (done + 1) / len(project_ids)


def _feed(made: ProjectIndex, truth: ReferenceStore, project_id: str, turns: Turns) -> bool:
    changes = truth.changes(project_id, made.position, BATCH)
    if changes:
        take(made, truth, project_id, changes, turns)
    return bool(changes)
