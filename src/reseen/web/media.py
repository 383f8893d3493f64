"""``/v1/uploads/{id}/media``: the kept media of an upload, for whoever reviews it.

The file is in the clear in the scratch folder, without a name there by the time that the first byte
is sent: whatever ends the server, nothing stays behind.
"""

from collections.abc import Iterator
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Depends, Request
from starlette.responses import StreamingResponse

from reseen.domain.access import Caller
from reseen.web.auth import Right
from reseen.web.openapi import EVERYWHERE, problem_responses
from reseen.web.reception import Reception
from reseen.web.uploads import UploadId, actor_of

CHUNK = 1 << 18
MEDIA_TYPE = "application/octet-stream"
"""Whatever it is: a browser keeps the file, and shows nothing by itself."""


def media_routes(reception: Reception) -> APIRouter:
    router = APIRouter(prefix="/v1/uploads", tags=["Uploads"])
    looking, reviewer = reception.services.desk.looking, reception.caller(Right.REVIEW)

    @router.get(
        "/{upload_id}/media",
        summary="Read kept media",
        description="The file as it was uploaded, as long as it is kept: until its case closes, "
        "and a while longer for an appeal. Each reading is in the audit before its first byte is "
        "sent.",
        operation_id="read_media",
        response_class=StreamingResponse,
        responses={
            **problem_responses(*EVERYWHERE, "forbidden", "not_found", path="/v1/uploads"),
            200: {
                "description": "the file",
                "content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
            },
        },
    )
    def read(
        upload_id: UploadId, request: Request, who: Annotated[Caller, Depends(reviewer)]
    ) -> StreamingResponse:
        with looking.at(who.project_id, actor_of(request, who), upload_id) as path:
            size, file = path.stat().st_size, path.open("rb")
        headers = {
            "Content-Length": str(size),
            "Content-Disposition": f'attachment; filename="{upload_id}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return StreamingResponse(_chunks(file), headers=headers, media_type=MEDIA_TYPE)

    return router


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk
