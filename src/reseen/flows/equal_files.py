"""Files with the very bytes of the query, told as a pair would be."""

from collections.abc import Iterable
from dataclasses import replace

from reseen.domain.bank import Hash
from reseen.domain.choices import Regime
from reseen.domain.fingerprint import MD5, SHA256, Fingerprint, Signal
from reseen.domain.match import Match, Segment
from reseen.domain.media import Channel, Span
from reseen.engine.match import whole
from reseen.engine.verdict import regime_of_media
from reseen.flows.shortlisted import Verified
from reseen.ports import Candidate


def digests(sha256: str, md5: str) -> tuple[Hash, ...]:
    return Hash(SHA256, bytes.fromhex(sha256)), Hash(MD5, bytes.fromhex(md5))


def as_pair(equal: Verified, seen: Fingerprint) -> Verified | None:
    """An equal file, told as a pair would be: its channels from end to end. Of two files that are
    equal because they show and sound nothing, only a hash in a list says that they were seen; and
    MD5 alone says nothing of a file whose SHA-256 is known.
    """
    is_listed = equal.candidate.reference.medium is None
    if not seen.channels():
        return equal if is_listed else None
    if not is_listed and equal.candidate.reference.identity != f"sha256:{seen.asset.sha256}":
        return None
    regime = regime_of_media(seen.asset.medium, equal.candidate.reference.medium)
    return replace(equal, match=Match(1.0, whole(seen, seen), seen.skipped), regime=regime)


def as_equal(candidates: Iterable[Candidate], signal: Signal) -> list[Verified]:
    """References with one of the query's digests, as matches of whole files."""
    whole_file = Segment(Channel.FILE, Span.ALWAYS, Span.ALWAYS, score=1.0, support=1)
    match = Match(1.0, (replace(whole_file, signal=signal),))
    return [Verified(one, match, Regime.HASH) for one in candidates]
