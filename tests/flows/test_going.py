"""What goes while others work: references, events and members that are not there any more."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.flows.conftest import save_picture
from tests.flows.moderating import BOB, PLATFORM, Desk, desk
from tests.flows.test_moderate import Picture, disguised

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.bank import ActionPolicy
from reseen.domain.choices import Action, BankRole
from reseen.domain.match import Match, Segment, Transform
from reseen.domain.media import Box, Channel, Span
from reseen.domain.review import ConsequenceKind, UploadDraft
from reseen.flows.findings import Answer, Scope
from reseen.flows.fingerprint import Perception, Rendition
from reseen.flows.search import Searching
from reseen.media.receive import local_file
from reseen.testing import pictures


@pytest.fixture
def here(tmp_path: Path, perception: Perception) -> Iterator[Desk]:
    with desk(tmp_path, perception) as opened:
        yield opened


@pytest.fixture
def picture(tmp_path: Path) -> Picture:
    def make(seed: int, disguise: int = 0) -> Path:
        path = tmp_path / f"{seed}-{disguise}.png"
        return save_picture(path, disguised(pictures.scene(seed), disguise))

    return make


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """A search, after which something happens."""

    of: Searching
    happens: Callable[[], object]

    def by_rendition(self, project_id: str, rendition: Rendition, scope: Scope) -> Answer:
        answer = self.of.by_rendition(project_id, rendition, scope)
        self.happens()
        return answer


@pytest.mark.parametrize("is_lifted", [False, True])
def test_what_went_while_an_upload_was_searched_for_removes_nothing(
    here: Desk, picture: Picture, is_lifted: bool
) -> None:
    strict = ActionPolicy(high=Action.REMOVE)
    known = here.ground.add(here.ground.bank("terror", policy=strict), picture(1))

    def happens() -> None:
        if is_lifted:
            here.ground.references.delete(PROJECT, known.id)
        else:
            until = here.clock() + timedelta(hours=1)
            here.quarantines.put(PROJECT, known.id, until, "it matches far too much")

    searching: Any = Meanwhile(here.moderating.searching, happens)
    moderating = replace(here.moderating, searching=searching)
    with local_file(picture(1, 2)) as file:
        upload = moderating.submit(PROJECT, PLATFORM, UploadDraft("post", "user"), file)
    assert upload.action is here.again(upload).action
    assert upload.action is (Action.PASS if is_lifted else Action.REVIEW)


def test_undoing_gives_back_what_was_there_before_the_decision(
    here: Desk, picture: Picture
) -> None:
    """A reference may be found to match what was uploaded long before."""
    early = here.upload(picture(5), "page")
    here.clock.now += timedelta(hours=1)
    here.ground.add(here.ground.bank("reported"), picture(1, 3))
    here.upload(picture(1), "post-1")
    strict = here.ground.bank("strict", BankRole.RECENT, policy=ActionPolicy(high=Action.REMOVE))
    decision = here.decide(bank_id=strict.id)
    became = here.decisions.consequences(decision.id)
    (added,) = (o.subject for o in became if o.kind is ConsequenceKind.REFERENCE)
    known = here.ground.references.get(PROJECT, added)
    content = here.ground.references.get(PROJECT, early.reference_id or "")
    small = Transform(inset=Box(0.0, 0.0, 0.2, 0.2))
    one = Segment(Channel.VISUAL, Span.ALWAYS, Span.ALWAYS, 0.95, 9, transform=small)
    here.revising.matched(content, known, strict, Match(0.95, (one,)))
    removed = here.again(early)
    assert (removed.action, removed.decision_id) == (Action.REMOVE, None)
    here.reviewing.undo(PROJECT, BOB, decision.id, "It is a film scene.")
    assert here.again(early).action is Action.PASS


def test_undoing_tells_of_each_upload_though_the_first_event_is_forgotten(
    here: Desk, picture: Picture
) -> None:
    here.ground.add(here.ground.bank("reported"), picture(1))
    upload = here.upload(picture(1, 1), "post-1")
    decision = here.decide()
    here.clock.now += timedelta(days=400)
    assert here.outbox.forget(here.clock()) > 0
    here.reviewing.undo(PROJECT, BOB, decision.id, "It is a film scene.")
    assert here.again(upload).action is Action.REVIEW
    told = here.events("upload.action_changed")
    assert [(one["upload_id"], one["action"]) for one in told] == [(upload.id, "review")]


def test_what_a_decision_keeps_in_a_bank_outlives_the_representative(
    here: Desk, picture: Picture
) -> None:
    here.ground.add(here.ground.bank("reported"), picture(1))
    uploads = [here.upload(picture(1, n), f"post-{n}") for n in (1, 2)]
    cluster = here.clusters.get(PROJECT, uploads[0].cluster_id or "")
    first = next(one for one in uploads if one.content == cluster.representative)
    here.ground.references.delete(PROJECT, first.reference_id or "")
    decision = here.decide()
    kinds = {one.kind for one in here.decisions.consequences(decision.id)}
    assert ConsequenceKind.REFERENCE in kinds
