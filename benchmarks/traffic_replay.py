"""A replay of traffic: uploads, reports and a reviewer, each at its time.

The reviewer knows what every upload shows. It takes the first case of the queue, decides it some
minutes later as it was when it was taken, and looks again where the case has changed since. Where
a cluster shows several things, all but the thing of its representative are first taken out: a look
more for each.
"""

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from benchmarks.rows import Stamp
from benchmarks.traffic_desk import PLATFORM, PROJECT, REVIEWER, Desk
from benchmarks.traffic_media import Media
from benchmarks.traffic_plan import Act, Role, Shows, Thing
from benchmarks.traffic_rows import Reviewed, Uploaded
from reseen.domain.choices import Action
from reseen.domain.cluster import Cluster
from reseen.domain.errors import Conflict, ReseenError
from reseen.domain.review import Case, DecisionDraft, Upload, Verdict
from reseen.flows.sorting import Seen

LOOK_S = 600.0
"""Mean seconds from taking a case to deciding it."""
VERDICTS = {
    Role.HARMFUL: Verdict.HARMFUL,
    Role.KNOWN: Verdict.HARMFUL,
    Role.ALLOWED: Verdict.ALLOWED,
    Role.INNOCENT: Verdict.NO_ACTION,
}

type Event = tuple[float, int, Callable[[float], None]]


@dataclass(frozen=True, slots=True)
class _Answered:
    upload: Upload
    joined: int
    parts: dict[str, float]


