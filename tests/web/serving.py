"""A real server on a free loopback port, in a thread, and a small site to fetch media from."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
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
from reseen.ports import KeyStore
from reseen.settings import Settings
from reseen.web.server import Server, listen
from reseen.web.services import Compare, Services
from reseen.wiring.keys import open_keys
from reseen.wiring.matching import Reseen, assemble

SAMPLES = Path(str(files("reseen"))) / "samples"


@dataclass(frozen=True)
class Running:
    address: str
    key: str
    keys: KeyStore
    server: Server
    scratch: Path

    def post(self, path: str, *, key: str | None = None, **more: Any) -> httpx.Response:
        headers = {"x-rapidapi-key": self.key if key is None else key, **more.pop("headers", {})}
        return httpx.post(self.address + path, headers=headers, timeout=60, **more)

    def match(self, path: str, source: bytes | Path, target: bytes | Path) -> httpx.Response:
        sides = {"source": source, "target": target}
        read = {k: v.read_bytes() if isinstance(v, Path) else v for k, v in sides.items()}
        return self.post(path, files=read)


@contextmanager
def serving(home: Path, compare: Compare | None = None, **given: Any) -> Iterator[Running]:
    """A server with these settings; ``compare`` replaces the flow where a test must hold it."""
    settings = Settings(home=home, port=0, **given)
    with (
        open_keys(settings) as keys,
        assemble(settings) as reseen,
        running(settings, reseen, keys, compare) as server,
    ):
        yield server


@contextmanager
def running(
    settings: Settings, reseen: Reseen, keys: KeyStore, compare: Compare | None = None
) -> Iterator[Running]:
    services = Services(
        scratch=reseen.scratch.folder,
        fetcher=reseen.fetcher,
        open_file=reseen.open_file,
        compare=compare or reseen.answering.compare,
        authenticate=keys.authenticate,
        check_ready=lambda: None,
    )
    with listen(settings.host, 0) as bound:
        server = Server(services, settings, bound)
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            secret = keys.create(Role.SERVICE).secret
            yield Running(server.address, secret, keys, server, settings.scratch_folder)
        finally:
            server.stop()
            thread.join(30)


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
