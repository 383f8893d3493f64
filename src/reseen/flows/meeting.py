"""Two sides as they meet.

Descriptors of two versions say nothing of each other. So a side whose pixels are at hand is
described in the version of the other one before they meet; of two that are kept in different
versions, the other signals decide.
"""

from reseen.domain.fingerprint import Fingerprint
from reseen.flows.decoded import Decoded
from reseen.flows.fingerprint import Rendition
from reseen.flows.kept import Kept, readable
from reseen.flows.party import Party
from reseen.ports import VisualSignals


def party(visual: VisualSignals, side: Rendition | Fingerprint | Party) -> Party:
    """A side as it is at hand: a ``Fingerprint`` is a kept reference. One that meets many others is
    made once and handed on, so that it remembers.
    """
    if isinstance(side, Rendition):
        return Decoded(visual, side)
    return Kept(readable(side)) if isinstance(side, Fingerprint) else side


def agreed(query: Party, reference: Party) -> tuple[Party, Party]:
    """Both sides, described by one and the same descriptor, or one of them by none."""
    here, there = query.version, reference.version
    if here is None or there is None or here == there:
        return query, reference
    if (turned := query.in_version(there)) is not None:
        return turned, reference
    if (turned := reference.in_version(here)) is not None:
        return query, turned
    without = reference.in_version(None)
    return (query, reference) if without is None else (query, without)