class Replay:
    """One run over an empty desk. ``tick`` is told of each upload."""

    def __init__(
        self, desk: Desk, media: Media, run: str, stamp: Stamp, tick: Callable[[], object]
    ) -> None:
        self._desk, self._media = desk, media
        self._run, self._stamp, self._tick = run, stamp, tick
        self._queue: list[Event] = []
        self._order = count()
        self._rng = np.random.default_rng(11)
        self._is_busy = False
        self._acts: dict[str, Act] = {}
        self._answered: dict[int, _Answered] = {}
        self._failed: dict[int, str] = {}
        self.reviews: list[Reviewed] = []
        self.refused = 0

    def play(self, acts: Sequence[Act]) -> list[Uploaded]:
        """All of it; the rows of its uploads."""
        self._acts = {act.id: act for act in acts}
        for act in acts:
            self._plan(act.at, self._uploading(act))
        while self._queue:
            at, _, happens = heapq.heappop(self._queue)
            self._desk.clock.move(at)
            happens(at)
        return self._rows(acts)

    def _plan(self, at: float, happens: Callable[[float], None]) -> None:
        heapq.heappush(self._queue, (at, next(self._order), happens))

    # What people do.

    def _uploading(self, act: Act) -> Callable[[float], None]:
        def upload(at: float) -> None:
            self._tick()
            try:
                path = self._media.file(act)
            except ValueError as error:
                self._failed[act.number] = str(error)
                return
            try:
                answered = self._desk.upload(path, act.id, act.account)
            except ReseenError as error:
                self._failed[act.number] = error.detail
                return
            parts = self._desk.watch.taken()
            self._answered[act.number] = _Answered(answered, self._cluster(answered).members, parts)
            if act.reported_s is not None:
                self._plan(at + act.reported_s, self._reporting(answered.id))
            self._call(at)

        return upload

    def _reporting(self, upload_id: str) -> Callable[[float], None]:
        """Nobody can report what is removed."""

        def report(at: float) -> None:
            upload = self._desk.truth.review.uploads.get(PROJECT, upload_id)
            if upload.action is Action.REMOVE:
                return
            self._desk.moderation.reporting.report(PROJECT, PLATFORM, upload_id, "by a user")
            self._call(at)

        return report

    def _call(self, at: float) -> None:
        """The reviewer takes the next case, unless there is one in hand."""
        if self._is_busy:
            return
        case = self._desk.moderation.reviewing.claim(PROJECT, REVIEWER)
        if case is not None:
            self._is_busy = True
            self._plan(at + float(self._rng.exponential(LOOK_S)), self._deciding(case))

    def _deciding(self, case: Case) -> Callable[[float], None]:
        def decide(at: float) -> None:
            self._is_busy = False
            try:
                self._decide(at, case)
            except Conflict:
                self.refused += 1
            self._call(at)

        return decide

    def _decide(self, at: float, case: Case) -> None:
        desk = self._desk
        case = desk.truth.review.cases.get(PROJECT, case.id)
        cluster = desk.truth.review.clusters.get(PROJECT, case.cluster_id)
        shown = self._things_of(cluster)
        if not shown:
            return
        mine = self._thing_of_representative(cluster, shown)
        for thing, contents in shown.items():
            if thing != mine:
                cluster, _ = desk.moderation.sorting.split(
                    PROJECT, REVIEWER, Seen(cluster.id, cluster.version), contents, "other things"
                )
                self._note(at, case, "split", thing, Verdict.NO_ACTION, cluster, contents)
        case = desk.truth.review.cases.get(PROJECT, case.id)
        verdict = VERDICTS[mine.role]
        draft = DecisionDraft(verdict, policy="violence", reason="It shows what it shows.")
        desk.moderation.reviewing.decide(PROJECT, REVIEWER, case.id, case.version, draft)
        self._note(at, case, "decision", mine, verdict, cluster, shown[mine])

    def _note(
        self,
        at: float,
        case: Case,
        what: str,
        thing: Thing,
        verdict: Verdict,
        cluster: Cluster,
        contents: Sequence[int],
    ) -> None:
        covered = {
            upload.content: self._acts[upload.draft.content_id]
            for upload in _all(self._desk.truth.review.uploads.of_contents, contents)
        }
        whole = any(act.shows is Shows.WHOLE for act in covered.values())
        self.reviews.append(
            Reviewed(
                run=self._run,
                at=at,
                what=what,
                why=case.why,
                thing=thing.id,
                role=thing.role.value,
                verdict=verdict.value,
                cluster=cluster.id,
                members=cluster.members,
                uploads=len(covered),
                copies=whole,
                stamp=self._stamp,
            )
        )

    def _things_of(self, cluster: Cluster) -> dict[Thing, list[int]]:
        """Contents by what they show; what shows two things goes with one that is there."""
        review = self._desk.truth.review
        contents = review.clusters.contents(PROJECT, cluster.id)
        acts = {
            upload.content: self._acts[upload.draft.content_id]
            for upload in _all(review.uploads.of_contents, contents)
            if upload.content is not None
        }
        found: dict[Thing, list[int]] = {}
        for content, act in sorted(acts.items()):
            if act.beside is None:
                found.setdefault(act.thing, []).append(content)
        for content, act in sorted(acts.items()):
            if act.beside is not None:
                shown = [one for one in (act.thing, act.beside) if one in found]
                found.setdefault(shown[0] if shown else act.thing, []).append(content)
        return found

    def _thing_of_representative(self, cluster: Cluster, shown: dict[Thing, list[int]]) -> Thing:
        for thing, contents in shown.items():
            if cluster.representative in contents:
                return thing
        return max(shown, key=lambda thing: len(shown[thing]))

    def _cluster(self, upload: Upload) -> Cluster:
        clusters = self._desk.truth.review.clusters
        return clusters.get(PROJECT, str(upload.cluster_id))

    # What became of it.

    def _rows(self, acts: Sequence[Act]) -> list[Uploaded]:
        uploads = self._desk.truth.review.uploads
        ends = {n: uploads.get(PROJECT, a.upload.id) for n, a in self._answered.items()}
        homes: dict[str, set[str]] = {}
        for act in acts:
            if act.number in ends and act.shows is Shows.WHOLE:
                homes.setdefault(act.thing.id, set()).add(str(ends[act.number].cluster_id))
        return [self._row(act, ends[act.number], homes) for act in acts if act.number in ends]

    def _row(self, act: Act, ended: Upload, homes: dict[str, set[str]]) -> Uploaded:
        answered = self._answered[act.number]
        parts = answered.parts
        cluster_id = str(ended.cluster_id)
        is_home = cluster_id in homes.get(act.thing.id, set())
        if not is_home and act.shows is not Shows.WHOLE:
            links = self._desk.truth.review.clusters.links(PROJECT, cluster_id)
            is_home = bool({link.other for link in links} & homes.get(act.thing.id, set()))
        return Uploaded(
            run=self._run,
            number=act.number,
            at=act.at,
            thing=act.thing.id,
            beside="" if act.beside is None else act.beside.id,
            kind=act.thing.kind,
            role=act.thing.role.value,
            alike=act.thing.alike,
            attack=act.attack,
            family=act.family,
            shows=act.shows.value,
            account=act.account,
            content=ended.content or 0,
            cluster=cluster_id,
            joined=answered.joined,
            action=str(answered.upload.action),
            ended=str(ended.action),
            decided=answered.upload.decision_id is not None,
            linked=is_home,
            reported=act.reported_s is not None,
            perceive=parts.get("perceive", 0.0),
            write=parts.get("write", 0.0),
            answer=parts.get("answer", 0.0),
            stamp=self._stamp,
        )

    @property
    def failed(self) -> dict[int, str]:
        """Why uploads could not be made or were refused, by number."""
        return dict(self._failed)


def _all(
    page: Callable[[str, Sequence[int], str, int], Sequence[Upload]], contents: Sequence[int]
) -> Iterable[Upload]:
    after = ""
    while some := page(PROJECT, contents, after, 500):
        yield from some
        after = some[-1].id
