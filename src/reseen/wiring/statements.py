"""What statements of reasons are made of, over the truth and what the operator says of all."""

from reseen.domain.statement import EEA, REDRESS, Terms
from reseen.flows.stating import Stating
from reseen.settings import Settings
from reseen.wiring.truth import Truth


def make_stating(settings: Settings, truth: Truth) -> Stating:
    terms = Terms(
        territory=settings.statement_territory or EEA,
        laws=frozenset(settings.statement_laws),
        redress=settings.statement_redress or REDRESS,
    )
    kept = truth.review
    return Stating(kept.restrictions, kept.decisions, truth.banks, kept.audit, terms)
