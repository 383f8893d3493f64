"""References at hand: what an upload is held against, the next one often is, too.

Copies come in bursts and look-alikes in sets, and the further looks at a reference follow a first
one. Reading and unpacking one is a fifth of what a search among a few hundred computes.
"""

from contextlib import suppress
from threading import Lock

from cachetools import LRUCache

from reseen.domain.bank import Reference
from reseen.flows.meeting import party
from reseen.flows.party import Party
from reseen.ports import ReferenceStore, VisualSignals

MOST_BYTES = 128 << 20
"""Of arrays that are held: some 500 stills."""

type _Key = tuple[str, int, int]


class Parties:
    """The last references that were looked at, as parties to a comparison. Safe for many threads.

    One that has changed is another: what is held is found by the last change to it.
    """

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._held: LRUCache[_Key, Party] = LRUCache(most, getsizeof=_bytes)
        self._lock = Lock()

    def of(
        self, visual: VisualSignals, references: ReferenceStore, reference: Reference
    ) -> Party | None:
        """``None`` for one without media. Raises ``BlobMissing`` and ``NotReady``."""
        key = reference.project_id, reference.number, reference.change
        with self._lock:
            held = self._held.get(key)
        if held is not None:
            return held
        kept = references.fingerprint(reference)
        if kept is None:
            return None
        found = party(visual, kept)
        with self._lock, suppress(ValueError):  # larger than all that may be held
            self._held[key] = found
        return found


def _bytes(one: Party) -> int:
    """Unpacked, as it is compared."""
    tracks = one.fingerprint.tracks
    return sum(t.codes.nbytes + t.spans.nbytes + t.places.nbytes for t in tracks)
