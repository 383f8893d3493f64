"""What the web layer is handed: everything it does, it does through these.

``wiring.py`` makes one for the program; a test makes its own from real parts.
"""

from collections.abc import Callable
from dataclasses import dataclass

from reseen.domain.access import Key
from reseen.domain.match import Cuts, Match
from reseen.domain.media import Medium
from reseen.flows.obtain import OpenFile
from reseen.ports import Fetched, Fetcher


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG that explains a match."""

    name: str
    title: str
    png: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """A match, what both sides are, and the pictures that explain it when they were asked for."""

    match: Match
    cuts: Cuts
    source: Medium
    target: Medium
    pictures: tuple[Picture, ...] = ()


type Compare = Callable[[Fetched, Fetched, frozenset[Medium], bool], Verdict]
"""``compare(source, target, allowed, explain)``; raises the media errors with ``field``."""


@dataclass(frozen=True, slots=True)
class Services:
    fetcher: Fetcher
    open_file: OpenFile
    compare: Compare
    authenticate: Callable[[str], Key]
    """The key that a secret belongs to; raises ``Unauthenticated``."""

    check_ready: Callable[[], None]
    """Raises ``NotReady`` while something that matching needs is missing."""
