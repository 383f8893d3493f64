"""Which references of a project's banks a query repeats.

Equal files come from the truth; all others are led to by the index, let through by the truth, and
looked at closely (``leads``, ``shortlisted``). What is found is judged by the cuts of its bank,
ranked, and told a page at a time. A reference that is removed is in no answer that begins, or ends,
afterwards, whatever the index still holds.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from reseen.domain.bank import Bank, Hash, StoredScore
from reseen.domain.choices import BankRole
from reseen.domain.errors import ReseenError
from reseen.domain.fingerprint import (
    PDQ,
    SHA256,
    Fingerprint,
    Skip,
    Track,
    hash_track,
)
from reseen.domain.match import Cuts
from reseen.engine.candidates import Lead, shortlist
from reseen.engine.picture_candidates import WINDOW
from reseen.engine.verdict import HARM, by_regime, judged
from reseen.flows.decoded import Decoded
from reseen.flows.equal_files import as_equal, as_pair, digests
from reseen.flows.findings import Answer, Found, Scope, told
from reseen.flows.fingerprint import Perception, Rendition, fingerprint
from reseen.flows.kindred import Homes, is_bound, nearest_of_each
from reseen.flows.leads import COUNTS, Asking, Clues, QueryKeys
from reseen.flows.match import WORTH
from reseen.flows.may_match import MayMatch
from reseen.flows.meeting import party
from reseen.flows.parties import Parties
from reseen.flows.party import Party
from reseen.flows.second_pass import second_pass
from reseen.flows.shortlisted import Query, Verified, Verifying
from reseen.flows.versions import asked_with, unmet, versions, versions_in
from reseen.ports import (
    BankStore,
    Candidate,
    Fetched,
    IndexService,
    ReferenceStore,
    ScoreLog,
    Side,
)

__all__ = ["Answer", "Found", "Scope", "Searching"]

FRESH_S = 1.0
"""Seconds for which a search waits for an index that is behind."""
CROWDS = (HARM | {BankRole.ALLOWED}, frozenset({BankRole.SEEN}))
"""Banks that are asked by themselves: ten thousand uploads of one meme do not hide the one that is
known.
"""
MOST_SURE = 10
"""Times the budget that is looked at, at most, however many references are sure."""
BEHIND = "The index is behind: what was added last may be missing."
LOGGED = 0.05
"""Scores below are not kept for backtests."""


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Searching:
    """All that a search depends on. Safe for many threads; every call may raise ``NotReady``.

    ``budget``: references that are looked at besides those that the index is sure of, of long
    queries one more every ``WINDOW`` seconds; ``counts``:
    as in ``leads.Asking``.
    """

    perception: Perception
    cuts: Cuts
    banks: BankStore
    references: ReferenceStore
    index: IndexService
    query_keys: QueryKeys
    scores: ScoreLog | None = None
    budget: int = 20
    counts: tuple[int, ...] = COUNTS
    workers: int = 2
    clock: Callable[[], datetime] = now
    homes: Homes | None = None
    """Where given, a few of each cluster of uploads are looked at, as long as they bind."""
    parties: Parties = field(default_factory=Parties)

    def by_file(self, project_id: str, file: Fetched, scope: Scope) -> Answer:
        """Raises the decoder's errors, unless equal bytes are in a bank, and ``NotFound`` for a
        bank that is not there.
        """
        search = self._begin(project_id, scope)
        equal = search.equal(digests(file.sha256, file.md5))
        try:
            rendition = fingerprint(self.perception, file, Side.QUERY)
        except ReseenError as error:
            found = [one for one in equal if one.match.score > 0.0]
            if not found:
                raise
            return search.answer(Query(None, None), found, remarks=(error.detail,))
        return search.of_party(Decoded(self.perception.visual, rendition), equal)

    def by_rendition(self, project_id: str, rendition: Rendition, scope: Scope) -> Answer:
        """A file that was decoded already, as a query."""
        asset = rendition.asset
        search = self._begin(project_id, scope)
        equal = search.equal(digests(asset.sha256, asset.md5))
        return search.of_party(Decoded(self.perception.visual, rendition), equal)

    def by_hashes(self, project_id: str, hashes: Sequence[Hash], scope: Scope) -> Answer:
        """References with one of these digests, or with a hash near one of PDQ."""
        search = self._begin(project_id, scope)
        found = search.equal([one for one in hashes if one.signal.name != PDQ.name])
        query = Query(None, None)
        codes = [one.code for one in hashes if one.signal.name == PDQ.name]
        late = search.freshen() if codes else []
        more, remarks = search.closely(query, (hash_track(codes),) if codes else (), found)
        return search.answer(query, [*found, *more], remarks=[*late, *remarks])

    def by_fingerprint(self, project_id: str, fingerprint: Fingerprint, scope: Scope) -> Answer:
        """A kept reference as the query; segments map what was found (the source) to it."""
        search = self._begin(project_id, scope)
        digest = Hash(SHA256, bytes.fromhex(fingerprint.asset.sha256))
        return search.of_party(
            party(self.perception.visual, fingerprint), search.equal([digest]), is_reference=True
        )

    def again(self, project_id: str, fingerprint: Fingerprint, scope: Scope) -> Answer:
        """A kept upload as the query once more: what its pixels would show besides stays hidden."""
        search = self._begin(project_id, scope)
        equal = search.equal(digests(fingerprint.asset.sha256, fingerprint.asset.md5))
        return search.of_party(party(self.perception.visual, fingerprint), equal)

    def among(
        self, project_id: str, fingerprint: Fingerprint, numbers: Sequence[int], scope: Scope
    ) -> Answer:
        """A kept upload, held against these references, whatever an index knows of them."""
        search = self._begin(project_id, scope)
        candidates = search.may_match.among(numbers)
        query = Query(fingerprint.asset.medium, party(self.perception.visual, fingerprint))
        leads = [Lead(number, math.inf, sure=True) for number in candidates]
        verified, remarks = self.verifying().verify(query, leads, candidates, {})
        return search.answer(query, verified, remarks=remarks)

    def verifying(self) -> Verifying:
        """What looks closely at a shortlist."""
        visual = self.perception.visual
        return Verifying(visual, self.cuts, self.references, self.parties, self.workers)

    def _begin(self, project_id: str, scope: Scope) -> "_Search":
        every = (
            [self.banks.get(project_id, name) for name in scope.banks]
            if scope.banks
            else self.banks.of_project(project_id)
        )
        banks = {b.id: b for b in every if b.role in scope.roles and b.draft.enabled}
        is_all = not scope.banks and len(banks) == len(every)
        newest = self.references.last_change(project_id)
        may_match = MayMatch(self.references, project_id, scope, banks, self.clock)
        return _Search(self, project_id, scope, banks, newest, is_all, may_match)


@dataclass(frozen=True, slots=True)
class _Search:
    """One search at work."""

    of: Searching
    project_id: str
    scope: Scope
    banks: Mapping[str, Bank]
    newest: int
    is_all: bool
    may_match: MayMatch

    def equal(self, digests: Sequence[Hash]) -> list[Verified]:
        """References with these digests; of media, those with the very bytes."""
        if not digests or not self.banks:
            return []
        numbers = self.of.references.with_hashes(self.project_id, digests)
        return as_equal(self.may_match.among(numbers).values(), digests[0].signal)

    def of_party(
        self, party: Party, equal: Sequence[Verified], *, is_reference: bool = False
    ) -> Answer:
        """Search with a fingerprint."""
        seen = party.fingerprint
        query = Query(seen.asset.medium, party, is_reference)
        certain = [one for one in (as_pair(e, seen) for e in equal) if one is not None]
        parties, asked, late = self._versions(party)
        found, remarks = self.closely(query, asked, certain)
        if not any(self._judge(one).is_match for one in found):
            more, others = self.closely(query, second_pass(party, parties), [*certain, *found])
            again = {one.candidate.reference.number for one in more}
            first = (one for one in found if one.candidate.reference.number not in again)
            found, remarks = [*first, *more], [*remarks, *others]
        remarks = [*seen.remarks, *late, *remarks]
        answer = self.answer(query, [*certain, *found], seen.skipped, remarks)
        reached = None if BEHIND in late else self.newest
        return replace(answer, reached=reached, duration=seen.asset.duration or 0.0)

    def _versions(self, party: Party) -> tuple[Sequence[Party], Sequence[Track], list[str]]:
        """The query in each version that is held, what to ask an index with, and what to say."""
        if not self.banks:
            return (party,), (), []
        late = self.freshen()
        held = self.of.index.held(self.project_id)
        parties = versions(party, held)
        asked = asked_with(parties)
        return parties, asked, [*late, *unmet(asked, held, is_kept=not isinstance(party, Decoded))]

    def closely(
        self,
        query: Query,
        tracks: Sequence[Track],
        done: Sequence[Verified],
    ) -> tuple[list[Verified], list[str]]:
        """Look at what the index leads to. What was looked at already is looked at again only where
        a glance at it saw nothing, and an index is now sure of it.
        """
        if not self.banks or not tracks:
            return [], []
        remarks: list[str] = []
        of = self.of
        verifying = of.verifying()
        seen = {one.candidate.reference.number: one.match.score for one in done}

        def is_open(lead: Lead) -> bool:
            score = seen.get(lead.reference)
            return score is None or (lead.sure and score < WORTH)

        budget = versions_in(tracks) * (of.budget + _windows(tracks))
        found: list[Verified] = []
        for crowd in CROWDS:
            banks = [b for b in self.banks.values() if b.role in crowd]
            if not banks:
                continue
            clues, leads, candidates = self._led(banks, tracks, budget, is_open)
            most = MOST_SURE * budget
            if len(leads) > most:
                remarks.append(f"{len(leads) - most:,} more references are as near; not compared.")
            leads = leads[:most]
            others: Sequence[Lead] = ()
            homes: Mapping[int, str] = {}
            if of.homes is not None and BankRole.SEEN in crowd:
                homes = of.homes(self.project_id, [lead.reference for lead in leads])
                leads, others = nearest_of_each(leads, homes)
            verified, unread = verifying.verify(query, leads, candidates, clues.hashes)
            others = self._unbound(query, others, homes, verified) if others else ()
            more, unread_too = verifying.verify(query, others, candidates, clues.hashes)
            found += [*verified, *more]
            remarks += [*unread, *unread_too]
        return found, remarks

    def _unbound(
        self,
        query: Query,
        leads: Sequence[Lead],
        homes: Mapping[int, str],
        verified: Sequence[Verified],
    ) -> list[Lead]:
        """Those of clusters that nothing binds the query to so far (``kindred``)."""
        asset = None if query.party is None else query.party.fingerprint.asset
        duration = None if asset is None else asset.duration
        matched, bound = set[str | None](), set[str | None]()
        for one in map(self._judge, verified):
            home = homes.get(one.reference.number)
            if one.is_match:
                matched.add(home)
            if is_bound(query.medium, duration, one):
                bound.add(home)
        told = ((lead, homes[lead.reference]) for lead in leads)
        return [lead for lead, home in told if home not in bound and (lead.sure or home in matched)]

    def _led(
        self,
        banks: Sequence[Bank],
        tracks: Sequence[Track],
        budget: int,
        is_open: Callable[[Lead], bool],
    ) -> tuple[Clues, list[Lead], dict[int, Candidate]]:
        """What the index leads to that may match.

        Nearly all that it holds may, so the truth is asked only of the shortlist; where it says no
        to one of these, others may be hidden behind such, and it is asked of every hit. Where a
        search is for few of the references it is at once.
        """
        only_these = None if self.is_all and len(banks) == len(self.banks) else banks
        numbers = None if only_these is None else tuple(bank.number for bank in only_these)
        mine = {bank.id for bank in banks}

        def alive(some: Iterable[int]) -> dict[int, Candidate]:
            every = self.may_match.among(some)
            return {n: one for n, one in every.items() if one.bank.id in mine}

        of = self.of
        asking = Asking(of.index, of.query_keys, self.project_id, numbers, None, of.counts)
        if not self.scope.labels and self.scope.since is None:
            clues = asking.clues(tracks)
            leads = [lead for lead in shortlist(clues.signals, budget) if is_open(lead)]
            candidates = alive(lead.reference for lead in leads)
            if len(candidates) == len(leads):
                return clues, leads, candidates
        clues = replace(asking, living=lambda some: frozenset(alive(some))).clues(tracks)
        leads = [lead for lead in shortlist(clues.signals, budget) if is_open(lead)]
        candidates = alive(lead.reference for lead in leads)
        return clues, leads, candidates

    def freshen(self) -> list[str]:
        """Wait a little for an index that has not reached what was acknowledged by now."""
        if not self.banks or self.of.index.position(self.project_id) >= self.newest:
            return []
        self.of.index.nudge(self.project_id, self.newest)
        if self.of.index.wait_for(self.project_id, self.newest, FRESH_S):
            return []
        return [BEHIND]

    def answer(
        self,
        query: Query,
        verified: Sequence[Verified],
        skipped: tuple[Skip, ...] = (),
        remarks: Sequence[str] = (),
    ) -> Answer:
        """Judge, rank and page, of those that may still match now."""
        self.may_match.forget()
        still = self.may_match.among(one.candidate.reference.number for one in verified)
        found = [
            self._judge(replace(one, candidate=still[number]))
            for one in verified
            if (number := one.candidate.reference.number) in still
        ]
        self._log(query, found)
        return told(query.medium, found, self.scope, skipped, remarks)

    def _judge(self, one: Verified) -> Found:
        bank = one.candidate.bank
        confidence, regime = judged(one.match, self.of.cuts, bank.draft.cuts, one.regime)
        return Found(one.candidate.reference, bank, one.match, confidence, regime)

    def _log(self, query: Query, found: Sequence[Found]) -> None:
        if self.of.scores is None or query.party is None or query.is_reference:
            return
        sha256 = query.party.fingerprint.asset.sha256
        at = self.of.clock()
        rows = [
            StoredScore(at, self.project_id, sha256, f.reference.id, f.bank.id, regime, score)
            for f in found
            for regime, score in by_regime(f.match, f.regime).items()
            if score >= LOGGED
        ]
        if rows:
            self.of.scores.record(rows)


def _windows(tracks: Sequence[Track]) -> int:
    """Stretches of a query, each of which may repeat a reference of its own; 0 of a still."""
    ends = (float(track.spans[:, 1].max(initial=0.0)) for track in tracks)
    return max((int(end // WINDOW) for end in ends if math.isfinite(end)), default=0)
