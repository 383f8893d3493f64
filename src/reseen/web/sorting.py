"""What reviewers say of clusters: split, merge, pin, choose what stands for one, take it back."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import JSONResponse, Response

from reseen.domain.access import Caller
from reseen.domain.errors import InvalidValue
from reseen.flows.sorting import Seen
from reseen.web.auth import Right
from reseen.web.clusters import ClusterId, problems, told
from reseen.web.idempotency import IdempotencyKey, Once
from reseen.web.openapi import BODY, ONCE, request_body
from reseen.web.paging import Paging, page_by
from reseen.web.reception import Received, Reception
from reseen.web.schemas.clusters import (
    ClusterSchema,
    MergeRequest,
    PinRequest,
    RepresentativeRequest,
    SplitRequest,
    SplitSchema,
    Unsaid,
    WordList,
    WordSchema,
)
from reseen.web.schemas.model import said
from reseen.web.services import Desk
from reseen.web.spool import Shape
from reseen.web.uploads import actor_of

SPLIT = Shape((SplitRequest,), json_bytes=1 << 19)
MERGE = Shape((MergeRequest,))
PIN = Shape((PinRequest,))
STAND = Shape((RepresentativeRequest,))

WordId = Annotated[str, Path(description="Its id.")]


def sorting_routes(reception: Reception, once: Once) -> APIRouter:
    router = APIRouter(prefix="/v1/clusters", tags=["Clusters"])
    _sorts(router, reception, once)
    _represents(router, reception, once)
    _words(router, reception, once)
    return router


def _sorts(router: APIRouter, reception: Reception, once: Once) -> None:
    desk = reception.services.desk

    @router.post(
        "/merge",
        summary="Merge clusters",
        description="A reviewer says that they are one; it holds whatever is found, until the word "
        "is taken back. Where their decisions differ the case waits again, and neither spreads; "
        "a decision covers of the others what is surely the same.",
        operation_id="merge_clusters",
        response_model=ClusterSchema,
        response_description="the cluster that they are now",
        responses=problems(*BODY, "forbidden", "not_found", *ONCE),
        openapi_extra=request_body(MERGE),
    )
    def merge(
        request: Request,
        received: Annotated[Received, Depends(reception.letter(Right.REVIEW, MERGE))],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, ClusterSchema]:
            sent = received.body.read(MergeRequest)
            seen = [one.seen() for one in sent.clusters]
            actor = actor_of(request, received.key)
            merged = desk.sorting.merge(received.project_id, actor, seen, sent.reason)
            return 200, told(desk, merged)

        return once.answer(request, received.project_id, key, received.body, work)

    @router.post(
        "/{cluster_id}/split",
        status_code=201,
        summary="Split a cluster",
        description="Some members become a cluster of their own; copies that come later join the "
        "part that they are of. The rest keeps its name, its case and its decision; what came out "
        "keeps its actions and has a case of its own, to be decided by itself.",
        operation_id="split_cluster",
        response_model=SplitSchema,
        response_description="the two parts",
        responses=problems(*BODY, "forbidden", "not_found", *ONCE),
        openapi_extra=request_body(SPLIT),
    )
    def split(
        cluster_id: ClusterId,
        request: Request,
        received: Annotated[Received, Depends(reception.letter(Right.REVIEW, SPLIT))],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, SplitSchema]:
            sent = received.body.read(SplitRequest)
            seen = Seen(cluster_id, sent.version)
            contents = _numbers(desk, sent.members, "members")
            actor = actor_of(request, received.key)
            left, new = desk.sorting.split(received.project_id, actor, seen, contents, sent.reason)
            return 201, SplitSchema(left=told(desk, left), new=told(desk, new))

        return once.answer(request, received.project_id, key, received.body, work)

    @router.post(
        "/{cluster_id}/pins",
        summary="Pin a member",
        description="It belongs to this cluster, whatever is found; it comes out of the one that "
        "it is in. Taking the word back unpins it.",
        operation_id="pin_member",
        response_model=ClusterSchema,
        response_description="the cluster, with its member",
        responses=problems(*BODY, "forbidden", "not_found", *ONCE),
        openapi_extra=request_body(PIN),
    )
    def pin(
        cluster_id: ClusterId,
        request: Request,
        received: Annotated[Received, Depends(reception.letter(Right.REVIEW, PIN))],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, ClusterSchema]:
            sent = received.body.read(PinRequest)
            seen = Seen(cluster_id, sent.version)
            (content,) = _numbers(desk, [sent.reference_id], "reference_id")
            actor = actor_of(request, received.key)
            pinned = desk.sorting.pin(received.project_id, actor, seen, content, sent.reason)
            return 200, told(desk, pinned)

        return once.answer(request, received.project_id, key, received.body, work)


def _represents(router: APIRouter, reception: Reception, once: Once) -> None:
    desk = reception.services.desk

    @router.post(
        "/{cluster_id}/representative",
        summary="Choose a representative",
        description="This member stands for the cluster: it is what reviewers see first, and what "
        "a decision puts into a bank. Nothing that is found changes it; another choice does, or "
        "taking the word back.",
        operation_id="choose_representative",
        response_model=ClusterSchema,
        response_description="the cluster",
        responses=problems(*BODY, "forbidden", "not_found", *ONCE),
        openapi_extra=request_body(STAND),
    )
    def choose(
        cluster_id: ClusterId,
        request: Request,
        received: Annotated[Received, Depends(reception.letter(Right.REVIEW, STAND))],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, ClusterSchema]:
            sent = received.body.read(RepresentativeRequest)
            seen = Seen(cluster_id, sent.version)
            (content,) = _numbers(desk, [sent.reference_id], "reference_id")
            actor = actor_of(request, received.key)
            chosen = desk.sorting.represent(received.project_id, actor, seen, content, sent.reason)
            return 200, told(desk, chosen)

        return once.answer(request, received.project_id, key, received.body, work)


def _words(router: APIRouter, reception: Reception, once: Once) -> None:
    desk = reception.services.desk
    reader, reviewer = reception.caller(Right.READ), reception.caller(Right.REVIEW)

    @router.get(
        "/{cluster_id}/words",
        summary="List what was said",
        description="Splits, merges, pins and choices of a representative that name a member, the "
        "oldest first. Each can be taken back.",
        operation_id="list_words",
        response_model=WordList,
        response_description="some words",
        responses=problems("not_found"),
    )
    def words(
        cluster_id: ClusterId,
        who: Annotated[Caller, Depends(reader)],
        paging: Annotated[Paging, Query()],
    ) -> JSONResponse:
        every = desk.clusters.words(who.project_id, cluster_id)
        page = page_by(
            every, lambda word: f"{word.at.isoformat('T', 'microseconds')} {word.id}", paging
        )
        numbers = sorted({n for word in page.items for p in word.pins for n in (p.one, p.other)})
        names = dict(zip(numbers, desk.clusters.named(numbers), strict=True))
        data = [WordSchema.of(one, names) for one in page.items]
        return JSONResponse(said(WordList(data=data, next_cursor=page.next)))

    @router.delete(
        "/{cluster_id}/words/{word_id}",
        summary="Take a word back",
        description="As if it had never been said: what was split is together again where nothing "
        "else holds it apart, what was merged or pinned goes where it is found to belong.",
        operation_id="take_word_back",
        response_model=Unsaid,
        response_description="the clusters of all that it named",
        responses=problems("forbidden", "not_found", *ONCE),
    )
    def unsay(
        cluster_id: ClusterId,
        word_id: WordId,
        request: Request,
        who: Annotated[Caller, Depends(reviewer)],
        key: IdempotencyKey = None,
    ) -> Response:
        def work() -> tuple[int, Unsaid]:
            actor = actor_of(request, who)
            found = desk.sorting.unsay(who.project_id, actor, cluster_id, word_id)
            return 200, Unsaid(id=word_id, clusters=[told(desk, one) for one in found])

        return once.answer(request, who.project_id, key, None, work)


def _numbers(desk: Desk, reference_ids: Sequence[str], field: str) -> list[int]:
    """Raises ``InvalidValue``."""
    numbers = [number for number in desk.clusters.numbered(reference_ids) if number is not None]
    if len(numbers) < len(reference_ids):
        raise InvalidValue("Name members by their reference_id.", field=field)
    return numbers
