"""What policies need: the truth alone, so that a command need not start a search."""

from collections.abc import Callable
from datetime import datetime

from reseen.flows.policies import Enacting
from reseen.flows.search import now
from reseen.wiring.matching import CUTS
from reseen.wiring.truth import Truth


def make_enacting(truth: Truth, clock: Callable[[], datetime] = now) -> Enacting:
    kept = truth.review
    return Enacting(
        policies=kept.policies,
        banks=truth.banks,
        uploads=kept.uploads,
        jobs=truth.jobs,
        audit=kept.audit,
        outbox=kept.outbox,
        alone=kept.alone,
        cuts=CUTS,
        clock=clock,
    )
