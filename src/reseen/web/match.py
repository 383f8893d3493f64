"""The four match routes. Each takes two URLs, two files, or one of each, and answers an envelope.

In order: the key is checked, a place is taken, the body is read to disk, URLs are fetched, a turn
is waited for, the flow decides. Only the reading runs on the event loop, the rest in threads.
"""

import base64
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from anyio import from_thread
from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from reseen.domain.access import Key
from reseen.domain.errors import InvalidRequest
from reseen.domain.media import Medium
from reseen.flows.explain import Exhibit
from reseen.flows.obtain import obtain
from reseen.settings import Settings
from reseen.web.admission import Gate
from reseen.web.openapi import match_request_body, problem_responses
from reseen.web.schemas import Envelope, EvidenceSchema, PictureSchema, envelope
from reseen.web.services import Services
from reseen.web.spool import Pair, read_pair

EVERY = frozenset(Medium)


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


def match_routes(
    services: Services, settings: Settings, gate: Gate, caller: Callable[..., Key]
) -> APIRouter:
    router = APIRouter(tags=["Match"])
    largest = max(settings.image_bytes, settings.video_bytes, settings.audio_bytes)

    async def received(
        request: Request, who: Annotated[Key, Depends(caller)]
    ) -> AsyncIterator[Pair]:
        with gate.admit(who.id), tempfile.TemporaryDirectory(dir=services.scratch()) as folder:
            yield await read_pair(request, Path(folder), largest, settings.upload_stall_seconds)

    def answer(request: Request, pair: Pair, route: Route, *, explain: bool) -> JSONResponse:
        begun = time.perf_counter()
        with (
            obtain(services.fetcher, services.open_file, pair.source, pair.target) as files,
            gate.turn(),
        ):
            if from_thread.run(request.is_disconnected):
                raise InvalidRequest("The client left before its turn came.")
            verdict = services.compare(*files, route.allowed, explain)
        said = envelope(
            verdict,
            elapsed_ms=round(1000 * (time.perf_counter() - begun)),
            request_id=request.state.request_id,
            evidence=evidence(verdict.exhibits) if explain else None,
        )
        return JSONResponse(said.model_dump(exclude_none=True))

    def add(route: Route) -> None:
        def endpoint(
            request: Request,
            pair: Annotated[Pair, Depends(received)],
            options: Annotated[Options, Query()],
        ) -> JSONResponse:
            return answer(request, pair, route, explain=options.explain)

        router.add_api_route(
            route.path,
            endpoint,
            methods=["POST"],
            summary=route.summary,
            description=route.description,
            operation_id=route.path.strip("/").replace("/", "_"),
            response_model=Envelope,
            response_description="the envelope",
            response_model_exclude_none=True,
            responses=MATCH_PROBLEMS,
            openapi_extra=match_request_body(),
        )

    for route in ROUTES:
        add(route)
    return router


MATCH_PROBLEMS: dict[int | str, dict[str, Any]] = problem_responses(
    "invalid_request",
    "unauthenticated",
    "payload_too_large",
    "unsupported_media",
    "url_not_allowed",
    "media_unreadable",
    "media_empty",
    "media_too_long",
    "media_too_large",
    "fetch_failed",
    "fetch_timeout",
    "rate_limited",
    "internal",
    "not_ready",
)


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
