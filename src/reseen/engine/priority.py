"""What reviewers see first, and when many accounts upload one thing at once."""

import math
from datetime import datetime

HOURS_A_POINT = 1.0
"""A case that waited an hour longer stands a point of severity higher, so that nothing waits for
ever: after four days a case of severity 0 stands beside a new one of 96."""
POINTS_A_DOUBLING = 5.0
"""Points for twice as many accounts, or ten times as many people reached."""
BURSTING = 5
"""Accounts in a window, below which nothing is a burst."""
NATS = 14.0
"""Evidence against chance from which it is: one in a million."""
FLOODING, SHARE = 20, 0.2
"""Things that have nothing in common but that they match one reference, and their share of all that
came in a window, when it is flooding: copies of one thing resemble each other however many they
are, and no harm is a fifth of a day's different things."""


def rank(severity: int, accounts: int, reach: int, opened_at: datetime, *, bursting: bool) -> float:
    """Highest first. It does not change as time goes by, because all cases age alike."""
    spread = math.log2(max(1, accounts)) + math.log10(max(1, reach)) + (2.0 if bursting else 0.0)
    hours = opened_at.timestamp() / 3600.0
    return severity + POINTS_A_DOUBLING * spread - hours / HOURS_A_POINT


def is_burst(accounts: int, usual: float) -> bool:
    """Whether so many accounts are more than chance, where ``usual`` are expected of a cluster in
    such a window (Chernoff's bound of a Poisson count).
    """
    expected = max(usual, 1.0)
    if accounts < BURSTING or accounts <= expected:
        return False
    nats = accounts * math.log(accounts / expected) - (accounts - expected)
    return nats >= NATS


def is_flood(things: int, every: int) -> bool:
    """Whether one reference matches far too much: so many things of those of a window."""
    return things >= FLOODING and things >= SHARE * every
