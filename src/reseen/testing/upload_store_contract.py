# ruff: noqa: S101 the suite of a port is made of assertions
"""What every ``ports.UploadStore`` must do: an adapter's test class inherits this."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.choices import Action, BankRole, Regime
from reseen.domain.errors import Conflict, InvalidValue, MediaUnreadable, NotFound
from reseen.domain.fingerprint import PDQ
from reseen.domain.match import Confidence, Segment, Transform
from reseen.domain.media import Box, Channel, Span
from reseen.domain.policy import Basis, Reason
from reseen.domain.review import Upload, UploadDraft, UploadState
from reseen.ports import UploadStore
from reseen.testing.bank_store_contract import OTHER_PROJECT

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

STILL = Segment(
    Channel.VISUAL,
    Span.ALWAYS,
    Span.ALWAYS,
    score=0.93,
    support=31,
    transform=Transform(mirrored=True, rotated=-12.5, inset=Box(0.1, 0.2, 0.5, 0.4)),
    signal=PDQ,
)
SOUND = Segment(
    Channel.AUDIO, Span(1.5, 9.0), Span(30.0, 37.5), 0.8, 90, offset=28.5, rate=1.02, pitch=-1.0
)
REASON = Reason(
    reference_id="ref_1",
    bank_id="bank_1",
    role=BankRole.KNOWN,
    score=0.93,
    confidence=Confidence.HIGH,
    regime=Regime.STILL,
    asked=Action.REMOVE,
    action=Action.REVIEW,
    rule="policy 3 of bank terror: high confidence: remove; outside the rollout of 20%",
    policy_id="pol_1",
    segments=(STILL, SOUND),
    basis=Basis(0.93, Regime.SEQUENCE, 12.25, 37.5, is_quarantined=True),
)


def upload(content_id: str, account_id: str = "user-1", minutes: int = 0) -> Upload:
    return Upload(
        id="",
        project_id=PROJECT,
        draft=UploadDraft(content_id, account_id, {"language": "en"}, reach=12),
        state=UploadState.DONE,
        received_at=NOON + timedelta(minutes=minutes),
        sha256="ab" * 32,
        content=7,
        action=Action.REVIEW,
        ruled=Action.REVIEW,
        reasons=(REASON,),
        media_key=None,
    )


class UploadStoreContract:
    """``store`` gives an empty store."""

    @pytest.fixture
    def store(self) -> Iterator[UploadStore]:
        raise NotImplementedError

    def test_an_upload_comes_back_with_its_reasons(self, store: UploadStore) -> None:
        kept = store.add(upload("post-1"))
        assert kept.id.startswith("upl_")
        assert kept.reference_id is not None
        assert replace(kept, id="", reference_id=None) == upload("post-1")
        assert store.get(PROJECT, kept.id) == kept
        assert store.by_content_id(PROJECT, "post-1") == kept

    def test_a_content_id_is_taken_once_in_a_project(self, store: UploadStore) -> None:
        store.add(upload("post-1"))
        with pytest.raises(Conflict, match="post-1"):
            store.add(upload("post-1"))
        store.add(replace(upload("post-1"), project_id=OTHER_PROJECT))
        assert store.by_content_id(PROJECT, "post-2") is None

    def test_one_project_does_not_see_another(self, store: UploadStore) -> None:
        kept = store.add(upload("post-1"))
        with pytest.raises(NotFound):
            store.get(OTHER_PROJECT, kept.id)
        with pytest.raises(NotFound):
            store.save(replace(kept, project_id=OTHER_PROJECT))
        assert store.list(OTHER_PROJECT).items == ()

    def test_what_is_saved_holds_from_then_on(self, store: UploadStore) -> None:
        kept = store.add(replace(upload("post-1"), state=UploadState.PENDING, action=None))
        failed = replace(
            kept, state=UploadState.FAILED, error=MediaUnreadable("No frame.", field="file")
        )
        store.save(failed)
        found = store.get(PROJECT, kept.id)
        assert found.state is UploadState.FAILED
        assert isinstance(found.error, MediaUnreadable)
        assert (found.error.detail, found.error.field) == ("No frame.", "file")
        with pytest.raises(NotFound):
            store.save(replace(kept, id="upl_none"))

    def test_lists_page_newest_first_and_filter(self, store: UploadStore) -> None:
        for number in range(7):
            account = f"user-{number % 2}"
            store.add(upload(f"post-{number}", account, minutes=number // 3))
        found: list[str] = []
        cursor = None
        while True:
            page = store.list(PROJECT, cursor=cursor, limit=3)
            found += [one.draft.content_id for one in page.items]
            cursor = page.next
            if cursor is None:
                break
        assert sorted(found) == [f"post-{number}" for number in range(7)]
        assert found[0] == "post-6"
        mine = store.list(PROJECT, account_id="user-1").items
        assert {one.draft.content_id for one in mine} == {"post-1", "post-3", "post-5"}
        assert store.list(PROJECT, action=Action.REMOVE).items == ()
        with pytest.raises(InvalidValue, match="cursor"):
            store.list(PROJECT, cursor="upl_none")

    def test_a_list_goes_on_though_the_upload_where_it_was_is_forgotten(
        self, store: UploadStore
    ) -> None:
        for number in range(4):
            store.add(upload(f"post-{number}", minutes=-60 * number))
        first = store.list(PROJECT, limit=2)
        assert first.next is not None
        with_media = [one for one in store.list(PROJECT).items if one.media_key is not None]
        for one in with_media:
            store.drop_media(PROJECT, one.id, one.media_key or "")
        assert len(store.forget(PROJECT, NOON - timedelta(minutes=30))) == 3
        assert store.list(PROJECT, cursor=first.next).items == ()

    def test_uploads_and_arrivals_of_contents_are_told(self, store: UploadStore) -> None:
        for number in range(6):
            one = replace(
                upload(f"post-{number}", f"user-{number % 4}", number), content=number % 2
            )
            store.add(one)
        even = store.of_contents(PROJECT, [0])
        assert {one.draft.content_id for one in even} == {"post-0", "post-2", "post-4"}
        first = store.of_contents(PROJECT, [0, 1], limit=4)
        rest = store.of_contents(PROJECT, [0, 1], first[-1].id, limit=4)
        assert [one.id for one in (*first, *rest)] == sorted(
            one.id for one in store.list(PROJECT).items
        )
        assert store.arrivals(PROJECT, NOON + timedelta(minutes=4)) == (2, 0)

    def test_those_whose_media_are_kept_are_found(self, store: UploadStore) -> None:
        kept = [store.add(replace(upload(f"post-{n}"), media_key=f"media/{n}")) for n in range(3)]
        store.add(upload("post-9"))
        first = store.keeping_media(PROJECT, limit=2)
        rest = store.keeping_media(PROJECT, first[-1].id, limit=2)
        assert [one.id for one in (*first, *rest)] == sorted(one.id for one in kept)

    def test_what_was_received_before_is_forgotten(self, store: UploadStore) -> None:
        for number in range(4):
            store.add(upload(f"post-{number}", minutes=number))
        with_media = store.add(replace(upload("post-9"), media_key="media/9"))
        other = store.add(replace(upload("post-0"), project_id=OTHER_PROJECT))
        gone = store.forget(PROJECT, NOON + timedelta(minutes=2), limit=1)
        gone = [*gone, *store.forget(PROJECT, NOON + timedelta(minutes=2))]
        assert [one.draft.content_id for one in gone] == ["post-0", "post-1"]
        assert store.forget(PROJECT, NOON + timedelta(minutes=2)) == []
        left = {one.draft.content_id for one in store.list(PROJECT).items}
        assert left == {"post-2", "post-3", with_media.draft.content_id}
        assert store.list(OTHER_PROJECT).items == (other,)

    def test_media_are_named_no_more(self, store: UploadStore) -> None:
        kept = store.add(replace(upload("post-1"), media_key="media/default/1"))
        assert not store.drop_media(PROJECT, kept.id, "media/default/2")
        assert not store.drop_media(OTHER_PROJECT, kept.id, "media/default/1")
        assert store.drop_media(PROJECT, kept.id, "media/default/1")
        assert not store.drop_media(PROJECT, kept.id, "media/default/1")
        assert store.get(PROJECT, kept.id) == replace(kept, media_key=None)

    def test_it_is_told_which_kept_media_are_named(self, store: UploadStore) -> None:
        store.add(replace(upload("post-1"), media_key="media/default/1"))
        keys = ["media/default/1", "media/default/2"]
        assert store.naming(PROJECT, keys) == {"media/default/1"}
        assert store.naming(OTHER_PROJECT, keys) == frozenset()
        assert store.naming(PROJECT, []) == frozenset()
