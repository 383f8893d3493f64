"""Cases as whoever reviews them sees them. Nothing here shows media: see ``looking``."""

from collections.abc import Sequence
from dataclasses import dataclass

from reseen.domain.briefing import Brief, Counterpart
from reseen.domain.errors import NotFound
from reseen.domain.review import Case, CaseState, DecisionState
from reseen.ports import (
    CaseStore,
    ClusterStore,
    DecisionStore,
    Page,
    ReferenceStore,
    UploadStore,
)
from reseen.ports.briefing import Glances

MOST = 1000
"""Members of a cluster among which that is sought which a decision made a reference of."""


@dataclass(frozen=True, slots=True)
class Briefing:
    """All that it depends on. Any call may raise ``NotReady``."""

    cases: CaseStore
    clusters: ClusterStore
    decisions: DecisionStore
    uploads: UploadStore
    references: ReferenceStore
    glances: Glances

    def list(
        self, project_id: str, state: CaseState | None, cursor: str | None, limit: int
    ) -> Page[Brief]:
        """Highest rank first, as the queue."""
        page = self.cases.list(project_id, state=state, cursor=cursor, limit=limit)
        return Page(self._told(project_id, page.items), page.next)

    def of_case(self, project_id: str, case_id: str) -> Brief:
        """Raises ``NotFound``."""
        (told,) = self._told(project_id, [self.cases.get(project_id, case_id)])
        return told

    def counterparts(self, project_id: str, upload_id: str) -> tuple[Counterpart, ...]:
        """What an upload's reasons name, in their order, and what shows it. Raises ``NotFound``."""
        upload = self.uploads.get(project_id, upload_id)
        ids = tuple(dict.fromkeys(reason.reference_id for reason in upload.reasons))
        numbers = dict(zip(ids, self.clusters.numbered(ids), strict=True))
        for one in ids:
            numbers[one] = self._decided(project_id, one) or numbers[one]
        known = [number for number in numbers.values() if number is not None]
        faces = self.glances.faces(project_id, known)
        found = []
        for one in ids:
            face = faces.get(numbers[one] or 0)
            found.append(Counterpart(one, None if face is None else face.upload))
        return tuple(found)

    def _decided(self, project_id: str, reference_id: str) -> int | None:
        """The content of which a decision made this reference, where it is still what it was."""
        try:
            held = self.references.get(project_id, reference_id)
            cluster_id = held.draft.provenance.get("cluster_id")
            if not isinstance(cluster_id, str):
                return None
            contents = self.clusters.contents(project_id, cluster_id)[:MOST]
            faces = self.glances.faces(project_id, contents)
        except NotFound:  # it left its bank, or was forgotten
            return None
        same = (n for n, face in faces.items() if held.identity == f"sha256:{face.upload.sha256}")
        return next(same, None)

    def _told(self, project_id: str, cases: Sequence[Case]) -> tuple[Brief, ...]:
        clusters = self.glances.clusters(project_id, [case.cluster_id for case in cases])
        some = list(clusters.values())
        contents = [one.representative for one in some]
        named = dict(zip(contents, self.clusters.named(contents), strict=True))
        faces = self.glances.faces(project_id, contents)
        arrivals = self.glances.arrivals(project_id, some)
        holders = [case.lease.holder for case in cases if case.lease is not None]
        names = self.glances.names(project_id, holders)
        told = []
        for case in cases:
            if case.cluster_id not in clusters:
                continue  # it became part of another while this was read
            cluster = clusters[case.cluster_id]
            proposal = None
            if case.decision_id is not None and case.state is not CaseState.DECIDED:
                decision = self.decisions.get(project_id, case.decision_id)
                proposal = decision if decision.state is DecisionState.PROPOSED else None
            told.append(
                Brief(
                    case=case,
                    cluster=cluster,
                    reference_id=named[cluster.representative],
                    face=faces.get(cluster.representative),
                    arrivals=arrivals[cluster.id],
                    holder="" if case.lease is None else names.get(case.lease.holder, ""),
                    proposal=proposal,
                )
            )
        return tuple(told)
