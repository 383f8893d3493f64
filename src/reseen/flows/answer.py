"""The one question that the match routes and ``reseen match`` ask, from two files to a verdict."""

from dataclasses import dataclass, replace

from reseen.domain.errors import UnsupportedMedia
from reseen.domain.match import Cuts, Match
from reseen.domain.media import Channel, Medium
from reseen.flows.explain import Case, Exhibit, explain
from reseen.flows.fingerprint import Admit, Perception
from reseen.flows.match import match_pair
from reseen.ports import Fetched, Illustrator

SOUNDING = frozenset({Medium.AUDIO, Medium.VIDEO})
"""Asked for both, a client asks for sound: the pictures of videos are not looked at."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What one side's file did not give; ``field`` is ``source`` or ``target``."""

    field: str
    remark: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """A match, what both sides are, and the drawings that explain it when they were asked for.
    ``duration``: of both sides together, in seconds.
    """

    match: Match
    cuts: Cuts
    source: Medium
    target: Medium
    remarks: tuple[Remark, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()
    duration: float = 0.0


@dataclass(frozen=True, slots=True)
class Answering:
    """All that is needed to answer."""

    perception: Perception
    cuts: Cuts
    illustrator: Illustrator

    def compare(
        self, source: Fetched, target: Fetched, allowed: frozenset[Medium], explained: bool
    ) -> Verdict:
        """Raises ``UnsupportedMedia`` for a medium that is not allowed, and what decoding raises,
        with ``field`` naming the side.
        """
        perception = self.perception
        if allowed == SOUNDING:
            perception = replace(perception, sampling=replace(perception.sampling, visual=False))
        pair = match_pair(perception, self.cuts, source, target, admit_only(allowed))
        match = pair.match
        if allowed == SOUNDING:
            heard = tuple(s for s in match.skipped if s.signal.channel is not Channel.VISUAL)
            match = replace(match, skipped=heard)
        return Verdict(
            match=match,
            cuts=self.cuts,
            source=pair.source.asset.medium,
            target=pair.target.asset.medium,
            remarks=tuple(
                Remark(field, remark)
                for field, side in (("source", pair.source), ("target", pair.target))
                for remark in side.fingerprint.remarks
            ),
            exhibits=explain(Case(perception, self.illustrator, self.cuts, source, target, pair))
            if explained
            else (),
            duration=sum(side.asset.duration or 0.0 for side in (pair.source, pair.target)),
        )


def admit_only(allowed: frozenset[Medium]) -> Admit:
    """Refuses every other medium before it is decoded."""

    def admit(medium: Medium) -> None:
        if medium not in allowed:
            taken = " and ".join(sorted(_PLURALS[one] for one in allowed))
            raise UnsupportedMedia(
                f"This is {_SINGULARS[medium]}, and only {taken} are compared here; /match takes "
                "every medium."
            )

    return admit


_SINGULARS = {Medium.IMAGE: "a picture", Medium.VIDEO: "a video", Medium.AUDIO: "a sound"}
_PLURALS = {Medium.IMAGE: "pictures", Medium.VIDEO: "videos", Medium.AUDIO: "sounds"}
