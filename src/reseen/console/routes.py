"""The console's files: one page for every path below ``/console``, and what it loads.

Each file's address holds a digest of all files, so that a browser keeps them for good and never
mixes two versions: relative imports stay within the digest. Everything is read once, at the start,
and is sent compressed to whoever takes that.

The policy lets a page load and call nothing but this server, and run no script but these files.
"""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import APIRouter, Request
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.responses import RedirectResponse, Response

from reseen.domain.errors import NotFound

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
KEPT = {"Cache-Control": "public, max-age=31536000, immutable"}
ASKED_ANEW = {"Cache-Control": "no-cache"}

SAMPLES = (
    "photo-disguised.jpg",
    "photo.jpg",
    "film-clip.webm",
    "film.mp4",
    "song-disguised.ogg",
    "song.m4a",
)
"""What the playground offers to try; it comes with reseen."""

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".m4a": "audio/mp4",
    ".ogg": "audio/ogg",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
"""Told here, because the machine's own table differs from one to the next."""

PLACE = b"{static}"
"""Stands in ``index.html`` for the folder whose name is the digest."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent."""

    media_type: str
    etag: str
    body: bytes
    squeezed: bytes | None
    """The same in gzip; ``None`` where that would not be smaller."""

    @classmethod
    def of(cls, name: str, body: bytes) -> "Asset":
        squeezed = gzip.compress(body, 6, mtime=0) if len(body) > 512 else body
        return cls(
            media_type_of(name),
            f'"{hashlib.sha256(body).hexdigest()[:32]}"',
            body,
            squeezed if len(squeezed) < 0.9 * len(body) else None,
        )

    def answer(self, request: Request, headers: Mapping[str, str]) -> Response:
        told = {**headers, "ETag": self.etag, "Vary": "Accept-Encoding"}
        if self.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=told)
        if self.squeezed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            told["Content-Encoding"] = "gzip"
            return Response(self.squeezed, media_type=self.media_type, headers=told)
        return Response(self.body, media_type=self.media_type, headers=told)


class _Page(PathConvertor):
    """A path that may be a page's: what is not there below ``api`` and ``static`` is an error."""

    regex = "(?!(?:api|static|samples)(?:/|$)).*"


register_url_convertor("page", _Page())


def console_routes() -> APIRouter:
    """Include it last: it answers every other path below ``/console``, as pages may have any."""
    router = APIRouter(prefix="/console", include_in_schema=False)
    contents = _read(files("reseen.console") / "static")
    digest = _digest(contents)
    folder = f"/console/static/{digest}".encode()
    index = Asset.of("index.html", contents.pop("index.html").replace(PLACE, folder))
    assets = {name: Asset.of(name, body) for name, body in contents.items()}
    samples = {name: Asset.of(name, _sample(name)) for name in SAMPLES}

    @router.get("/static/{version}/{name:path}")
    async def asset(request: Request, version: str, name: str) -> Response:
        found = assets.get(name) if version == digest else None
        if found is None:
            raise NotFound("The console has no such file; load the page anew.")
        return found.answer(request, KEPT)

    @router.get("/samples/{name}")
    async def sample(request: Request, name: str) -> Response:
        found = samples.get(name)
        if found is None:
            raise NotFound(f"There is no such sample; there are {', '.join(SAMPLES)}.")
        return found.answer(request, ASKED_ANEW)

    @router.get("")
    @router.get("/{path:page}")
    async def page(request: Request) -> Response:
        return index.answer(request, {**ASKED_ANEW, "Content-Security-Policy": POLICY})

    return router


def start_routes() -> APIRouter:
    """Whoever opens the server's address in a browser lands in the console."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def start() -> RedirectResponse:
        return RedirectResponse("/console")

    return router


def media_type_of(name: str) -> str:
    suffix = f".{name.rsplit('.', 1)[-1]}"
    known = TYPES.get(suffix) or mimetypes.guess_type(name)[0]
    return known or "application/octet-stream"


def _read(folder: Traversable, prefix: str = "") -> dict[str, bytes]:
    """Every file below a folder, by its path in it."""
    found: dict[str, bytes] = {}
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.is_dir():
            found |= _read(entry, f"{prefix}{entry.name}/")
        else:
            found[prefix + entry.name] = entry.read_bytes()
    return found


def _sample(name: str) -> bytes:
    return (files("reseen") / "samples" / name).read_bytes()


def _digest(contents: Mapping[str, bytes]) -> str:
    whole = hashlib.sha256()
    for name, body in contents.items():
        whole.update(f"{name} {len(body)} ".encode() + body)
    return whole.hexdigest()[:16]
