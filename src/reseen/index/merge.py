"""Merging segments in a process of its own: ``python -m reseen.index.merge FOLDER NAME FROM ...``.

Searches go on in the old segments meanwhile; the child gives way to them. Flags of dead
slots, packed, come by standard input.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from reseen.index.project import Merge, ProjectIndex
from reseen.index.segments import Damaged, Segment, merged, read, write
from reseen.priority import give_way


class MergeFailed(Exception):
    """The child ended without a merged segment; all is as before."""


class Merging:
    """A merge under way."""

    def __init__(self, index: ProjectIndex, merge: Merge) -> None:
        self.index = index
        self._merge = merge
        names = [s.name for s in merge.segments]
        self._child = subprocess.Popen(  # noqa: S603 our own module
            [sys.executable, "-m", __name__, str(index.folder), merge.name, *names],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,  # see ``priority``
        )
        if self._child.stdin is not None:
            self._child.stdin.write(np.packbits(index.dead_slots()).tobytes())
            self._child.stdin.close()

    def is_over(self) -> bool:
        return self._child.poll() is not None

    def finish(self) -> None:
        """Wait for the child and take over what it made. Raises ``MergeFailed``, ``OSError``."""
        said = self._child.stderr.read() if self._child.stderr is not None else b""
        code = self._child.wait()
        if self._child.stderr is not None:
            self._child.stderr.close()
        if code:
            why = said.decode(errors="replace").strip()[-2000:]
            raise MergeFailed(why or f"the process that merges ended with {code}")
        try:
            self.index.merge_done(self._merge)
        except Damaged as e:
            raise MergeFailed(str(e)) from e

    def cancel(self) -> None:
        self._child.kill()
        self._child.wait()
        if self._child.stderr is not None:
            self._child.stderr.close()


def merge_in_child(index: ProjectIndex, merge: Merge) -> None:
    """Start it and wait for it."""
    Merging(index, merge).finish()


def main(arguments: Sequence[str], packed: bytes) -> None:
    folder, name, *names = arguments
    give_way()
    dead = np.unpackbits(np.frombuffer(packed, np.uint8)).astype(np.bool_)
    segments: list[Segment] = [read(Path(folder), n) for n in names]
    write(Path(folder), name, merged(segments, [~dead[s.arrays["slots"]] for s in segments]))


if __name__ == "__main__":
    try:
        main(sys.argv[1:], sys.stdin.buffer.read())
    except OSError as error:
        sys.exit(error.strerror or str(error))
