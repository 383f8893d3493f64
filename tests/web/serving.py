"""A real server on a free loopback port, in a thread, and a small site to fetch media from."""

import hashlib
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image, ImageDraw

from reseen.domain.access import Role
from reseen.domain.bank import JobKind
from reseen.flows.jobs import JobWorker
from reseen.flows.search import Searching
from reseen.index.flat import FlatIndex
from reseen.ports import Entry, Hits, KeyStore, ReferenceStore
from reseen.settings import Settings
from reseen.signals.quads import query_keys
from reseen.web.server import Server, listen
from reseen.web.services import Compare, Services
from reseen.wiring.ingest import make_ingesting
from reseen.wiring.matching import CUTS, Reseen, assemble
from reseen.wiring.truth import Truth, open_truth

SAMPLES = Path(str(files("reseen"))) / "samples"


@dataclass(frozen=True)
class Running:
    address: str
    key: str
    """Of a service."""

    admin: str
    keys: KeyStore
    truth: Truth
    server: Server
    scratch: Path

    def ask(self, method: str, path: str, *, key: str | None = None, **more: Any) -> httpx.Response:
        headers = {"x-rapidapi-key": self.key if key is None else key, **more.pop("headers", {})}
        url = self.address + path
        return httpx.request(method, url, headers=headers, timeout=60, **more)

    def post(self, path: str, *, key: str | None = None, **more: Any) -> httpx.Response:
        return self.ask("POST", path, key=key, **more)

    def get(self, path: str, *, key: str | None = None, **more: Any) -> httpx.Response:
        return self.ask("GET", path, key=key, **more)

    def manage(self, method: str, path: str, **more: Any) -> httpx.Response:
        """As an admin."""
        return self.ask(method, path, key=self.admin, **more)

    def bank(self, name: str, **more: Any) -> dict[str, Any]:
        """A new bank."""
        made = self.manage("POST", "/v1/banks", json={"name": name, **more})
        assert made.status_code == 201, made.text
        answer: dict[str, Any] = made.json()
        return answer

    def match(self, path: str, source: bytes | Path, target: bytes | Path) -> httpx.Response:
        sides = {"source": source, "target": target}
        read = {k: v.read_bytes() if isinstance(v, Path) else v for k, v in sides.items()}
        return self.post(path, files=read)

    def over(self, job_id: str) -> dict[str, Any]:
        """The job, once it is over."""
        for _ in range(600):
            job: dict[str, Any] = self.get(f"/v1/jobs/{job_id}").json()
            if job["state"] not in {"queued", "running"}:
                return job
            time.sleep(0.1)
        raise AssertionError(job)


class Beside:
    """An exact index in this process, which reads the change log whenever it is asked."""

    def __init__(self, references: ReferenceStore) -> None:
        self._references = references
        self._flat = FlatIndex()
        self._lock = threading.Lock()

    def nearest(self, project_id: str, *asked: Any, **more: Any) -> Hits:
        self.position(project_id)
        return self._flat.nearest(project_id, *asked, **more)

    def position(self, project_id: str) -> int:
        with self._lock:
            while changes := self._references.changes(project_id, self._flat.position(project_id)):
                numbers = [one.reference_number for one in changes]
                tracks = self._references.indexed(project_id, numbers)
                entries = [
                    Entry(one.reference_number, one.bank_number, tracks.get(one.reference_number))
                    for one in changes
                ]
                self._flat.apply(project_id, entries, changes[-1].position)
            return self._flat.position(project_id)

    def nudge(self, project_id: str, position: int) -> None:
        """It looks by itself."""

    def wait_for(self, project_id: str, position: int, timeout_s: float) -> bool:  # noqa: ARG002
        return self.position(project_id) >= position

    def rebuild(self, project_id: str | None = None) -> AbstractContextManager[Iterator[float]]:
        raise NotImplementedError

    def check(self) -> Mapping[str, Any]:
        return {}


@contextmanager
def serving(home: Path, compare: Compare | None = None, **given: Any) -> Iterator[Running]:
    """A server with these settings; ``compare`` replaces the flow where a test must hold it."""
    settings = Settings(home=home, port=0, **{"workers": 1, **given})
    with (
        open_truth(settings) as truth,
        assemble(settings) as reseen,
        running(settings, reseen, truth, compare) as server,
    ):
        yield server


@contextmanager
def running(
    settings: Settings, reseen: Reseen, truth: Truth, compare: Compare | None = None
) -> Iterator[Running]:
    index = Beside(truth.references)
    ingesting = make_ingesting(settings, reseen, truth, index.nudge)
    services = Services(
        scratch=reseen.scratch.folder,
        fetcher=reseen.fetcher,
        open_file=reseen.open_file,
        compare=compare or reseen.answering.compare,
        authenticate=truth.keys.authenticate,
        check_ready=lambda: None,
        banks=truth.banks,
        references=truth.references,
        jobs=truth.jobs,
        idempotency=truth.idempotency,
        index=index,
        searching=Searching(
            perception=reseen.answering.perception,
            cuts=CUTS,
            banks=truth.banks,
            references=truth.references,
            index=index,
            query_keys=query_keys,
            scores=truth.scores,
        ),
        ingesting=ingesting,
    )
    worker = JobWorker(truth.jobs, {JobKind.INGEST: ingesting.work}, poll_s=0.1)
    worker.start()
    with listen(settings.host, 0) as bound:
        server = Server(services, settings, bound)
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            yield Running(
                server.address,
                truth.keys.create(Role.SERVICE).secret,
                truth.keys.create(Role.ADMIN).secret,
                truth.keys,
                truth,
                server,
                settings.scratch_folder,
            )
        finally:
            server.stop()
            thread.join(30)
            worker.stop()


class _Site(BaseHTTPRequestHandler):
    """Serves the samples; ``/slow`` never answers, ``/away`` redirects to a forbidden address."""

    def do_GET(self) -> None:
        if self.path == "/slow":
            self.server.shutting.wait(10)  # type: ignore[attr-defined]
            return
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/latest/meta-data")
            self.end_headers()
            return
        file = SAMPLES / self.path.strip("/")
        if not file.is_file():
            self.send_error(404)
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(file.read_bytes())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@contextmanager
def site() -> Iterator[int]:
    """The port of a site on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    server.shutting = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutting.set()  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()
        server.server_close()


def picture(seed: int, width: int = 320, height: int = 240) -> Image.Image:
    """Shapes in colours that no other seed draws."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", (width, height), tuple(rng.integers(0, 255, 3)))
    draw = ImageDraw.Draw(image)
    for _ in range(25):
        corners = rng.uniform((0, 0), (width, height), (int(rng.integers(3, 6)), 2))
        colour = tuple(int(c) for c in rng.integers(0, 255, 3))
        draw.polygon([tuple(corner) for corner in corners], fill=colour)
    return image


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def hash_of(text: str) -> dict[str, str]:
    """A hash that nothing else has."""
    return {"sha256": hashlib.sha256(text.encode()).hexdigest()}
