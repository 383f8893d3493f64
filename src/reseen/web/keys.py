"""``/v1/keys``: who may call, besides people.

Writes here take no ``Idempotency-Key``: an answer that can be said again must be kept, and a secret
is kept by nobody. Revoking twice changes nothing, and a key is replaced once.
"""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import JSONResponse

from reseen.domain.access import Caller, Key
from reseen.domain.moment import rfc3339
from reseen.web.auth import Right
from reseen.web.openapi import BODY, EVERYWHERE, problem_responses, request_body
from reseen.web.paging import Paging, page_by
from reseen.web.reception import Received, Reception
from reseen.web.schemas.keys import KeyList, KeyRequest, KeySchema, RotateRequest
from reseen.web.schemas.model import said
from reseen.web.spool import Shape
from reseen.web.uploads import actor_of

CREATE, ROTATE = Shape((KeyRequest,)), Shape((RotateRequest,))

KeyId = Annotated[str, Path(description="Its id.")]


def key_routes(reception: Reception) -> APIRouter:
    router = APIRouter(prefix="/v1/keys", tags=["Keys"])
    keying, owner = reception.services.access.keying, reception.caller(Right.KEYS)

    @router.get(
        "",
        summary="List keys",
        description="Oldest first, revoked ones too; without their secrets.",
        operation_id="list_keys",
        response_model=KeyList,
        response_description="some keys",
        responses=_problems(),
    )
    def list_some(
        who: Annotated[Caller, Depends(owner)], paging: Annotated[Paging, Query()]
    ) -> JSONResponse:
        page = page_by(keying.of_project(who.project_id), _place, paging)
        data = [KeySchema.of(one) for one in page.items]
        return JSONResponse(said(KeyList(data=data, next_cursor=page.next)))

    @router.post(
        "",
        status_code=201,
        summary="Make a key",
        description="Its secret is shown this once. No `Idempotency-Key` is taken: the secret "
        "would have to be kept.",
        operation_id="create_key",
        response_model=KeySchema,
        response_description="the key, with its secret",
        responses=_problems(*BODY),
        openapi_extra=request_body(CREATE),
    )
    def create(
        request: Request,
        received: Annotated[Received, Depends(reception.letter(Right.KEYS, CREATE))],
    ) -> JSONResponse:
        sent, actor = received.body.read(KeyRequest), actor_of(request, received.key)
        made = keying.create(received.project_id, actor, sent.role, sent.label)
        return JSONResponse(said(KeySchema.issued(made)), 201)

    @router.post(
        "/{key_id}/rotate",
        status_code=201,
        summary="Replace a key",
        description="By a new one of the same role and label, whose secret is shown this once.",
        operation_id="rotate_key",
        response_model=KeySchema,
        response_description="the new key, with its secret",
        responses=_problems(*BODY, "not_found", "conflict"),
        openapi_extra=request_body(ROTATE),
    )
    def rotate(
        key_id: KeyId,
        request: Request,
        received: Annotated[Received, Depends(reception.letter(Right.KEYS, ROTATE))],
    ) -> JSONResponse:
        sent, actor = received.body.read(RotateRequest), actor_of(request, received.key)
        linger = timedelta(seconds=sent.linger_s)
        made = keying.rotate(received.project_id, actor, key_id, linger)
        return JSONResponse(said(KeySchema.issued(made)), 201)

    @router.delete(
        "/{key_id}",
        summary="Revoke a key",
        description="It is refused from now on.",
        operation_id="revoke_key",
        response_model=KeySchema,
        response_description="the key",
        responses=_problems("not_found"),
    )
    def revoke(
        key_id: KeyId, request: Request, who: Annotated[Caller, Depends(owner)]
    ) -> JSONResponse:
        gone = keying.revoke(who.project_id, actor_of(request, who), key_id)
        return JSONResponse(said(KeySchema.of(gone)))

    return router


def _place(key: Key) -> str:
    return f"{rfc3339(key.created_at)} {key.id}"


def _problems(*more: str) -> dict[int | str, dict[str, Any]]:
    return problem_responses(*EVERYWHERE, "forbidden", *more, path="/v1/keys")
