"""How a time is told: one way in every answer, job result, line of a command and line of a log."""

from datetime import UTC, datetime


def rfc3339(moment: datetime) -> str:
    """In UTC with milliseconds, as ``2026-05-04T03:02:01.000Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
