"""Kept media under cover: so little of a picture that nobody sees what it shows.

It is drawn of what the isolated decoder gives, and kept in memory only, and not for long: nothing
of it is ever written anywhere. To see more is to look, which ``looking`` writes down.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from reseen.domain.errors import BlobMissing, NotFound
from reseen.domain.media import Frame, Medium, Pixels
from reseen.ports import Decoder, Header, Limits, MediaVault, Sampling, UploadStore
from reseen.ports.briefing import DrawCover

MOST = 1000
"""Covers that are remembered, of about a kilobyte each."""
GLANCES = 3
"""Frames of a film of which the one that shows most is taken: many begin black."""
AT_ONCE = 2
SAMPLING = Sampling(frames_per_s=1.0, max_side=96, audio=False)


class _Remembered:
    """The covers that were asked for last."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[str, bool], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, bool]) -> bytes | None:
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def put(self, key: tuple[str, bool], cover: bytes) -> None:
        with self._lock:
            self._held[key] = cover
            while len(self._held) > MOST:
                self._held.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Covering:
    """All that it depends on. Any call may raise ``NotReady``."""

    uploads: UploadStore
    vault: MediaVault
    decoder: Decoder
    limits: Limits
    draw: DrawCover
    _remembered: _Remembered = field(default_factory=_Remembered)
    _turns: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(AT_ONCE))

    def of(self, project_id: str, upload_id: str, *, in_colour: bool = False) -> bytes:
        """A PNG. Raises ``NotFound`` where no media are kept or they show nothing, and the errors
        of ``ports.Decoder``.
        """
        key = self._key(project_id, upload_id)
        found = self._remembered.get((key, in_colour))
        if found is not None:
            return found
        with self._turns, self.kept(project_id, upload_id) as path:
            pixels = self._seen(path)
        if pixels is None:
            raise NotFound("A sound shows nothing.", field="upload_id")
        cover = self.draw(pixels, in_colour)
        self._remembered.put((key, in_colour), cover)
        return cover

    @contextmanager
    def kept(self, project_id: str, upload_id: str) -> Iterator[Path]:
        """The media in the clear, for the eyes of a program only. Raises ``NotFound``."""
        try:
            with self.vault.open(self._key(project_id, upload_id)) as path:
                yield path
        except BlobMissing:
            self._key(project_id, upload_id)  # deleted meanwhile
            raise

    def _key(self, project_id: str, upload_id: str) -> str:
        key = self.uploads.get(project_id, upload_id).media_key
        if key is None:
            raise NotFound(f"No media are kept of {upload_id[:80]!r}.", field="upload_id")
        return key

    def _seen(self, path: Path) -> Pixels | None:
        found: list[Pixels] = []
        for part in self.decoder.decode(path, SAMPLING, self.limits):
            if isinstance(part, Header) and part.medium is Medium.AUDIO:
                return None
            if isinstance(part, Frame):
                found.append(part.pixels)
            if len(found) == GLANCES or (found and isinstance(part, Frame) and part.time is None):
                break
        return max(found, key=lambda pixels: float(pixels.std()), default=None)
