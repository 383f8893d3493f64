"""References that are held for the next comparison."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.flows.conftest import save_picture
from tests.flows.searching import Ground, ground

from reseen.domain.access import DEFAULT_PROJECT
from reseen.domain.bank import Reference
from reseen.domain.errors import BlobMissing
from reseen.flows.fingerprint import Perception
from reseen.flows.parties import Parties
from reseen.testing import pictures


@pytest.fixture
def kept(tmp_path: Path, perception: Perception) -> Iterator[tuple[Ground, Reference]]:
    with ground(tmp_path, perception) as here:
        picture = tmp_path / "scene.png"
        save_picture(picture, pictures.scene(1))
        yield here, here.add(here.bank("harm"), picture)


def forgotten(here: Ground, reference: Reference) -> None:
    """Of which the store holds nothing any more."""
    here.references.delete(DEFAULT_PROJECT, reference.id)
    here.references.sweep(datetime.now(UTC) + timedelta(days=400))


def test_what_was_looked_at_is_at_hand(kept: tuple[Ground, Reference]) -> None:
    here, reference = kept
    parties, visual = Parties(), here.perception.visual
    first = parties.of(visual, here.references, reference)
    assert first is not None
    assert parties.of(visual, here.references, reference) is first


def test_what_has_changed_is_read_anew(kept: tuple[Ground, Reference]) -> None:
    here, reference = kept
    parties, visual = Parties(), here.perception.visual
    first = parties.of(visual, here.references, reference)
    changed = replace(reference, change=reference.change + 1)
    assert parties.of(visual, here.references, changed) is not first


def test_what_is_too_large_is_read_each_time(kept: tuple[Ground, Reference]) -> None:
    here, reference = kept
    parties, visual = Parties(most=1000), here.perception.visual
    first = parties.of(visual, here.references, reference)
    assert first is not None
    assert parties.of(visual, here.references, reference) is not first


def test_what_went_and_was_never_looked_at_is_missing(kept: tuple[Ground, Reference]) -> None:
    here, reference = kept
    forgotten(here, reference)
    with pytest.raises(BlobMissing):
        Parties().of(here.perception.visual, here.references, reference)
