"""How people are let in, over the truth."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from reseen.flows.admitting import Admitting, Times
from reseen.flows.preferring import Preferring
from reseen.flows.search import now
from reseen.flows.staffing import Staffing
from reseen.identity.passwords import Argon2Passwords
from reseen.ports.people import Passwords
from reseen.settings import Settings
from reseen.wiring.truth import Truth


@dataclass(frozen=True, slots=True)
class Letting:
    """Everything that a server does with people."""

    admitting: Admitting
    staffing: Staffing
    preferring: Preferring


def make_letting(
    settings: Settings,
    truth: Truth,
    clock: Callable[[], datetime] = now,
    passwords: Passwords | None = None,
) -> Letting:
    kept, audit, alone = truth.people, truth.review.audit, truth.review.alone
    admitting = Admitting(
        people=kept.people,
        sessions=kept.sessions,
        passwords=passwords or Argon2Passwords(),
        authenticate=truth.keys.authenticate,
        audit=audit,
        alone=alone,
        clock=clock,
        times=Times(
            timedelta(seconds=settings.session_idle_seconds),
            timedelta(seconds=settings.session_seconds),
        ),
    )
    return Letting(
        admitting=admitting,
        staffing=make_staffing(settings, truth, clock),
        preferring=Preferring(kept.people, audit, alone),
    )


def make_staffing(
    settings: Settings, truth: Truth, clock: Callable[[], datetime] = now
) -> Staffing:
    """What needs no password, for the command line."""
    kept = truth.people
    return Staffing(
        people=kept.people,
        sessions=kept.sessions,
        passkeys=kept.passkeys,
        audit=truth.review.audit,
        alone=truth.review.alone,
        clock=clock,
        lasts=timedelta(seconds=settings.invitation_seconds),
    )
