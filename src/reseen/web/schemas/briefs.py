"""Cases as whoever reviews them sees them, and what their uploads matched."""

from typing import Self

from reseen.domain.briefing import Arrivals, Brief, Counterpart
from reseen.domain.media import Medium
from reseen.web.schemas.clusters import ClusterSchema
from reseen.web.schemas.model import Answer, Moment
from reseen.web.schemas.review import CaseSchema, DecisionSchema
from reseen.web.schemas.uploads import UploadSchema


class ArrivalsSchema(Answer):
    """When the uploads of a cluster came."""

    since: Moment
    until: Moment
    counts: list[int]
    """Uploads in each of 24 equal stretches of the time between."""

    @classmethod
    def of(cls, arrivals: Arrivals) -> Self:
        return cls(since=arrivals.since, until=arrivals.until, counts=list(arrivals.counts))


class BriefSchema(Answer):
    """A case with all that is to be seen of it at a glance."""

    case: CaseSchema
    cluster: ClusterSchema
    holder: str
    """What people call who works on it; empty where nobody does, or nobody gave them a name."""

    medium: Medium | None
    """Of the representative."""

    upload: UploadSchema | None
    """An upload of the representative, of those whose media are kept if any are; with its
    reasons."""

    arrivals: ArrivalsSchema
    proposal: DecisionSchema | None
    """A decision that waits for a second person."""

    @classmethod
    def of(cls, brief: Brief, upload: UploadSchema | None) -> Self:
        return cls(
            case=CaseSchema.of(brief.case),
            cluster=ClusterSchema.of(
                brief.cluster, brief.reference_id, None if upload is None else upload.id
            ),
            holder=brief.holder,
            medium=None if brief.face is None else brief.face.medium,
            upload=upload,
            arrivals=ArrivalsSchema.of(brief.arrivals),
            proposal=None if brief.proposal is None else DecisionSchema.of(brief.proposal),
        )


class BriefList(Answer):
    """Some cases, at a glance."""

    data: list[BriefSchema]
    next_cursor: str | None


class CounterpartSchema(Answer):
    """Something that the upload matched."""

    reference_id: str
    upload_id: str | None
    """An upload that shows it; null where it came into its bank as a file, an address or a hash, of
    which no media are kept."""

    media_kept: bool
    """Whether it can be looked at."""

    @classmethod
    def of(cls, one: Counterpart) -> Self:
        upload = one.upload
        return cls(
            reference_id=one.reference_id,
            upload_id=None if upload is None else upload.id,
            media_kept=upload is not None and upload.media_key is not None,
        )


class CounterpartList(Answer):
    """What an upload matched, in the order of its reasons."""

    data: list[CounterpartSchema]
