"""An upload that was answered, ruled on again: by other policies, from the reasons that are kept.

Exact: reasons hold all that a rule is told, so that ruling again by the same policies gives the
same reasons, and by others what they would have given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from reseen.domain.bank import Bank
from reseen.domain.match import Match
from reseen.domain.policy import Policy, PolicyState, Reason
from reseen.engine.policy import Sighting, as_acting


def sightings_of(
    reasons: Sequence[Reason], banks: Mapping[str, Bank]
) -> tuple[Sighting, ...] | None:
    """What a rule was told, with the banks as they are now; ``None`` where that is not kept of a
    reason, or its bank is gone.
    """
    found: list[Sighting] = []
    for reason in reasons:
        bank, basis = banks.get(reason.bank_id), reason.basis
        if bank is None or basis is None:
            return None
        found.append(
            Sighting(
                reference_id=reason.reference_id,
                bank=bank,
                match=Match(basis.score, reason.segments),
                regime=basis.media,
                upload_duration=basis.upload_duration,
                reference_duration=basis.reference_duration,
                is_quarantined=basis.is_quarantined,
            )
        )
    return tuple(found)


def with_candidate(
    live: Mapping[str | None, Policy], candidate: Policy
) -> dict[str | None, Policy]:
    """The policies as they were if this version were live and acted, even where it runs dry."""
    tried = replace(as_acting(candidate), state=PolicyState.LIVE)
    return {**live, tried.draft.bank_id: tried}
