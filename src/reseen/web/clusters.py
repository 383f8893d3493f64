"""``/v1/clusters``: near-copies that are one. What reviewers say of that: ``sorting``."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field
from starlette.responses import JSONResponse

from reseen.domain.access import Caller
from reseen.domain.cluster import Cluster, Link, Tie
from reseen.web.auth import Right
from reseen.web.openapi import EVERYWHERE, problem_responses
from reseen.web.paging import Paging, page_by
from reseen.web.reception import Reception
from reseen.web.schemas.clusters import (
    ClusterList,
    ClusterSchema,
    LinkList,
    LinkSchema,
    MemberList,
    MemberSchema,
)
from reseen.web.schemas.model import said
from reseen.web.services import Desk

ClusterId = Annotated[str, Path(description="Its id, or that of one that became part of it.")]


class Clustered(Paging):
    """Which clusters to list."""

    bursting: Annotated[
        bool, Field(description="Only those that unusually many accounts upload at once.")
    ] = False


def cluster_routes(reception: Reception) -> APIRouter:
    router = APIRouter(prefix="/v1/clusters", tags=["Clusters"])
    _reads(router, reception)
    _inside(router, reception)
    return router


def told(desk: Desk, cluster: Cluster) -> ClusterSchema:
    """One cluster, with an upload to look at."""
    content = cluster.representative
    (reference_id,) = desk.clusters.named([content])
    uploads = desk.uploads.of_contents(cluster.project_id, [content], limit=1)
    return ClusterSchema.of(cluster, reference_id, uploads[0].id if uploads else None)


def _reads(router: APIRouter, reception: Reception) -> None:
    desk, reader = reception.services.desk, reception.caller(Right.READ)

    @router.get(
        "",
        summary="List clusters",
        description="The one that was uploaded last comes first. While uploads arrive, clusters "
        "move up: what was told once is not told again further down.",
        operation_id="list_clusters",
        response_model=ClusterList,
        response_description="some clusters",
        responses=problems(),
    )
    def list_some(
        who: Annotated[Caller, Depends(reader)], chosen: Annotated[Clustered, Query()]
    ) -> JSONResponse:
        page = desk.clusters.list(
            who.project_id, bursting=chosen.bursting, cursor=chosen.cursor, limit=chosen.limit
        )
        names = desk.clusters.named([one.representative for one in page.items])
        data = [ClusterSchema.of(*pair) for pair in zip(page.items, names, strict=True)]
        return JSONResponse(said(ClusterList(data=data, next_cursor=page.next)))

    @router.get(
        "/{cluster_id}",
        summary="Read a cluster",
        description="Of one that became part of another, that one. Its uploads are listed at "
        "`/v1/uploads?cluster=ID`.",
        operation_id="read_cluster",
        response_model=ClusterSchema,
        response_description="the cluster",
        responses=problems("not_found"),
    )
    def read(cluster_id: ClusterId, who: Annotated[Caller, Depends(reader)]) -> JSONResponse:
        return JSONResponse(said(told(desk, desk.clusters.get(who.project_id, cluster_id))))


def _inside(router: APIRouter, reception: Reception) -> None:
    desk, reader = reception.services.desk, reception.caller(Right.READ)
    clusters = desk.clusters

    @router.get(
        "/{cluster_id}/members",
        summary="List members",
        description="Contents, in the order of their first upload; the same bytes are one content, "
        "however often they were uploaded.",
        operation_id="list_members",
        response_model=MemberList,
        response_description="some members",
        responses=problems("not_found"),
    )
    def members(
        cluster_id: ClusterId,
        who: Annotated[Caller, Depends(reader)],
        paging: Annotated[Paging, Query()],
    ) -> JSONResponse:
        page = clusters.members(who.project_id, cluster_id, paging.cursor, paging.limit)
        faces = desk.glances.faces(who.project_id, [one.content for one in page.items])
        uploads = {content: face.upload for content, face in faces.items()}
        data = [MemberSchema.of(one, uploads.get(one.content)) for one in page.items]
        return JSONResponse(said(MemberList(data=data, next_cursor=page.next)))

    @router.get(
        "/{cluster_id}/links",
        summary="List links",
        description="Clusters that have something in common with this one: a part, a still of a "
        "film, a soundtrack under other pictures. The surest first.",
        operation_id="list_links",
        response_model=LinkList,
        response_description="some links",
        responses=problems("not_found"),
    )
    def links(
        cluster_id: ClusterId,
        who: Annotated[Caller, Depends(reader)],
        paging: Annotated[Paging, Query()],
    ) -> JSONResponse:
        every = sorted(clusters.links(who.project_id, cluster_id), key=_surest)
        page = page_by(every, _surest, paging)
        data = [LinkSchema.of(one) for one in page.items]
        return JSONResponse(said(LinkList(data=data, next_cursor=page.next)))


_TIES = (Tie.NEAR, Tie.WITHIN, Tie.PART, Tie.ACROSS)


def _surest(link: Link) -> str:
    """Sorts links, the surest first, and tells each from every other."""
    return f"{_TIES.index(link.tie)} {1.0 - link.score:.6f} {link.other}"


def problems(*codes: str) -> dict[int | str, dict[str, Any]]:
    return problem_responses(*EVERYWHERE, *codes, path="/v1/clusters")
