"""What a search asks with that found nothing at first."""

from collections.abc import Sequence

from reseen.domain.fingerprint import DESCRIPTOR, KEYPOINTS, Track
from reseen.engine.picture.still import PLENTY
from reseen.engine.picture.words import asked_words
from reseen.flows.decoded import Decoded
from reseen.flows.party import Party


def second_pass(party: Party, parties: Sequence[Party]) -> list[Track]:
    """What a second pass asks with: the words of a still's keypoints and, where it has too few of
    them to speak for each of its parts, descriptors of its tiles in each version.
    """
    keypoints = party.fingerprint.track(KEYPOINTS.name)
    if keypoints is None or not len(keypoints):
        return _tiles(parties)
    words = asked_words(keypoints)
    return [words] if len(keypoints) >= PLENTY else [words, *_tiles(parties)]


def _tiles(parties: Sequence[Party]) -> list[Track]:
    """Descriptors of the parts of a still, in each version."""
    found = []
    for one in parties:
        known, tiled = one.fingerprint.track(DESCRIPTOR.name), None
        if known is not None and isinstance(one, Decoded):
            tiled = one.tiled().track(DESCRIPTOR.name)
        if known is not None and tiled is not None and len(tiled) > len(known):
            found.append(tiled.rows(slice(len(known), None)))
    return found
