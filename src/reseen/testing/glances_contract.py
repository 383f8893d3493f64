# ruff: noqa: S101 the suite of a port is made of assertions
"""What every ``ports.Glances`` must do: an adapter's test class inherits this."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from reseen.domain.access import DEFAULT_PROJECT as P
from reseen.domain.access import Role
from reseen.domain.briefing import STRETCHES
from reseen.domain.cluster import Cluster
from reseen.domain.media import Medium
from reseen.domain.review import Upload
from reseen.flows.clustering import Clustering
from reseen.ports import Alone, ClusterStore, KeyStore, UploadStore
from reseen.ports.briefing import Glances
from reseen.ports.people import PeopleStore
from reseen.testing.bank_store_contract import OTHER_PROJECT
from reseen.testing.cluster_store_contract import still
from reseen.testing.upload_store_contract import NOON, upload

DAY = 24 * 60
"""Minutes."""


@dataclass(frozen=True)
class Seen:
    """Empty stores over one database."""

    glances: Glances
    clusters: ClusterStore
    uploads: UploadStore
    people: PeopleStore
    keys: KeyStore
    alone: Alone

    def send(self, name: str, content: int, minutes: int = 0, media: str | None = None) -> Upload:
        sent = replace(upload(name, minutes=minutes), content=content, media_key=media)
        return self.uploads.add(sent)

    def arrive(self, number: int) -> Cluster:
        """A content that is near to no other, of which there may be uploads already."""
        with self.alone(P):
            told = Clustering(self.clusters, lambda: NOON).arrive(P, still(number), (), ())
        return self.clusters.get(P, told.clusters[0].id)


class GlancesContract:
    """``seen`` gives empty stores."""

    @pytest.fixture
    def seen(self) -> Iterator[Seen]:
        raise NotImplementedError

    def test_clusters_are_told_by_id_as_far_as_they_are_there(self, seen: Seen) -> None:
        one, other = seen.arrive(1), seen.arrive(2)
        asked = [one.id, other.id, "clu_none"]
        assert seen.glances.clusters(P, asked) == {one.id: one, other.id: other}
        assert seen.glances.clusters(OTHER_PROJECT, asked) == {}
        assert seen.glances.clusters(P, []) == {}

    def test_the_face_of_a_content_is_its_first_upload_whose_media_are_kept(
        self, seen: Seen
    ) -> None:
        for number in (1, 2, 3):
            seen.arrive(number)
        seen.send("late", 1, 9, media="m9")
        kept = seen.send("kept", 1, 5, media="m5")
        seen.send("first", 1, 0)
        only = seen.send("only", 2)
        faces = seen.glances.faces(P, [1, 2, 3])
        assert {number: face.upload.id for number, face in faces.items()} == {
            1: kept.id,
            2: only.id,
        }
        assert faces[1].medium is Medium.IMAGE
        assert faces[1].upload == seen.uploads.get(P, kept.id)
        assert seen.glances.faces(OTHER_PROJECT, [1, 2, 3]) == {}

    def test_many_contents_are_asked_for_at_once(self, seen: Seen) -> None:
        sent = seen.send("one", 1)
        assert {n: f.upload.id for n, f in seen.glances.faces(P, range(2500)).items()} == {
            1: sent.id
        }

    def test_uploads_are_counted_by_the_stretch_of_time_in_which_they_came(
        self, seen: Seen
    ) -> None:
        """What came before the cluster was there is in the first, what came last in the last."""
        seen.send("before", 1, -5)
        seen.send("first", 1, 0)
        opened = seen.arrive(1)
        for name, minutes in (("noon", DAY // 2), ("noon again", DAY // 2), ("last", DAY)):
            seen.send(name, 1, minutes)
        busy, quiet = seen.clusters.count(P, opened.id), seen.arrive(3)
        told = seen.glances.arrivals(P, [busy, quiet])
        arrivals = told[busy.id]
        assert (arrivals.since, arrivals.until) == (NOON, NOON + timedelta(minutes=DAY))
        counts = arrivals.counts
        assert len(counts) == STRETCHES
        assert (counts[0], counts[STRETCHES // 2], counts[-1], sum(counts)) == (2, 2, 1, 5)
        assert told[quiet.id].counts == (0,) * STRETCHES
        assert sum(seen.glances.arrivals(OTHER_PROJECT, [busy])[busy.id].counts) == 0

    def test_names_are_those_of_people_and_of_keys_with_a_label(self, seen: Seen) -> None:
        ann = seen.people.add(P, "Ann", Role.REVIEWER)
        labelled = seen.keys.create(Role.REVIEWER, "the night shift").key
        bare = seen.keys.create(Role.REVIEWER).key
        asked = [ann.id, labelled.id, bare.id, "key_none"]
        names = {ann.id: "Ann", labelled.id: "the night shift"}
        assert seen.glances.names(P, asked) == names
        assert seen.glances.names(OTHER_PROJECT, asked) == {}
        assert names[ann.id] == seen.glances.names(P, [ann.id] * 2)[ann.id]
