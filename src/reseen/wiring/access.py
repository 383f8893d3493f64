"""How people are let in, over the truth."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reseen.domain.access import Role
from reseen.flows.admitting import Admitting, Times
from reseen.flows.keying import Keying
from reseen.flows.preferring import Preferring
from reseen.flows.search import now
from reseen.flows.staffing import Staffing
from reseen.flows.unlocking import Unlocking
from reseen.flows.vouching import Vouching
from reseen.identity.oidc import OpenIdProvider, Rules
from reseen.identity.passkeys import WebAuthn
from reseen.identity.passwords import Argon2Passwords
from reseen.media.addresses import parse_url
from reseen.media.ask import GuardedAsk
from reseen.ports.people import Passwords
from reseen.settings import Settings
from reseen.wiring.matching import fetch_policy
from reseen.wiring.truth import Truth


@dataclass(frozen=True, slots=True)
class Letting:
    """Everything that a server does with people."""

    admitting: Admitting
    staffing: Staffing
    keying: Keying
    preferring: Preferring
    unlocking: Unlocking
    vouching: Vouching | None


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
        keying=Keying(truth.keys, audit, alone),
        preferring=Preferring(kept.people, audit, alone),
        unlocking=Unlocking(
            admitting, kept.people, kept.passkeys, kept.challenges, WebAuthn(), alone, clock
        ),
        vouching=_vouching(settings, truth, admitting, clock),
    )


def _vouching(
    settings: Settings, truth: Truth, admitting: Admitting, clock: Callable[[], datetime]
) -> Vouching | None:
    """The provider's own host is reached wherever it is, as an operator named it; what it refers to
    elsewhere only where it is public.
    """
    if not settings.oidc_issuer:
        return None
    rules = Rules(
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value(),
        label=settings.oidc_label,
        scope=settings.oidc_scope,
        domains=frozenset(map(str.lower, settings.oidc_domains)),
        claim=settings.oidc_claim,
        roles={value: Role(role) for value, role in settings.oidc_values.items()},
        role=Role(settings.oidc_role),
        project_id=settings.oidc_project,
    )
    target, usual = parse_url(settings.oidc_issuer), fetch_policy(settings)
    policy = replace(
        usual,
        allowed_hosts=usual.allowed_hosts | {target.host},
        allowed_ports=usual.allowed_ports | {target.port},
    )
    provider = OpenIdProvider(settings.oidc_issuer, rules, GuardedAsk(policy))
    kept, alone = truth.people, truth.review.alone
    return Vouching(admitting, kept.people, kept.challenges, provider, alone, clock)


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
