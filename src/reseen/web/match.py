"""The four match routes. Each takes two URLs, two files, or one of each, and answers an envelope.

In order: the key is checked, a place is taken, the body is read to disk, URLs are fetched, a turn
is waited for, the flow decides. Only the reading runs on the event loop, the rest in threads.
"""

import base64
import time
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from reseen.domain.errors import InvalidRequest, InvalidValue
from reseen.domain.media import Medium
from reseen.flows.explain import Exhibit
from reseen.flows.obtain import Given, obtain
from reseen.web.auth import Right
from reseen.web.counting import looked
from reseen.web.openapi import BODY, EVERYWHERE, MEDIA, problem_responses, request_body
from reseen.web.reception import Received, Reception
from reseen.web.schemas.match import (
    Envelope,
    EvidenceSchema,
    MatchForm,
    MatchRequest,
    PictureSchema,
    envelope,
)
from reseen.web.schemas.model import said
from reseen.web.spool import Body, Shape

EVERY = frozenset(Medium)
SIDES = ("source", "target")
SHAPE = Shape((MatchRequest,), files=SIDES, form=MatchForm)
MATCH_BODY = request_body(SHAPE, "The files; `source_url` or `target_url` may stand for one.")


@dataclass(frozen=True, slots=True)
class Pair:
    """What was sent for each side: a URL, or the file that was spooled."""

    source: Given
    target: Given


class Options(BaseModel):
    """The query parameters of a match; a misspelt one is refused, not left out."""

    model_config = ConfigDict(extra="forbid")

    explain: Annotated[bool, Field(description="Add `evidence`: PNGs that show why.")] = False


@dataclass(frozen=True, slots=True)
class Route:
    path: str
    allowed: frozenset[Medium]
    summary: str
    description: str


ROUTES = (
    Route(
        "/image/match",
        frozenset({Medium.IMAGE}),
        "Compare two pictures",
        "Recognises a picture under mirroring, rotation, crops, borders, captions, filters, "
        "screenshots and collages. Other media are refused with 415.",
    ),
    Route(
        "/video/match",
        frozenset({Medium.VIDEO}),
        "Compare two videos",
        "Finds every stretch that the source shares with the target, in pictures and in sound. An "
        "animated GIF, WebP or AVIF is a video. Other media are refused with 415.",
    ),
    Route(
        "/audio/match",
        frozenset({Medium.AUDIO, Medium.VIDEO}),
        "Compare two sounds",
        "Finds every stretch that the source shares with the target, under noise, pitch, tempo and "
        "speed changes. Takes videos as well, and compares their sound tracks.",
    ),
    Route(
        "/match",
        EVERY,
        "Compare any two media",
        "A still against a video, a sound track against a video, or two of a kind.",
    ),
)


def match_routes(reception: Reception) -> APIRouter:
    router = APIRouter(tags=["Match"])
    services = reception.services
    parcel = reception.parcel(Right.MATCH, SHAPE)

    def answer(request: Request, body: Body, route: Route, *, explain: bool) -> JSONResponse:
        pair = _pair(body)
        begun = time.perf_counter()
        with (
            obtain(services.fetcher, services.open_file, pair.source, pair.target) as files,
            reception.turn(request),
        ):
            verdict = services.compare(*files, route.allowed, explain)
        told = envelope(
            verdict,
            elapsed_ms=round(1000 * (time.perf_counter() - begun)),
            request_id=request.state.request_id,
            evidence=evidence(verdict.exhibits) if explain else None,
        )
        looked(request, matched=told.match, seconds=verdict.duration)
        return JSONResponse(said(told))

    def add(route: Route) -> None:
        def endpoint(
            request: Request,
            received: Annotated[Received, Depends(parcel)],
            options: Annotated[Options, Query()],
        ) -> JSONResponse:
            return answer(request, received.body, route, explain=options.explain)

        router.add_api_route(
            route.path,
            endpoint,
            methods=["POST"],
            summary=route.summary,
            description=route.description,
            operation_id=route.path.strip("/").replace("/", "_"),
            response_model=Envelope,
            response_description="the envelope",
            responses=problem_responses(*EVERYWHERE, *BODY, *MEDIA, path=route.path),
            openapi_extra=MATCH_BODY,
        )

    for route in ROUTES:
        add(route)
    return router


def _pair(body: Body) -> Pair:
    """Raises ``InvalidRequest``, ``InvalidValue``."""
    if body.json is not None:
        urls = body.read(MatchRequest)
        return Pair(urls.source_url, urls.target_url)
    form = body.read(MatchForm)

    def side(name: str, url: str | None) -> Given:
        file = body.files.get(name)
        if file is not None and url is not None:
            raise InvalidRequest(f"{name} was sent twice.", field=name)
        given = file or url
        if given is None:
            raise InvalidValue(f"Send the file {name}, or {name}_url.", field=name)
        return given

    return Pair(side("source", form.source_url), side("target", form.target_url))


def evidence(exhibits: tuple[Exhibit, ...]) -> EvidenceSchema:
    return EvidenceSchema(
        pictures=[
            PictureSchema(
                name=f"{exhibit.name}.png",
                title=exhibit.title,
                data=base64.b64encode(exhibit.png).decode("ascii"),
            )
            for exhibit in exhibits
        ]
    )
