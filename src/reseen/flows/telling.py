"""What others are told of an upload."""

from collections.abc import Mapping

from reseen.domain.review import Upload


def said(upload: Upload) -> Mapping[str, object]:
    """What an event says of an upload."""
    return {
        "upload_id": upload.id,
        "content_id": upload.draft.content_id,
        "account_id": upload.draft.account_id,
        "action": None if upload.action is None else str(upload.action),
        "cluster_id": upload.cluster_id,
        "decision_id": upload.decision_id,
    }
