"""A fingerprint that was lost comes back with its file, for every bank that shares it."""

from dataclasses import replace

import pytest

from reseen.domain.access import DEFAULT_PROJECT as P
from reseen.domain.bank import BankDraft, Content, ReferenceDraft
from reseen.domain.errors import BlobMissing
from reseen.ports import Blobs
from reseen.store.banks import SqlBankStore
from reseen.store.references import SqlReferenceStore
from reseen.testing.key_store_contract import Clock
from reseen.testing.reference_store_contract import medium_of, same

FULL = ReferenceDraft("here", labels=("a",))


@pytest.mark.parametrize("damage", [None, b"", b"\xff" * 50])
@pytest.mark.parametrize("into_another_bank", [False, True])
def test_a_file_that_comes_in_again_brings_back_what_was_lost(
    banks: SqlBankStore,
    references: SqlReferenceStore,
    blobs: Blobs,
    clock: Clock,
    damage: bytes | None,
    into_another_bank: bool,
) -> None:
    one, other = (banks.create(P, BankDraft(name)) for name in ("one", "other"))
    first = references.add(one, FULL, medium_of(1)).reference
    whole = references.add(one, FULL, medium_of(2)).reference
    sha256 = sha256_of(1)
    [blob] = blobs.keys(f"{P}/{sha256[:2]}/{sha256}")
    blobs.delete([blob])
    if damage is not None:
        blobs.put(blob, damage)
    with pytest.raises(BlobMissing):
        references.fingerprint(first)
    before = references.last_change(P)
    items = [(FULL, medium_of(1)), (FULL, medium_of(2))]
    again, also = references.add_many(other if into_another_bank else one, items)
    assert again.is_new == also.is_new == into_another_bank
    kept = references.fingerprint(again.reference)
    assert kept is not None
    assert same(kept, medium_of(1).fingerprint)
    mended = references.get(P, first.id)
    assert (mended.draft, mended.number) == (first.draft, first.number)
    assert mended.change > before  # an index learns of it
    assert references.get(P, whole.id).change == whole.change
    assert references.indexed(P, [first.number])
    assert again.reference.change == references.get(P, again.reference.id).change
    references.sweep(clock.now.replace(year=clock.now.year + 1))
    assert len(list(blobs.keys())) == 2


@pytest.mark.parametrize("into_another_bank", [False, True])
def test_a_file_that_comes_in_again_replaces_what_is_of_another_version(
    banks: SqlBankStore, references: SqlReferenceStore, blobs: Blobs, into_another_bank: bool
) -> None:
    one, other = (banks.create(P, BankDraft(name)) for name in ("one", "other"))
    today = medium_of(1)
    assert today.fingerprint is not None
    track, *others = today.fingerprint.tracks
    older = replace(track, signal=replace(track.signal, version="0"))
    before = Content(replace(today.fingerprint, tracks=(older, *others)))
    first = references.add(one, FULL, before).reference
    position = references.last_change(P)
    again = references.add(other if into_another_bank else one, FULL, today)
    assert again.is_new == into_another_bank
    assert same(references.fingerprint(again.reference), today.fingerprint)
    assert same(references.fingerprint(first), today.fingerprint)
    assert references.get(P, first.id).change > position
    position = references.last_change(P)
    hashed = Content(replace(today.fingerprint, tracks=()))
    assert not references.add(one, FULL, hashed).is_new  # has nothing newer
    assert references.last_change(P) == position
    assert same(references.fingerprint(first), today.fingerprint)


def sha256_of(seed: int) -> str:
    made = medium_of(seed).fingerprint
    assert made is not None
    return made.asset.sha256
