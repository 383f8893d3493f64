"""What the policies of a project make of a search for an upload."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from reseen.domain.choices import Action, BankRole
from reseen.domain.match import Cuts
from reseen.domain.media import Medium
from reseen.domain.policy import Ruling
from reseen.engine.policy import Sighting, rule
from reseen.engine.verdict import HARM, regime_of_media
from reseen.flows.findings import Answer
from reseen.ports import PolicyStore, Quarantines, ReferenceStore

MOST_SEEN = 5
"""Earlier uploads that are told as reasons; the cluster has them all."""


@dataclass(frozen=True, slots=True)
class Rulings:
    """The policies that are live, and the references in quarantine. May raise ``NotReady``."""

    policies: PolicyStore
    quarantines: Quarantines
    cuts: Cuts
    clock: Callable[[], datetime]

    def of(
        self,
        project_id: str,
        content_id: str,
        medium: Medium | None,
        duration: float | None,
        answer: Answer,
    ) -> Ruling:
        """``content_id`` is the client's name of the upload; its duration is in seconds."""
        quarantined = self.quarantines.active(project_id, self.clock())
        seen = [f for f in answer.matches if f.bank.role is BankRole.SEEN]
        others = [f for f in answer.matches if f.bank.role is not BankRole.SEEN]
        listed = {f.reference.id for f in others}
        others += [f for f in answer.cleared_by if f.reference.id not in listed]
        sightings = [
            Sighting(
                reference_id=found.reference.id,
                bank=found.bank,
                match=found.match,
                regime=regime_of_media(medium, found.reference.medium),
                upload_duration=duration,
                reference_duration=found.reference.duration,
                is_quarantined=found.reference.id in quarantined,
            )
            for found in (*others, *seen[:MOST_SEEN])
        ]
        policies = self.policies.live(project_id)
        trials = self.policies.trials(project_id)
        return rule(sightings, policies, self.cuts, content_id, trials)

    def is_outdated(self, project_id: str, ruling: Ruling) -> bool:
        """Whether what removes was put into quarantine since."""
        removes = {r.reference_id for r in ruling.reasons if r.action is Action.REMOVE}
        if not removes:
            return False
        return not removes.isdisjoint(self.quarantines.active(project_id, self.clock()))


def still(references: ReferenceStore, project_id: str, answer: Answer, now: datetime) -> Answer:
    """The answer without references of harm that went since they were found: nobody who takes one
    back sees what is not written yet. Itself where none did.
    """
    harm = [f.reference.number for f in answer.matches if f.bank.role in HARM]
    if not harm:
        return answer
    live = {one.reference.number for one in references.candidates(project_id, harm, now)}
    gone = set(harm) - live
    if not gone:
        return answer
    left = tuple(f for f in answer.matches if f.reference.number not in gone)
    return replace(answer, matches=left)
