"""Look closely at the shortlist of one query.

What an index says decides who is looked at, never who matches. All that evidence makes sure of
gets every look that a pair would get; the others a glance first, and the rest of it where the
glance sees something. The likeliest, whose further looks are ten to thirty times a glance, get them
where nothing that means harm was found so far; where something was, if the glance was near to
seeing something itself. Nothing here ends by the clock: the same banks give the same answer however
busy the machine is.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from reseen.domain.bank import Reference
from reseen.domain.choices import BankRole, Regime
from reseen.domain.errors import BlobMissing, NotReady, ReseenError
from reseen.domain.fingerprint import PDQ, Fingerprint
from reseen.domain.match import Cuts, Match, Segment
from reseen.domain.media import Channel, Medium, Span
from reseen.engine.candidates import Lead
from reseen.engine.verdict import HARM, HASHED, regime_of_media
from reseen.flows.leads import NearHash
from reseen.flows.match import WORTH, compare, glance
from reseen.flows.parties import Parties
from reseen.flows.party import Party
from reseen.ports import Candidate, ReferenceStore, VisualSignals

LIKELIEST = {Regime.STILL: 4, Regime.SOUND: 1}
LIKELIEST_OF_FILMS = 3
"""Candidates that are held against the query as a pair would be, though no index is sure of them.
The further looks of two stills take 15 ms, all looks at two unrelated sounds 45 ms, the second one
of two films up to a second."""
LIKELY = 2.5
"""Evidence in nats from which a still is among the likeliest. The first of a bank is, whatever it
has; of uploads, which are more and of which none removes anything by itself, it is not. The second
to fourth have 0.6 to 4 where nothing matches, in nine of ten less than this. Of 882 copies of what
a bank held 27 were found by such looks, each of them as the first, of 504 others 24, six of them
with less evidence; of 112 uploads that came first with less, none."""

HINT = 0.002
"""Score of a glance from which a second reference is looked at though another matched: frames with
a cosine of 0.4 whose one look held a little, or a beat in common."""


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
class _Led:
    """A candidate, and how the index led to it."""

    candidate: Candidate
    lead: Lead
    place: int

    @property
    def number(self) -> int:
        return self.lead.reference

    @property
    def sure(self) -> bool:
        return self.lead.sure


@dataclass(frozen=True, slots=True)
class Verifying:
    """What comparing needs."""

    visual: VisualSignals
    cuts: Cuts
    references: ReferenceStore
    parties: Parties
    workers: int

    def verify(
        self,
        query: Query,
        leads: Sequence[Lead],
        candidates: Mapping[int, Candidate],
        hashes: Mapping[int, NearHash],
    ) -> tuple[list[Verified], list[str]]:
        """What each candidate has in common with the query, and which could not be read. Raises
        ``NotReady`` where the store of fingerprints is away: no match would be a guess.
        """
        ranked = [_Led(candidates[lead.reference], lead, place) for place, lead in enumerate(leads)]
        seen = self._each(query, hashes, ranked, lambda one: one.sure)
        least = HINT if any(self._is_harm(one) for one in seen.values()) else 0.0
        likely = [one for one in ranked if self._is_open(query, one, seen[one.number], least)]
        seen |= self._each(query, hashes, likely, lambda _: True)
        verified = [one for one in seen.values() if isinstance(one, Verified)]
        return verified, [one for one in seen.values() if isinstance(one, str)]

    def _each(
        self,
        query: Query,
        hashes: Mapping[int, NearHash],
        ranked: Sequence[_Led],
        is_closely: Callable[[_Led], bool],
    ) -> dict[int, Verified | str]:
        """What was seen of each, by the number of the reference, or why nothing was."""
        away: list[NotReady] = []

        def look(one: _Led) -> Verified | str:
            if away:  # nobody waits once more for a store that gave no answer
                raise away[0]
            reference = one.candidate.reference
            try:
                match = self._match(query, reference, hashes, closely=is_closely(one))
            except BlobMissing as error:
                return f"{reference.draft.name} was not compared: {error.detail}"
            except NotReady as error:  # of none of them could be told whether it matches
                away.append(error)
                raise
            except ReseenError as error:
                return f"{reference.draft.name} was not compared: {error.detail}"
            return Verified(one.candidate, match, regime_of_media(query.medium, reference.medium))

        if self.workers == 1 or len(ranked) < 2:
            found = [look(one) for one in ranked]
        else:
            with ThreadPoolExecutor(self.workers, thread_name_prefix="verify") as threads:
                found = list(threads.map(look, ranked))
        return {one.number: seen for one, seen in zip(ranked, found, strict=True)}

    def _is_harm(self, seen: Verified | str) -> bool:
        if isinstance(seen, str) or seen.candidate.bank.role not in HARM:
            return False
        return seen.match.score >= self.cuts.medium

    def _is_open(self, query: Query, one: _Led, seen: Verified | str, least: float) -> bool:
        """Whether a candidate is among the likeliest, and a glance at it told nothing sure, but
        ``least``.
        """
        medium = one.candidate.reference.medium
        if query.party is None or medium is None or one.sure or isinstance(seen, str):
            return False
        regime = regime_of_media(query.medium, medium)
        is_likely = one.place < LIKELIEST.get(regime, LIKELIEST_OF_FILMS)
        is_first_of_bank = one.place == 0 and one.candidate.bank.role is not BankRole.SEEN
        if regime is Regime.STILL and not is_first_of_bank:
            is_likely = is_likely and one.lead.evidence >= LIKELY
        return is_likely and least <= seen.match.score < WORTH

    def _match(
        self, query: Query, reference: Reference, hashes: Mapping[int, NearHash], *, closely: bool
    ) -> Match:
        near = hashes.get(reference.number)
        if query.party is None or reference.medium is None:
            if near is None:
                return Match(0.0, ())
            kept = None if query.medium is not None else self.references.fingerprint(reference)
            match = by_hash(near, kept)
            return turned(match) if query.is_reference else match
        held = self.parties.of(self.visual, self.references, reference)
        if held is None:
            return Match(0.0, ())
        sides: tuple[Party, Party] = (query.party, held)
        if query.is_reference:
            sides = (sides[1], sides[0])
        if not closely:
            seen = glance(self.visual, *sides)
            if seen.score < WORTH:
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
