"""What a search found, as clustering sees it."""

from datetime import datetime

from reseen.domain.bank import Reference
from reseen.domain.choices import BankRole
from reseen.domain.cluster import Edge, Node
from reseen.domain.media import Asset, Channel, Medium
from reseen.engine.coverage import coverage
from reseen.engine.verdict import HARM
from reseen.flows.findings import Found

TYING = HARM | {BankRole.SEEN}
"""Roles of banks whose references stand in clusters: what is allowed ties nothing together."""


def content_node(reference: Reference, asset: Asset, first: datetime) -> Node:
    """A content that was uploaded, first at this moment."""
    return Node(reference.number, asset.medium, _order(first), _quality(asset))


def reference_node(reference: Reference, *, is_upload: bool = True) -> Node:
    """One that clustering knows already, or a reference of a bank of harm."""
    order = _order(reference.created_at)
    return Node(reference.number, reference.medium, order, is_upload=is_upload)


def node_of(found: Found) -> Node:
    """The other end: an earlier upload, or a reference of a bank of harm."""
    return reference_node(found.reference, is_upload=found.bank.role is BankRole.SEEN)


def edge_between(node: Node, duration: float | None, found: Found) -> Edge:
    """What a search found between an upload, the query, of a duration in seconds, and a reference.
    One without media ties nothing together: what is near a hash need not be near to the rest.
    """
    other = found.reference
    channels = {s.channel for s in found.match.segments}
    is_across = node.medium is not other.medium or (
        node.medium is Medium.VIDEO and not channels & {Channel.VISUAL, Channel.FILE}
    )
    seen = channels - {Channel.AUDIO} if node.medium is Medium.VIDEO else channels
    shown = coverage(found.match.segments, duration, other.duration, seen or channels)
    surest = max(found.match.segments, key=lambda s: s.score)
    one_first = node.number < other.number
    return Edge(
        one=min(node.number, other.number),
        other=max(node.number, other.number),
        score=found.match.score,
        one_share=shown.query if one_first else shown.reference,
        other_share=shown.reference if one_first else shown.query,
        channel=surest.channel,
        is_across=is_across,
    )


def _order(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _quality(asset: Asset) -> float:
    """Pixels of a picture or a frame, and seconds."""
    pixels = float((asset.width or 0) * (asset.height or 0))
    return pixels * max(1.0, asset.duration or 0.0) if pixels else asset.duration or 0.0
