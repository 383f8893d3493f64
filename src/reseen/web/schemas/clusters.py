"""Clusters of near-copies: what a reviewer sees of them and says of them."""

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import ConfigDict, Field

from reseen.domain.cluster import Cluster, Link, Member, Pin, Tie, Wish, Word
from reseen.domain.media import Channel, Medium
from reseen.domain.review import Upload
from reseen.flows.sorting import MOST, Seen
from reseen.web.schemas.model import LONGEST_NOTE, Answer, Moment, Request

MOST_MERGED = 100
"""Clusters that are merged at once."""
MOST_PAIRS = 100
"""Pairs of a word that are told; of a large cluster that was split there are thousands."""

Id = Annotated[str, Field(min_length=1, max_length=64)]
Version = Annotated[int, Field(ge=1)]
Reason = Annotated[str, Field(max_length=LONGEST_NOTE)]


class SplitRequest(Request):
    """Some members are to be a cluster of their own."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"version": 4, "members": ["ref_000000002a"], "reason": "Another scene."}]
        }
    )

    version: Version
    """The cluster's. One that has changed since is not split: look again."""

    members: Annotated[list[Id], Field(min_length=1, max_length=MOST)]
    """Those that come out, by their `reference_id`."""

    reason: Reason = ""
    """Why, for the audit."""


class SeenCluster(Request):
    """A cluster as it was looked at."""

    id: Id
    version: Version

    def seen(self) -> Seen:
        return Seen(self.id, self.version)


class MergeRequest(Request):
    """Some clusters are one."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "clusters": [
                        {"id": "clu_5f0c9a3be1d24c77", "version": 4},
                        {"id": "clu_a2b1744e0d9c3f60", "version": 1},
                    ],
                    "reason": "The same clip, filmed from a screen.",
                }
            ]
        }
    )

    clusters: Annotated[list[SeenCluster], Field(min_length=2, max_length=MOST_MERGED)]
    """With the versions that were looked at. The oldest keeps its name."""

    reason: Reason = ""
    """Why, for the audit."""


class PinRequest(Request):
    """Something belongs to this cluster, whatever is found."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"version": 4, "reference_id": "ref_000000002a"}]}
    )

    version: Version
    """The cluster's."""

    reference_id: Id
    """What is to be a member; it comes out of the cluster that it is in."""

    reason: Reason = ""
    """Why, for the audit."""


class RepresentativeSchema(Answer):
    """What stands for a cluster: the member that the others show most of."""

    reference_id: str
    upload_id: str | None = None
    """Its first upload; told of one cluster, not in lists."""


class ClusterSchema(Answer):
    """Near-copies of one thing."""

    id: str
    """Of a cluster that became part of another one, that one's."""

    version: int
    """Rises with every change of its members; a split or a merge names the one that it was made
    on."""

    representative: RepresentativeSchema
    members: int
    """Different contents."""

    uploads: int
    """How often they were uploaded."""

    accounts: int
    """By how many accounts."""

    reach: int
    """How many people have seen them, as far as the uploads said."""

    opened_at: Moment
    last_upload_at: Moment
    bursting_since: Moment | None
    """Since when unusually many accounts upload it at once."""

    case_id: str | None
    decision_id: str | None
    """The decision that covers its members."""

    @classmethod
    def of(cls, cluster: Cluster, reference_id: str, upload_id: str | None = None) -> Self:
        return cls(
            id=cluster.id,
            version=cluster.version,
            representative=RepresentativeSchema(reference_id=reference_id, upload_id=upload_id),
            members=cluster.members,
            uploads=cluster.uploads,
            accounts=cluster.accounts,
            reach=cluster.reach,
            opened_at=cluster.opened_at,
            last_upload_at=cluster.last_upload_at,
            bursting_since=cluster.bursting_since,
            case_id=cluster.case_id,
            decision_id=cluster.decision_id,
        )


class ClusterList(Answer):
    """Some clusters."""

    data: list[ClusterSchema]
    next_cursor: str | None


class SplitSchema(Answer):
    """What became of a cluster."""

    left: ClusterSchema
    """With its name, its case and its decision."""

    new: ClusterSchema
    """What came out of it."""


