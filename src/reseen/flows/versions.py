"""Which versions of a query an index is asked with, while references are described in several.

A signal whose output changed has a new version, and what was ingested before keeps the older one
until it is ingested again. The index says which versions living references hold. A query whose
pixels are at hand is described in each of them that can still be made here; today's is asked last,
since that is where references move to: one that is learnt anew meanwhile is found in one or both.
What only other versions hold is found by its other signals, and the answer says so.
"""

from collections.abc import Mapping, Sequence

from reseen.domain.fingerprint import DESCRIPTOR, PDQ, PEAKS, QUADS, Track
from reseen.flows.decoded import Decoded
from reseen.flows.party import Party

ASKED = frozenset({DESCRIPTOR.name, PDQ.name, QUADS.name})
"""What an index is asked for."""


def versions(party: Party, held: Mapping[str, int]) -> tuple[Party, ...]:
    """The query in each version of the descriptor that is held (by the id of its signal) and can
    be made; as it is last.
    """
    if not isinstance(party, Decoded) or party.version is None:
        return (party,)
    others = (i for i in sorted(held) if _name(i) == DESCRIPTOR.name and i != party.version)
    made = (party.in_version(signal_id) for signal_id in others)
    return (*(one for one in made if one is not None), party)


def asked_with(parties: Sequence[Party]) -> tuple[Track, ...]:
    """What an index is asked with: descriptors of every version, all else of the query once."""
    *others, query = (party.fingerprint for party in parties)
    described = (other.track(DESCRIPTOR.name) for other in others)
    return (*(track for track in described if track is not None), *query.tracks)


def versions_in(tracks: Sequence[Track]) -> int:
    """Of the descriptor. Each leads to references of its own, and is owed as many looks as if it
    were the only one: who asks in two finds what either finds alone.
    """
    return max(1, len({t.signal for t in tracks if t.signal.name == DESCRIPTOR.name}))


def unmet(asked: Sequence[Track], held: Mapping[str, int], *, is_kept: bool) -> list[str]:
    """What to say of references that hold versions of which the query has none."""
    ids = {QUADS.id if t.signal.name == PEAKS.name else t.signal.id for t in asked if len(t)}
    names = {_name(i) for i in ids}
    return [
        f"{count:,} {'reference is' if count == 1 else 'references are'} described by {signal_id}"
        f" and this query is not, {why}: only other signals can find them."
        for signal_id, count in sorted(held.items())
        if _name(signal_id) in names & ASKED and signal_id not in ids
        for why in (_OF_KEPT if is_kept else _OF_MEDIA,)
    ]


_OF_MEDIA = "since this reseen cannot make it ('reseen doctor' says what to do)"
_OF_KEPT = "since its pixels are not kept"


def _name(signal_id: str) -> str:
    return signal_id.partition("/")[0]
