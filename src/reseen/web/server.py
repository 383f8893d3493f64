"""The application and the program that serves it.

uvicorn, not a faster server: it and the framework use 1.3 ms of processor time a request, a match
of two pictures 300 ms, so that nobody would notice; and it is pure Python.
"""

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio.to_thread
import uvicorn
from fastapi import FastAPI

from reseen import __version__
from reseen.console.api import console_api
from reseen.console.routes import console_routes, start_routes
from reseen.settings import Settings
from reseen.web import errors, openapi
from reseen.web.admission import Gate
from reseen.web.audit import audit_routes
from reseen.web.banks import bank_routes
from reseen.web.batch import batch_routes
from reseen.web.briefs import brief_routes, glance_routes
from reseen.web.cases import case_routes
from reseen.web.clusters import cluster_routes
from reseen.web.counting import Counted
from reseen.web.decisions import appeal_routes, decision_routes
from reseen.web.docs import docs_routes
from reseen.web.health import health_routes
from reseen.web.holds import hold_routes
from reseen.web.idempotency import Once
from reseen.web.jobs import job_routes
from reseen.web.keys import key_routes
from reseen.web.match import match_routes
from reseen.web.media import media_routes
from reseen.web.observe import Observed
from reseen.web.policies import policy_routes
from reseen.web.project import project_routes
from reseen.web.quarantines import quarantine_routes
from reseen.web.reception import Reception
from reseen.web.references import reference_routes
from reseen.web.search import search_routes
from reseen.web.services import Services
from reseen.web.sorting import sorting_routes
from reseen.web.statements import statement_routes
from reseen.web.uploads import upload_routes
from reseen.web.usage import usage_routes
from reseen.web.webhooks import event_routes, webhook_routes

BACKLOG = 128

SPARE_THREADS = 16
"""For keys and health while every admitted request holds a thread."""


def application(
    services: Services, settings: Settings, stopping: Callable[[], bool] = lambda: False
) -> FastAPI:
    """The app. ``services`` are closed by whoever made them."""
    gate = Gate(
        concurrency=settings.concurrency,
        queue=settings.queue,
        rate_per_minute=settings.rate_per_minute,
        stopping=stopping,
    )

    once = Once(services.idempotency)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        threads = settings.concurrency + settings.queue + SPARE_THREADS
        anyio.to_thread.current_default_thread_limiter().total_tokens = threads
        async with anyio.create_task_group() as beside:
            beside.start_soon(once.keep)
            yield
            beside.cancel_scope.cancel()

    app = FastAPI(
        title="reseen",
        version=__version__,
        description=openapi.INTRODUCTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.add_middleware(Counted, meter=services.desk.reckoning.metering.count)
    app.add_middleware(Observed)
    errors.install(app)
    reception = Reception(services, settings, gate)
    app.include_router(match_routes(reception))
    app.include_router(search_routes(reception))
    app.include_router(project_routes(reception, once))
    app.include_router(bank_routes(reception, once))
    app.include_router(reference_routes(reception, once))
    app.include_router(batch_routes(reception, once))
    app.include_router(job_routes(reception, once))
    app.include_router(upload_routes(reception, once))
    app.include_router(cluster_routes(reception))
    app.include_router(sorting_routes(reception, once))
    app.include_router(quarantine_routes(reception, once))
    app.include_router(media_routes(reception))
    app.include_router(glance_routes(reception))
    app.include_router(case_routes(reception, once))
    app.include_router(brief_routes(reception))
    app.include_router(decision_routes(reception, once))
    app.include_router(appeal_routes(reception, once))
    app.include_router(webhook_routes(reception, once))
    app.include_router(event_routes(reception, once))
    app.include_router(key_routes(reception))
    app.include_router(audit_routes(reception))
    app.include_router(hold_routes(reception, once))
    app.include_router(statement_routes(reception))
    app.include_router(usage_routes(reception))
    app.include_router(policy_routes(reception, once))
    app.include_router(console_api(reception))
    app.include_router(health_routes(services, stopping))
    app.include_router(docs_routes(app))
    app.include_router(start_routes())
    app.include_router(console_routes())  # the last, because every other path below it is a page
    openapi.complete(app)
    return app


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; ``port`` 0 takes a free one. Raises ``OSError`` when it is taken.

    It names its protocol, because asyncio sends small packets at once only where it sees TCP: on a
    connection that is kept, an answer otherwise takes 40 ms longer.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(BACKLOG)
    except OSError:
        bound.close()
        raise
    return bound


class Server:
    """One server on one socket. ``run`` blocks until SIGINT or SIGTERM, or until ``stop``."""

    def __init__(self, services: Services, settings: Settings, bound: socket.socket) -> None:
        self._bound = bound
        app = application(services, settings, stopping=lambda: self._server.should_exit)
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=round(settings.shutdown_seconds),
                h11_max_incomplete_event_size=65_536,
            )
        )

    @property
    def address(self) -> str:
        host, port = self._bound.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def run(self) -> None:
        self._server.run(sockets=[self._bound])

    def stop(self) -> None:
        self._server.should_exit = True
