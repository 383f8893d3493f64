"""Writes that may be sent twice: one with an ``Idempotency-Key`` is done once.

All that a request writes, and the answer that is kept of it, is one transaction: whenever a server
is killed, the request was done and is answered, or nothing was done. Only what succeeded is
remembered, for 24 hours; an error changed nothing, so that the same key may be tried again. A key
belongs to the project, and to one request: method, address and body.
"""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Callable, Iterator
from typing import Annotated

import anyio.to_thread
from fastapi import Header, Request
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from reseen.domain.errors import NotReady
from reseen.ports import Answered, IdempotencyStore
from reseen.web.schemas.model import said
from reseen.web.spool import Body

log = logging.getLogger("reseen.web")

RENEWED_S = 2.5
"""A quarter of what the store waits for."""

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Any text of yours, new for each write. Sent again within 24 hours with the "
        "same request, the answer is the first one, with the header `Idempotent-Replayed`.",
    ),
]

type Work = Callable[[], tuple[int, BaseModel]]
"""Does the write; its status and its answer. From its first write on others wait to write, so what
may take long, a file or a look at the index, comes before."""


class Once:
    """Thread-safe."""

    def __init__(self, store: IdempotencyStore) -> None:
        self._store = store
        self._held: set[str] = set()

    def answer(
        self, request: Request, project_id: str, key: str | None, body: Body | None, work: Work
    ) -> Response:
        """Do the write, or say again what it was answered. Raises what ``work`` raises,
        ``IdempotencyMismatch``, and ``Conflict`` while another request with the key is worked on.
        """
        if key is None:
            with self._store.together():
                return _respond(work)
        digest = (body or Body()).digest(request.method, request.scope["path"], request.url.query)
        with self._holding() as holder:
            known = self._store.begin(project_id, key, digest, holder)
            if known is not None:
                replayed = {"Idempotent-Replayed": "true"}
                return Response(known.body, known.status, replayed, "application/json")
            try:
                with self._store.together():
                    response = _respond(work)
                    answered = Answered(response.status_code, bytes(response.body))
                    self._store.finish(project_id, key, holder, answered)
            except BaseException:
                with _logged():
                    self._store.release(project_id, key, holder)
                raise
            return response

    async def keep(self) -> None:
        """Say, as long as the server runs, what is still worked on."""
        while True:
            await asyncio.sleep(RENEWED_S)
            held = tuple(self._held)
            if held:
                with _logged():
                    await anyio.to_thread.run_sync(self._store.renew, held)

    @contextlib.contextmanager
    def _holding(self) -> Iterator[str]:
        holder = uuid.uuid4().hex
        self._held.add(holder)
        try:
            yield holder
        finally:
            self._held.discard(holder)


@contextlib.contextmanager
def _logged() -> Iterator[None]:
    """What cannot be noted now is found out by the lease of the key."""
    try:
        yield
    except NotReady as error:
        log.warning("What became of a request was not noted: %s", error.detail)


def _respond(work: Work) -> Response:
    status, model = work()
    return JSONResponse(said(model), status)
