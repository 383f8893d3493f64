"""What can go wrong, for a client. One stable ``code`` a class; the web layer maps codes to HTTP.

``detail`` is a sentence for people and says what to do next; ``limit`` and ``actual`` are given
where a limit was passed, in the unit that the sentence names.
"""

from typing import ClassVar

ROOM_S = 30.0
"""Seconds after which it is worth trying again where a disk is full: somebody makes room on it, or
what fills it ends."""


class ReseenError(Exception):
    """Base of every error that a client may see."""

    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong"

    def __init__(
        self,
        detail: str,
        *,
        field: str | None = None,
        limit: float | None = None,
        actual: float | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field
        self.limit = limit
        self.actual = actual
        self.retry_after_s = retry_after_s

    def at(self, field: str) -> "ReseenError":
        """The same error, said of one field of a request."""
        self.field = self.field or field
        return self


class InvalidRequest(ReseenError):
    """Malformed: not the JSON, form or field that the route takes."""

    code = "invalid_request"
    title = "The request is not valid"


class InvalidValue(InvalidRequest):
    """Well-formed, with a value that cannot be."""


class Unauthenticated(ReseenError):
    code = "unauthenticated"
    title = "No valid key or session was given"


class Forbidden(ReseenError):
    code = "forbidden"
    title = "The caller may not do this"


class CsrfFailed(ReseenError):
    code = "csrf_failed"
    title = "The request did not come from the console"


class NotFound(ReseenError):
    code = "not_found"
    title = "There is no such thing"


class Conflict(ReseenError):
    code = "conflict"
    title = "The change conflicts with the present state"


class PayloadTooLarge(ReseenError):
    code = "payload_too_large"
    title = "What was sent is larger than the limit"


class UnsupportedMedia(ReseenError):
    code = "unsupported_media"
    title = "The bytes are nothing that this route takes"


class UrlNotAllowed(ReseenError):
    code = "url_not_allowed"
    title = "The address may not be fetched"


class MediaUnreadable(ReseenError):
    code = "media_unreadable"
    title = "The file could not be decoded"


class MediaEmpty(ReseenError):
    code = "media_empty"
    title = "The file holds no frame and no sample"


class MediaTooLong(ReseenError):
    code = "media_too_long"
    title = "The media last longer than the limit"


class MediaTooLarge(ReseenError):
    code = "media_too_large"
    title = "The picture has more pixels than the limit"


class FetchFailed(ReseenError):
    code = "fetch_failed"
    title = "The address could not be fetched"


class FetchTimeout(ReseenError):
    code = "fetch_timeout"
    title = "The address did not answer in time"


class RateLimited(ReseenError):
    code = "rate_limited"
    title = "Too many requests"


class QuotaExceeded(ReseenError):
    code = "quota_exceeded"
    title = "The project has used up what it may"


class IdempotencyMismatch(ReseenError):
    code = "idempotency_mismatch"
    title = "The idempotency key was used for another request"


class NotReady(ReseenError):
    code = "not_ready"
    title = "reseen cannot take this now"


class BlobMissing(NotReady):
    """The truth names a blob that the object store does not hold."""
