"""How a request is received: its key is checked, a place is taken, its body is read to disk.

In this order, so that a stranger costs a look-up and a full server holds no uploads. A route asks
for a dependency: ``caller`` where there is no body, ``letter`` where there is one that is answered
at once, ``parcel`` where files are worked on and the request may have to wait for its turn.
"""

import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from anyio import from_thread
from fastapi import Depends, Request

from reseen.domain.access import Caller
from reseen.domain.errors import InvalidRequest, InvalidValue
from reseen.media.receive import no_room
from reseen.ports import Fetched
from reseen.settings import Settings
from reseen.web.admission import Gate
from reseen.web.auth import Right, authenticated
from reseen.web.services import Services
from reseen.web.sessions import Guard
from reseen.web.spool import Body, Shape, read_body


@dataclass(frozen=True, slots=True)
class Received:
    """Who sent a request, and what."""

    key: Caller
    body: Body

    @property
    def project_id(self) -> str:
        return self.key.project_id


@dataclass(frozen=True, slots=True)
class Reception:
    services: Services
    settings: Settings
    gate: Gate

    def known(self, right: Right) -> Callable[..., Caller]:
        """Who may do this."""
        services = self.services
        guard = Guard(self.settings.console_origin)
        session = services.access.admitting.session
        return authenticated(services.authenticate, session, guard, right)

    def caller(self, right: Right) -> Callable[..., Caller]:
        """Of a request without a body."""
        authenticate = self.known(right)

        def caller(key: Annotated[Caller, Depends(authenticate)]) -> Caller:
            self.gate.spend(key.id)
            return key

        return caller

    def letter(self, right: Right, shape: Shape) -> Callable[..., AsyncIterator[Received]]:
        """JSON that is worked on at once."""

        async def letter(
            request: Request, key: Annotated[Caller, Depends(self.caller(right))]
        ) -> AsyncIterator[Received]:
            stall_s = self.settings.upload_stall_seconds
            yield Received(key, await read_body(request, shape, Path(), 0, stall_s))

        return letter

    def parcel(self, right: Right, shape: Shape) -> Callable[..., AsyncIterator[Received]]:
        """A body that may be files, or name them; it holds a place until it is answered."""
        settings = self.settings
        authenticate = self.known(right)
        largest = max(settings.image_bytes, settings.video_bytes, settings.audio_bytes)

        async def parcel(
            request: Request, key: Annotated[Caller, Depends(authenticate)]
        ) -> AsyncIterator[Received]:
            with self.gate.admit(key.id), self._folder(request) as folder:
                stall_s = settings.upload_stall_seconds
                body = await read_body(request, shape, folder, largest, stall_s)
                yield Received(key, body)

        return parcel

    @contextmanager
    def _folder(self, request: Request) -> Iterator[Path]:
        """For the files of a form. JSON needs none, and is taken while the disk is full. Raises
        ``NotReady``.
        """
        if not request.headers.get("content-type", "").lower().startswith("multipart/"):
            yield Path()
            return
        try:
            held = tempfile.TemporaryDirectory(dir=self.services.scratch())
        except OSError as error:
            raise no_room(error) from error
        with held as folder:
            yield Path(folder)

    @contextmanager
    def turn(self, request: Request) -> Iterator[None]:
        """Wait for a processor core, in a thread."""
        with self.gate.turn():
            if from_thread.run(request.is_disconnected):
                raise InvalidRequest("The client left before its turn came.")
            yield


def one_of(**given: object) -> str:
    """The name of the one thing that was sent. Raises ``InvalidRequest``, ``InvalidValue``."""
    sent = [name for name, value in given.items() if value is not None]
    if not sent:
        raise InvalidValue(f"Send {' or '.join(given)}.", field=next(iter(given)))
    if len(sent) > 1:
        raise InvalidRequest(f"Send {' or '.join(sent)}, not both.", field=sent[1])
    return sent[0]


def opened(
    services: Services, url: str | None, file: Path | None
) -> AbstractContextManager[Fetched]:
    """What was sent, or is fetched from where it is said to be."""
    return services.open_file(file) if file is not None else services.fetcher.fetch(url or "")
