"""Every protocol that the flows depend on: ``perception`` turns files into tracks, ``banks`` keeps
them, ``index`` finds them, ``jobs`` keeps the work on them.

State or input and output: a protocol, with a contract suite in ``reseen.testing``. A pure step: a
typed callable.
"""

from reseen.ports.banks import (
    BankStore,
    Blobs,
    Candidate,
    Page,
    ReadRange,
    ReferenceStore,
)
from reseen.ports.index import (
    QUAD_TICKS,
    QUAD_WINDOW,
    Entry,
    Hits,
    Index,
    IndexService,
    WritableIndex,
)
from reseen.ports.jobs import (
    Answered,
    IdempotencyStore,
    JobStore,
    ScoreLog,
)
from reseen.ports.perception import (
    Decoded,
    Decoder,
    Describe,
    DescribeIn,
    DetectKeypoints,
    Fetched,
    Fetcher,
    FindPeaks,
    Footer,
    FrameSignals,
    Gallery,
    HashPicture,
    Header,
    Illustrator,
    KeyStore,
    Limits,
    Sampling,
    Side,
    SoundSignals,
    Tracks,
    VisualSignals,
)

__all__ = [
    "QUAD_TICKS",
    "QUAD_WINDOW",
    "Answered",
    "BankStore",
    "Blobs",
    "Candidate",
    "Decoded",
    "Decoder",
    "Describe",
    "DescribeIn",
    "DetectKeypoints",
    "Entry",
    "Fetched",
    "Fetcher",
    "FindPeaks",
    "Footer",
    "FrameSignals",
    "Gallery",
    "HashPicture",
    "Header",
    "Hits",
    "IdempotencyStore",
    "Illustrator",
    "Index",
    "IndexService",
    "JobStore",
    "KeyStore",
    "Limits",
    "Page",
    "ReadRange",
    "ReferenceStore",
    "Sampling",
    "ScoreLog",
    "Side",
    "SoundSignals",
    "Tracks",
    "VisualSignals",
    "WritableIndex",
]
