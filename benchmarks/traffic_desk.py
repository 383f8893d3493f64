"""Moderation as it ships, on a clock that is moved, for ``benchmarks.run_traffic``.

Stores, index process, decoder and flows are those that ``reseen serve`` wires; only the clock is
another, and a stopwatch stands around the two parts of an answer that are told apart.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from reseen.domain.access import DEFAULT_PROJECT
from reseen.domain.bank import ActionPolicy, BankDraft, Content, ReferenceDraft
from reseen.domain.choices import Action, BankRole
from reseen.domain.fingerprint import Fingerprint
from reseen.domain.record import Actor
from reseen.domain.review import Upload, UploadDraft
from reseen.flows.fingerprint import Rendition
from reseen.flows.moderate import Moderating
from reseen.media.receive import local_file
from reseen.ports import Alone, Fetched
from reseen.settings import Settings
from reseen.wiring.banks import Banks, open_banks
from reseen.wiring.crew import remembering
from reseen.wiring.moderation import Moderation, make_moderation
from reseen.wiring.truth import Truth, open_truth

PROJECT = DEFAULT_PROJECT
PLATFORM, REVIEWER = Actor("key_platform", "service"), Actor("key_reviewer", "reviewer")
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
TICK = timedelta(milliseconds=1)


@dataclass(slots=True)
class Clock:
    """Stands where it was put, but for a tick each time it is read."""

    now: datetime = BEGIN

    def __call__(self) -> datetime:
        self.now += TICK
        return self.now

    def move(self, seconds: float) -> None:
        """To so many seconds after the beginning, never back."""
        self.now = max(self.now, BEGIN + timedelta(seconds=seconds))


@dataclass(slots=True)
class Stopwatch:
    """Seconds by the clock on the wall that parts of the last answer took."""

    parts: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def running(self, part: str) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        finally:
            taken = time.perf_counter() - begun
            self.parts[part] = self.parts.get(part, 0.0) + taken

    def taken(self) -> dict[str, float]:
        parts, self.parts = self.parts, {}
        return parts


@dataclass(frozen=True, slots=True)
class Desk:
    """Where uploads come in and cases are decided."""

    clock: Clock
    watch: Stopwatch
    truth: Truth
    banks: Banks
    moderating: Moderating
    moderation: Moderation

    def upload(self, path: Path, content_id: str, account_id: str) -> Upload:
        """Raises the media errors."""
        with local_file(path) as file, self.watch.running("answer"):
            draft = UploadDraft(content_id, account_id)
            answered = self.moderating.submit(PROJECT, PLATFORM, draft, file)
        self.moderation.revising.catch_up()
        return answered

    def reference(self, bank_id: str, path: Path) -> None:
        bank = self.truth.banks.get(PROJECT, bank_id)
        with local_file(path) as file:
            kept = remembering(self.banks.reseen)(file)
        added = self.truth.references.add(bank, ReferenceDraft(path.name), Content(kept))
        self.banks.index.nudge(PROJECT, added.reference.change)


KNOWN, ALLOWED = "terror", "harmless"
"""Names of the banks that are filled before the first upload: what matches the one is removed when
that is sure, what matches the other passes.
"""


@contextmanager
def opened(home: Path, clock: Clock) -> Iterator[Desk]:
    """A desk on a data folder of its own, made when it is not there."""
    settings = Settings(home=home)
    with open_truth(settings) as truth, open_banks(settings, truth) as banks:
        strict = ActionPolicy(high=Action.REMOVE)
        if not truth.banks.of_project(PROJECT):
            truth.banks.create(PROJECT, BankDraft(KNOWN, policy=strict))
            truth.banks.create(PROJECT, BankDraft(ALLOWED, BankRole.ALLOWED))
        yield _moved(truth, banks, settings, clock)


def _moved(truth: Truth, banks: Banks, settings: Settings, clock: Clock) -> Desk:
    """The flows of a server, on this clock, with a stopwatch."""
    shipped, watch = make_moderation(settings, banks, clock), Stopwatch()
    moderating = replace(
        shipped.moderating,
        perceive=_timed(watch, shipped.moderating.perceive),
        alone=_written(watch, shipped.moderating),
    )
    return Desk(clock, watch, truth, banks, moderating, shipped)


def _timed(
    watch: Stopwatch, perceive: Callable[[Fetched], tuple[Rendition, Fingerprint]]
) -> Callable[[Fetched], tuple[Rendition, Fingerprint]]:
    def timed(file: Fetched) -> tuple[Rendition, Fingerprint]:
        with watch.running("perceive"):
            return perceive(file)

    return timed


def _written(watch: Stopwatch, of: Moderating) -> Alone:
    @contextmanager
    def alone(project_id: str) -> Iterator[None]:
        with watch.running("write"), of.alone(project_id):
            yield

    return alone
