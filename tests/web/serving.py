"""A real server on a free loopback port, in a thread, and a small site to fetch media from."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image, ImageDraw

from reseen.cli.serve import services_of
from reseen.domain.access import Role
from reseen.flows.deliver import STEPS_S
from reseen.flows.search import now
from reseen.ports import KeyStore
from reseen.settings import Settings
from reseen.web.server import Server, listen
from reseen.web.services import Compare
from reseen.wiring.access import make_letting
from reseen.wiring.banks import at_work, open_banks
from reseen.wiring.moderation import Moderation, make_moderation, on_duty
from reseen.wiring.truth import open_truth

SAMPLES = Path(str(files("reseen"))) / "samples"


@dataclass(frozen=True)
class Running:
    address: str
    key: str
    """Of a service."""

    admin: str
    keys: KeyStore
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

    def searchable(self, reference_id: str) -> dict[str, Any]:
        """The reference, once the index has reached it."""
        for _ in range(200):
            held: dict[str, Any] = self.get(f"/v1/references/{reference_id}").json()
            if held["searchable"]:
                return held
            time.sleep(0.05)
        raise AssertionError(held)

    def over(self, job_id: str) -> dict[str, Any]:
        """The job, once it is over."""
        for _ in range(600):
            job: dict[str, Any] = self.get(f"/v1/jobs/{job_id}").json()
            if job["state"] not in {"queued", "running"}:
                return job
            time.sleep(0.1)
        raise AssertionError(job)


@contextmanager
def serving(
    home: Path,
    compare: Compare | None = None,
    steps_s: Sequence[float] = STEPS_S,
    clock: Callable[[], datetime] = now,
    **given: Any,
) -> Iterator[Running]:
    """A server with these settings, wired as ``reseen serve`` does; ``compare`` replaces the flow
    where a test must hold it, ``steps_s`` is how long events wait that were not taken, ``clock``
    tells sessions the time.
    """
    settings = Settings(home=home, port=0, **{"workers": 1, **given})
    with (
        open_truth(settings) as truth,
        open_banks(settings, truth) as banks,
        listen(settings.host, 0) as bound,
        on_duty(moderation := _hasty(make_moderation(settings, banks), steps_s)),
        at_work(banks, moderation.handlers),
    ):
        services = services_of(banks, moderation, make_letting(settings, truth, clock))
        if compare is not None:
            services = replace(services, compare=compare)
        server = Server(services, settings, bound)
        thread = threading.Thread(target=server.run)
        thread.start()
        keys = truth.keys
        try:
            yield Running(
                server.address,
                keys.create(Role.SERVICE).secret,
                keys.create(Role.ADMIN).secret,
                keys,
                server,
                settings.scratch_folder,
            )
        finally:
            server.stop()
            thread.join(30)


def _hasty(moderation: Moderation, steps_s: Sequence[float]) -> Moderation:
    return replace(moderation, delivering=replace(moderation.delivering, steps_s=steps_s))


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
