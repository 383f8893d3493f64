"""What the truth says of references that a search came upon."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reseen.domain.bank import Bank
from reseen.flows.findings import Scope
from reseen.ports import Candidate, ReferenceStore

AT_ONCE = 500
"""References that the truth is asked about at once."""


@dataclass(frozen=True, slots=True)
class MayMatch:
    """The references of one search that may match and that were asked for, by number. What the
    truth said of one is remembered until it is forgotten. May raise ``NotReady``.
    """

    references: ReferenceStore
    project_id: str
    scope: Scope
    banks: Mapping[str, Bank]
    clock: Callable[[], datetime]
    known: dict[int, Candidate | None] = field(default_factory=dict)

    def among(self, numbers: Iterable[int]) -> dict[int, Candidate]:
        """Those of these, in their order."""
        wanted = list(dict.fromkeys(numbers))
        unknown = [n for n in wanted if n not in self.known]
        for at in range(0, len(unknown), AT_ONCE):
            some = unknown[at : at + AT_ONCE]
            self.known.update(dict.fromkeys(some))
            for one in self.references.candidates(self.project_id, some, self.clock()):
                if self._is_asked(one):
                    self.known[one.reference.number] = one
        every = ((number, self.known[number]) for number in wanted)
        return {number: one for number, one in every if one is not None}

    def forget(self) -> None:
        """The truth is asked anew from now on."""
        self.known.clear()

    def _is_asked(self, one: Candidate) -> bool:
        labels = self.scope.labels
        has_label = not labels or not set(labels).isdisjoint(one.reference.draft.labels)
        is_new = self.scope.since is None or one.reference.created_at >= self.scope.since
        return has_label and is_new and one.bank.id in self.banks
