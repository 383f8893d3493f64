"""What clients choose from: words of requests and answers, without anything slow to import."""

from enum import StrEnum


class BankRole(StrEnum):
    """What a match with a bank's reference means: harm; something actioned lately; that the upload
    is cleared; that it was uploaded before.
    """

    KNOWN = "known"
    RECENT = "recent"
    ALLOWED = "allowed"
    SEEN = "seen"


class ReferenceKind(StrEnum):
    """What a reference is of: a medium, or hashes alone."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    HASH = "hash"


class ReferenceState(StrEnum):
    """Whether a reference may match now, whatever its bank is; or why not."""

    ACTIVE = "active"
    DISABLED = "disabled"
    EXPIRED = "expired"


class Regime(StrEnum):
    """What was compared: scores are calibrated, and may be cut, for each by itself."""

    STILL = "still"
    """A still against a still."""
    STILL_IN_SEQUENCE = "still_in_sequence"
    """A still against a film, either way."""
    SEQUENCE = "sequence"
    """The pictures of two films."""
    SOUND = "sound"
    HASH = "hash"
    """Hashes only, equal or near: one side holds no media."""


class Action(StrEnum):
    """What a bank asks for when it matches."""

    REMOVE = "remove"
    REVIEW = "review"
    PASS = "pass"  # noqa: S105


class JobKind(StrEnum):
    INGEST = "ingest"
    RETROACTIVE = "retroactive_match"
    BACKTEST = "backtest"
    REINGEST = "reingest"
    UPLOAD = "upload"
    POLICY_BACKTEST = "policy_backtest"


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class ItemState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    KNOWN = "known"
    """Done, and held before: nothing was added."""
    FAILED = "failed"


class ExportFormat(StrEnum):
    """How an export is written: one JSON object a line, or a table with a head."""

    JSONL = "jsonl"
    CSV = "csv"