class MemberSchema(Answer):
    """A content of a cluster."""

    reference_id: str
    medium: Medium | None
    uploads: int
    joined_at: Moment
    score: float | None
    """Of the surest match with another member; null: alone, or by a reviewer's word."""

    pinned: bool
    """Whether a reviewer said something of it."""

    is_upload: bool
    """False for a reference of a bank of harm, which stands in the midst of its copies."""

    upload_id: str | None
    """An upload of it, of those whose media are kept if any are."""

    account_id: str | None
    """Who uploaded that."""

    media_kept: bool
    """Whether it can be looked at."""

    @classmethod
    def of(cls, member: Member, upload: Upload | None) -> Self:
        return cls(
            reference_id=member.reference_id,
            medium=member.medium,
            uploads=member.uploads,
            joined_at=member.joined_at,
            score=None if member.score is None else round(member.score, 4),
            pinned=member.is_pinned,
            is_upload=member.is_upload,
            upload_id=None if upload is None else upload.id,
            account_id=None if upload is None else upload.draft.account_id,
            media_kept=upload is not None and upload.media_key is not None,
        )


class MemberList(Answer):
    """Some members."""

    data: list[MemberSchema]
    next_cursor: str | None


class LinkSchema(Answer):
    """A cluster that has something in common with this one, and stays another."""

    cluster_id: str
    tie: Tie
    meaning: str
    """The tie in words."""

    similarity_score: float
    """Of the surest match between members of the two."""

    channel: Channel
    """Where that was found."""

    @classmethod
    def of(cls, link: Link) -> Self:
        return cls(
            cluster_id=link.other,
            tie=link.tie,
            meaning=meaning(link.tie, link.channel),
            similarity_score=round(link.score, 4),
            channel=link.channel,
        )


class LinkList(Answer):
    """Some links."""

    data: list[LinkSchema]
    next_cursor: str | None


class PairSchema(Answer):
    """Two contents that something was said of."""

    one: str
    other: str


class RepresentativeRequest(PinRequest):
    """A member is to stand for its cluster."""


class WordSchema(Answer):
    """What a reviewer said at one moment, which is taken back as a whole."""

    id: str
    by: str
    """The id of a key."""

    at: Moment
    holds: bool
    """False where newer words outweigh all of it."""

    apart: list[PairSchema]
    """What is not the same, by `reference_id`; the first hundred pairs."""

    together: list[PairSchema]
    """What is the same, likewise."""

    stands: str | None
    """What was chosen to stand for its cluster, by `reference_id`."""

    pairs: int
    """How many there are in all."""

    @classmethod
    def of(cls, word: Word, names: dict[int, str]) -> Self:
        def told(wish: Wish) -> list[PairSchema]:
            some: Sequence[Pin] = [pin for pin in word.pins if pin.wish is wish][:MOST_PAIRS]
            return [PairSchema(one=names[pin.one], other=names[pin.other]) for pin in some]

        return cls(
            id=word.id,
            by=word.by,
            at=word.at,
            holds=word.holds,
            apart=told(Wish.APART),
            together=told(Wish.TOGETHER),
            stands=next((names[p.one] for p in word.pins if p.wish is Wish.STANDS), None),
            pairs=sum(pin.wish is not Wish.STANDS for pin in word.pins),
        )


class WordList(Answer):
    """Some words, the oldest first."""

    data: list[WordSchema]
    next_cursor: str | None


class Unsaid(Answer):
    """What became of all that a word named, now that it is taken back."""

    id: str
    clusters: list[ClusterSchema]


def meaning(tie: Tie, channel: Channel) -> str:
    """A link in words."""
    match tie, channel:
        case Tie.NEAR, _:
            return "each shows most of the other; a reviewer holds them apart, or it is not sure"
        case Tie.WITHIN, _:
            return "one is shown whole by the other, which shows more than that"
        case Tie.ACROSS, Channel.AUDIO:
            return "the same sound under other pictures"
        case Tie.ACROSS, _:
            return "one is a still of the other"
        case _, Channel.AUDIO:
            return "a part of what is heard is the same"
        case _:
            return "a part of what is seen is the same"
