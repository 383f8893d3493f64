"""Look closely at the shortlist of one query.

What an index says decides who is looked at, never who matches. The likeliest, and all that evidence
makes sure of, get every look that a pair would get; the others a glance first, and the rest of it
where the glance sees something. Nothing here ends by the clock: the same banks give the same answer
however busy the machine is.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from reseen.domain.choices import Regime
from reseen.domain.errors import ReseenError
from reseen.domain.fingerprint import PDQ, Fingerprint
from reseen.domain.match import Cuts, Match, Segment
from reseen.domain.media import Channel, Medium, Span
from reseen.engine.candidates import Lead
from reseen.engine.verdict import HASHED, regime_of_media
from reseen.flows.leads import NearHash
from reseen.flows.match import compare, glance
from reseen.flows.party import Party, party
from reseen.ports import Candidate, ReferenceStore, VisualSignals

LIKELIEST = {Regime.STILL: 4}
LIKELIEST_OF_FILMS = 3
"""Candidates that are held against the query as a pair would be, though no index is sure of them.
The second look of two stills takes 15 ms, of two films up to a second."""
SAME = 0.03
"""Score of a glance from which all that a pair gets is worth while."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A reference that was looked at; ``regime`` is what the media are, whatever segments say."""

    candidate: Candidate
    match: Match
    regime: Regime


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for. ``party`` is ``None`` where only hashes are known.

    ``is_reference``: a kept reference, held against uploads; segments still map the upload (source)
    to the reference (target).
    """

    medium: Medium | None
    party: Party | None
    is_reference: bool = False


@dataclass(frozen=True, slots=True)
class Verifying:
    """What comparing needs."""

    visual: VisualSignals
    cuts: Cuts
    references: ReferenceStore
    workers: int

    def verify(
        self,
        query: Query,
        leads: Sequence[Lead],
        candidates: Mapping[int, Candidate],
        hashes: Mapping[int, NearHash],
    ) -> tuple[list[Verified], list[str]]:
        """What each candidate has in common with the query, and which could not be read."""
        ranked = [(place, candidates[lead.reference], lead) for place, lead in enumerate(leads)]

        def look(one: tuple[int, Candidate, Lead]) -> Verified | str:
            place, candidate, lead = one
            try:
                match = self._match(query, candidate, lead, place, hashes)
            except ReseenError as error:
                return f"{candidate.reference.draft.name} was not compared: {error.detail}"
            regime = regime_of_media(query.medium, candidate.reference.medium)
            return Verified(candidate, match, regime)

        if self.workers == 1 or len(ranked) < 2:
            seen = [look(one) for one in ranked]
        else:
            with ThreadPoolExecutor(self.workers, thread_name_prefix="verify") as threads:
                seen = list(threads.map(look, ranked))
        verified = [one for one in seen if isinstance(one, Verified)]
        return verified, [one for one in seen if isinstance(one, str)]

    def _match(
        self,
        query: Query,
        candidate: Candidate,
        lead: Lead,
        place: int,
        hashes: Mapping[int, NearHash],
    ) -> Match:
        reference = candidate.reference
        near = hashes.get(reference.number)
        if query.party is None or reference.medium is None:
            if near is None:
                return Match(0.0, ())
            kept = None if query.medium is not None else self.references.fingerprint(reference)
            match = by_hash(near, kept)
            return turned(match) if query.is_reference else match
        kept = self.references.fingerprint(reference)
        if kept is None:
            return Match(0.0, ())
        sides: tuple[Party, Party] = (query.party, party(self.visual, kept))
        if query.is_reference:
            sides = (sides[1], sides[0])
        regime = regime_of_media(query.medium, reference.medium)
        if not lead.sure and place >= LIKELIEST.get(regime, LIKELIEST_OF_FILMS):
            seen = glance(self.visual, *sides)
            if seen.score < SAME:
                return replace(seen, segments=())
        return compare(self.visual, self.cuts, *sides)


def turned(match: Match) -> Match:
    """The match of two hashes, or of two equal files, with its sides changed."""
    segments = (replace(s, query=s.reference, reference=s.query) for s in match.segments)
    return replace(match, segments=tuple(segments))


def by_hash(near: NearHash, kept: Fingerprint | None) -> Match:
    """The match of two near PDQ hashes, at least one of which stands for media not at hand."""
    score = HASHED.score(float(near.distance))
    reference = Span.ALWAYS
    track = None if kept is None else kept.track(PDQ.name)
    if track is not None and near.row < len(track):
        reference = Span(*track.spans[near.row].tolist())
    found = Segment(Channel.VISUAL, near.query, reference, score=score, support=1, signal=PDQ)
    return Match(score, (found,))
