"""What goes over the wire, a module a noun. Times are RFC 3339 in UTC, durations seconds."""

from pydantic import BaseModel

from reseen.web.schemas.banks import BankChange, BankRequest
from reseen.web.schemas.clusters import (
    MergeRequest,
    PinRequest,
    RepresentativeRequest,
    SplitRequest,
)
from reseen.web.schemas.holds import HoldRequest
from reseen.web.schemas.jobs import (
    BacktestRequest,
    IngestRequest,
    ReingestRequest,
    RetroactiveRequest,
)
from reseen.web.schemas.keys import KeyRequest, RotateRequest
from reseen.web.schemas.match import Envelope, MatchRequest, envelope
from reseen.web.schemas.policies import (
    ExplainRequest,
    LiveRequest,
    PolicyBacktestRequest,
    PolicyRequest,
)
from reseen.web.schemas.project import ProjectChange
from reseen.web.schemas.quarantines import QuarantineRequest
from reseen.web.schemas.references import (
    ReferenceBatch,
    ReferenceChange,
    ReferenceItem,
    ReferenceRequest,
)
from reseen.web.schemas.review import AppealAnswer, AppealRequest, DecisionRequest, ReasonRequest
from reseen.web.schemas.search import SearchBatch, SearchRequest
from reseen.web.schemas.uploads import ReportRequest, UploadRequest
from reseen.web.schemas.webhooks import ReplayRequest, WebhookChange, WebhookRequest

__all__ = ["REQUESTS", "Envelope", "MatchRequest", "envelope"]

REQUESTS: tuple[type[BaseModel], ...] = (
    ProjectChange,
    MatchRequest,
    SearchRequest,
    SearchBatch,
    BankRequest,
    BankChange,
    ReferenceRequest,
    ReferenceItem,
    ReferenceBatch,
    ReferenceChange,
    IngestRequest,
    RetroactiveRequest,
    BacktestRequest,
    UploadRequest,
    SplitRequest,
    MergeRequest,
    PinRequest,
    RepresentativeRequest,
    QuarantineRequest,
    HoldRequest,
    DecisionRequest,
    ReasonRequest,
    AppealRequest,
    AppealAnswer,
    PolicyRequest,
    PolicyBacktestRequest,
    ExplainRequest,
    LiveRequest,
    ReportRequest,
    KeyRequest,
    RotateRequest,
    WebhookRequest,
    WebhookChange,
    ReplayRequest,
    ReingestRequest,
)
"""What is read by us and not by the framework, for the OpenAPI document."""
