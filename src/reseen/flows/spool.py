"""The sound of one asset, whole, while it is decoded block by block.

Peaks are told from the whole sound track, since loudness is relative to all of it. Minutes are held
in memory, hours on disk, in a file without a name that ends with the last use of the samples.
"""

import tempfile
from typing import BinaryIO, cast

import numpy as np

from reseen.domain.errors import ROOM_S, NotReady
from reseen.domain.media import Samples, Sound

HELD = 10_000_000
"""Samples in memory: 40 MB, a quarter of an hour at 11,025 Hz."""


class Spool:
    """Takes blocks in time order, gives one sound. Close it when done: the sound stays."""

    def __init__(self, held: int = HELD) -> None:
        self._most = held
        self._blocks: list[Samples] = []
        self._held = 0
        self._file: BinaryIO | None = None
        self._first: Sound | None = None

    def add(self, block: Sound) -> None:
        """Raises ``NotReady`` where there is no room on disk."""
        self._first = self._first or block
        self._blocks.append(block.samples)
        self._held += len(block.samples)
        if self._held > self._most:
            self._write()

    def whole(self) -> Sound | None:
        """All that was added; ``None`` without a sample. Raises as ``add``."""
        if self._first is None:
            return None
        if self._file is None:
            samples = np.concatenate(self._blocks)
        else:
            self._write()
            samples = np.asarray(np.memmap(self._file, np.float32, "r"))
        first = self._first
        return Sound(first.start, first.rate, samples) if len(samples) else None

    def close(self) -> None:
        """A sound that was taken keeps its own hold on the file."""
        if self._file is not None:
            self._file.close()

    def _write(self) -> None:
        try:
            if self._file is None:
                self._file = cast("BinaryIO", tempfile.TemporaryFile(prefix="reseen-"))  # noqa: SIM115
            for samples in self._blocks:
                self._file.write(np.ascontiguousarray(samples, np.float32).data)
            self._file.flush()
        except OSError as error:
            raise NotReady(
                f"There is no room for the decoded sound in {tempfile.gettempdir()} "
                f"({error.strerror}); free some, or set TMPDIR.",
                retry_after_s=ROOM_S,
            ) from error
        self._blocks, self._held = [], 0
